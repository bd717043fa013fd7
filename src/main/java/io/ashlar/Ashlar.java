// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabCache;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The scalable allocator: a cache of fixed-size blocks per thread, over slabs in shards, over a
 * buddy allocator of page frames, over one large region.
 *
 * <pre>
 * malloc/free ── ThreadCache: per class a magazine; private to the thread, no shared write
 *     │ empty / full (a batch at a time)
 * Shard ──────── per class the slabs with free blocks; try-lock; queue of remote-free batches
 *     │ no slab with room / slab all free
 * Buddy ──────── runs of frames
 *     │
 * Region ─────── address space reserved once, committed by touch, decommitted by madvise
 * </pre>
 *
 * <p><b>Sizes.</b> Up to 32 KiB a block is of one of {@link SizeClasses#COUNT} classes, of which
 * there are four to a doubling; beyond, a run of 4 KiB frames; beyond 32 MiB, a mapping of its own.
 * A run must be free as a whole; with {@link AshlarBuilder#memfd} scattered frames do as well.
 *
 * <p><b>Threads.</b> All calls may be made from any thread, platform or virtual, except where they
 * say otherwise; any thread may free what another allocated.
 *
 * <p><b>Progress.</b> {@link #malloc} and {@link #free(long)} are wait-free, without a lock or an
 * atomic operation, while the thread's magazine has a round, or room (with {@link Hardening#STRICT}
 * each free is an atomic exchange besides, and lock-free); that is so for blocks of other shards,
 * too. A full magazine of those, 64 blocks or less if they are large, is one offer to a queue for
 * each shard among them, which is lock-free, and where a queue is crowded its sender helps to empty
 * it. What is left takes a shard's try-lock, going on to the next shard where that is taken, and
 * the frame allocator's lock, for some tens of instructions.
 *
 * <p><b>What is kept back.</b> A thread keeps at most 128 KiB of free blocks of each class (for
 * classes above 16 KiB: eight blocks), and 32 KiB of other shards' blocks of each class (for
 * classes above 8 KiB: four blocks), and of all classes together 64 KiB of those on their way; of a
 * class not used for a while nothing, if it goes on with others. {@link #flush} gives it back; so
 * does whoever notices that the thread has ended. A shard keeps at most 256 KiB of each class for
 * its threads' next allocations, outside of slabs, until {@link #trim}, or until memory is out.
 * What waits in a shard's queue is brought home by the shard's threads, by those who send more once
 * some 16 chains of batches wait, and by {@link #trim}.
 *
 * <p><b>Bad input</b> is found as {@link Hardening} says. The text of an {@link
 * InvalidFreeException} is best effort: what it says of the address may be what was true a moment
 * before.
 *
 * <p><b>Blocks that were freed</b> are not to be accessed, by address or by a segment that is left
 * over. In the region such an access meets whatever lies there now. A block above 32 MiB, and on a
 * memory file one of scattered frames, is a mapping that is gone once it is freed: the access ends
 * the JVM by a signal ({@code SIGSEGV}), as in C, also through a {@link
 * java.lang.foreign.MemorySegment}, whose scope ends with the allocator and not with the block.
 * What is allocated in an {@link #arena} cannot be accessed after the arena is closed.
 *
 * <p><b>Speed.</b> Keep the allocator in a {@code static final} field: the compiler then knows the
 * addresses of its tables, and need not read them at each call. Where it cannot be static, a {@link
 * LocalAllocator} saves the look-up of the thread.
 */
public sealed interface Ashlar extends Allocator permits ScalableAllocator {

  /**
   * Makes an allocator with all options at their defaults, or as the system properties say.
   *
   * @return a new allocator
   */
  static Ashlar create() {
    return builder().build();
  }

  /**
   * Begins an allocator with options.
   *
   * @return a builder, its options as the system properties say
   */
  static AshlarBuilder builder() {
    return new AshlarBuilder();
  }

  /**
   * Makes a typed cache: blocks of exactly a layout's size, handed out in the state in which an
   * initialiser left them when they were first cut. It grows as it is used.
   *
   * @param layout of a block
   * @param initialiser constructs a block, whose bytes are zero; called once for each
   * @return a new cache, to be closed before this allocator
   * @throws IllegalArgumentException if the layout's size or alignment is above 32 MiB
   * @throws IllegalStateException if this allocator is closed, or has 2,047 caches open
   */
  default SlabCache slabCache(MemoryLayout layout, Consumer<? super MemorySegment> initialiser) {
    return slabCacheBuilder(layout).initialiser(initialiser).build();
  }

  /**
   * Begins a typed cache with options.
   *
   * @param layout of a block
   * @return a builder
   */
  SlabCacheBuilder slabCacheBuilder(MemoryLayout layout);

  /**
   * Gives back to the operating system what memory is free: what this thread and ended threads
   * keep, what other threads have freed and is still on its way, and all slabs and runs that are
   * wholly free, those of typed caches included. What other live threads keep for themselves they
   * keep.
   *
   * <p>Blocking: waits for each shard's lock in turn. While the system takes back free frames, a
   * thread that finds no memory waits.
   *
   * @return the bytes given back
   * @throws io.ashlar.region.SystemCallException if the system refuses to take memory back; what it
   *     was not given yet stays free
   */
  @Override
  long trim();

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if an arena or a typed cache of this allocator is still open, or
   *     a segment of it is in use by a call into native code; blocks stay live then, and closing
   *     may be tried again
   */
  @Override
  void close();
}
