// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/**
 * Blocks of one type, handed out <em>constructed</em>: the initialiser has run on a block once,
 * when it was first cut from a slab, and whoever hands a block back leaves it in the state in which
 * the initialiser would have. So what is the same in every object at the start of its life (locks
 * that are free, lists that are empty, counts that are zero) is written once, not at each
 * allocation.
 *
 * <p>After J. Bonwick, <i>The Slab Allocator: An Object-Caching Kernel Memory Allocator</i>, USENIX
 * Summer 1994, the {@code kmem_cache} of Solaris and of Linux. {@code Ashlar.slabCache} makes one.
 *
 * <p><b>Size and alignment.</b> A block takes the layout's size rounded up to the layout's
 * alignment, and nothing more; blocks keep that alignment, and it is all that they have. (The
 * blocks of the allocator's own size classes are aligned to 16 bytes and rounded up to a class.)
 *
 * <p><b>Two dialects</b>, as with the allocator: raw addresses ({@code long}), for hot code, where
 * no object is made and no access is checked; and {@link MemorySegment}s of exactly the layout's
 * size, which can be accessed until the cache is closed. A block taken in one may be handed back in
 * the other.
 *
 * <p><b>Capacity.</b> A cache grows by a slab at a time until memory is out or its limit reached,
 * if it has one. A cache of fixed capacity takes all its memory when it is made: an object pool
 * over one large allocation. Where there are no more blocks the raw calls return {@link #NULL}, and
 * the others throw an {@code OutOfNativeMemoryError}. Threads keep free blocks for themselves; so
 * that a bounded cache can be used up, a thread keeps at most a 64th of its blocks to allocate
 * from, and as many that belong elsewhere: none at all if there are fewer than 64. Before there are
 * no more, what ended threads keep, the calling thread and virtual threads is taken back.
 *
 * <p><b>Bad frees.</b> What is not the start of a block of this cache in use is refused with an
 * {@code InvalidFreeException} and nothing changes: a block of another cache or of the allocator,
 * an address inside of a block, a block handed back before. How much is found the allocator's
 * hardening says. That a block is back in its constructed state is not checked.
 *
 * <p><b>Threads.</b> All calls may be made from any thread, platform or virtual, except where they
 * say otherwise; any thread may hand back what another took. The initialiser and the destructor run
 * in whichever thread needs them, several at a time on different blocks, with no lock held; they
 * may use the allocator, and this cache.
 *
 * <p><b>Progress.</b> As that of the allocator: {@link #alloc} and {@link #free(long)} are
 * wait-free, without a lock or an atomic operation, while the thread's magazine has a round, or
 * room. A full magazine of blocks of other shards is one offer to a queue for each shard among
 * them, which is lock-free. What is left takes a shard's try-lock, going on to the next shard where
 * that is taken; a new slab takes the cache's directory lock and what the frame allocator needs.
 *
 * <p><b>What is kept back.</b> A thread keeps at most 128 KiB of blocks to allocate from, and 32
 * KiB of other shards' blocks (of large blocks: eight, one beyond 128 KiB; and four, or one), until
 * it flushes or ends. Slabs stay the cache's, constructed as they are, until {@link #trim}, or
 * until the allocator is out of memory.
 */
public interface SlabCache extends AutoCloseable {

  /** The address of no block: what the raw calls return when there is none. */
  long NULL = 0;

  /**
   * Takes a constructed block. Linearizes when it leaves the thread's magazine.
   *
   * @return its address, or {@link #NULL} if memory or the cache's capacity is out
   * @throws IllegalStateException if the cache is closed
   * @throws RuntimeException what the initialiser throws; no block is lost then
   */
  long alloc();

  /**
   * Hands a block back, in constructed state. Linearizes when the block enters the thread's
   * magazine.
   *
   * @param address a block in use, or {@link #NULL}, which does nothing
   * @throws IllegalStateException if the cache is closed; as an {@code InvalidFreeException}, if
   *     {@code address} is not a block of this cache in use
   */
  void free(long address);

  /**
   * Takes up to {@code n} constructed blocks.
   *
   * @param into receives the addresses
   * @param from index of the first address in {@code into}
   * @param n blocks wanted
   * @return how many were taken; fewer than {@code n} only if memory or the cache's capacity is out
   * @throws IndexOutOfBoundsException if {@code from} and {@code n} do not fit {@code into}
   * @throws IllegalStateException if the cache is closed
   */
  int allocBatch(long[] into, int from, int n);

  /**
   * Hands {@code n} blocks back; {@link #NULL} entries are skipped.
   *
   * @param addresses holds the blocks' addresses
   * @param from index of the first
   * @param n how many
   * @throws IndexOutOfBoundsException if {@code from} and {@code n} do not fit {@code addresses}
   * @throws IllegalStateException if the cache is closed; as an {@code InvalidFreeException}, at
   *     the first entry that is not a block of this cache in use: those before it are handed back
   */
  void freeBatch(long[] addresses, int from, int n);

  /**
   * Takes a constructed block as a segment of the layout's size.
   *
   * @return the block, accessible until the cache is closed
   * @throws OutOfMemoryError an {@code OutOfNativeMemoryError}, if there is none
   * @throws IllegalStateException if the cache is closed
   */
  MemorySegment allocate();

  /**
   * Hands a block back, as {@link #free(long)} does.
   *
   * @param block a segment that starts where a block in use does, or {@link MemorySegment#NULL}
   * @throws IllegalArgumentException if {@code block} is not native
   * @throws IllegalStateException as {@link #free(long)} does
   */
  void free(MemorySegment block);

  /**
   * The layout that blocks have.
   *
   * @return it
   */
  MemoryLayout layout();

  /**
   * Bytes from one block to the next: the layout's size rounded up to its alignment.
   *
   * @return bytes, 1 or more
   */
  long blockBytes();

  /**
   * Most blocks that there can be.
   *
   * @return their number; {@link Long#MAX_VALUE} if memory alone is the limit
   */
  long maxBlocks();

  /** Gives back to the shards what the calling thread keeps of this cache. */
  void flush();

  /**
   * Gives slabs that are wholly free back to the allocator, after running the destructor, if there
   * is one, on each constructed block in them. A cache of fixed capacity keeps its memory, and its
   * blocks their state. Blocking: waits for each shard's lock in turn.
   *
   * @return bytes given back
   * @throws IllegalStateException if the cache is closed
   * @throws RuntimeException what the destructor threw first; the memory is given back all the same
   */
  long trim();

  /**
   * A snapshot of what is in use.
   *
   * @return the figures
   * @throws IllegalStateException if the cache is closed
   */
  SlabCacheStats stats();

  /**
   * Checks every structure, and that no block is lost or in two places. For tests: no other thread
   * may be in a call of this cache or its allocator.
   *
   * @throws IllegalStateException at the first broken invariant
   */
  void validate();

  /**
   * Gives all memory back at once, that of blocks in use included; idempotent. The destructor, if
   * there is one, runs before on each constructed block that is not in use. Segments of the cache
   * can no longer be accessed; raw addresses must no longer be. No other thread may be in a call of
   * this cache; the allocator may be used.
   *
   * @throws IllegalStateException if a segment of the cache is in use by a call into native code;
   *     nothing has changed then
   * @throws RuntimeException what the destructor threw first; the cache is closed all the same
   */
  @Override
  void close();
}
