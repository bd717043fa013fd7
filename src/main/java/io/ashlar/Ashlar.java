// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.cache.CacheCounts;
import io.ashlar.cache.ThreadCache;
import io.ashlar.cache.ThreadCaches;
import io.ashlar.memory.Bits;
import io.ashlar.region.Region;
import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabSpace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
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
 *
 * <p><b>Threads.</b> All calls may be made from any thread, platform or virtual, except where they
 * say otherwise; any thread may free what another allocated.
 *
 * <p><b>Progress.</b> {@link #malloc} and {@link #free(long)} are wait-free and write no shared
 * word while the thread's magazine has a round, or room, and the block freed is of the thread's
 * shard (with {@link Hardening#STRICT} each free is an atomic exchange besides). Frees of other
 * shards' blocks are wait-free while their batch has room; a full batch, of 64 blocks or less if
 * they are large, is one offer to a queue, and where that is crowded its sender helps to empty it.
 * What is left takes a shard's try-lock, going on to the next shard where that is taken, and the
 * frame allocator's lock, for some tens of instructions.
 *
 * <p><b>What threads keep back.</b> At most 64 KiB of free blocks of each class (for classes above
 * 8 KiB: eight blocks), and 256 KiB of blocks of other shards; a class not used for a while keeps
 * nothing. {@link #flush} gives it back; so does whoever notices that the thread has ended. What
 * waits in a shard's queue is brought home by the shard's threads, by those who send more once some
 * 16 batches wait, and by {@link #trim}.
 *
 * <p><b>Bad input</b> is found as {@link Hardening} says.
 */
public final class Ashlar implements Allocator {

  private final Region region;
  private final SlabSpace space;
  private final ThreadCaches caches;

  /** Of {@link #caches}, without the way through it. */
  private final ThreadCache[] table;

  /** The scope of segments of mappings, which lie outside of the region. */
  private final Arena mappingScope = Arena.ofShared();

  private final LongAdder openArenas = new LongAdder();

  Ashlar(AshlarBuilder options) {
    region = options.reserve();
    Consumer<? super Throwable> errorHandler = options.errorHandler();
    space =
        new SlabSpace(
            region,
            options.shards(),
            options.limit(),
            options.purgeDelayNanos(),
            options.hardening() != Hardening.OFF,
            ThreadCaches.recordBytes(options.shards(), options.threads()),
            address ->
                errorHandler.accept(
                    new InvalidFreeException(address, "freed twice, by different threads")));
    caches = new ThreadCaches(space, options.threads(), options.hardening() == Hardening.STRICT);
    table = caches.table();
  }

  /**
   * Makes an allocator with all options at their defaults, or as the system properties say.
   *
   * @return a new allocator
   */
  public static Ashlar create() {
    return builder().build();
  }

  /**
   * Begins an allocator with options.
   *
   * @return a builder, its options as the system properties say
   */
  public static AshlarBuilder builder() {
    return new AshlarBuilder();
  }

  @Override
  public long malloc(long byteSize) {
    Thread thread = Thread.currentThread();
    ThreadCache cache = ThreadCaches.inPlaceOf(thread, table);
    if (cache.isOwnedBy(thread)) {
      return cache.malloc(byteSize);
    }
    return mallocElsewhere(byteSize);
  }

  private long mallocElsewhere(long byteSize) {
    ThreadCache cache = caches.enter();
    try {
      return cache.malloc(byteSize);
    } finally {
      caches.leave(cache);
    }
  }

  @Override
  public void free(long address) {
    Thread thread = Thread.currentThread();
    ThreadCache cache = ThreadCaches.inPlaceOf(thread, table);
    if (!cache.isOwnedBy(thread) || !cache.free(address)) {
      freeElsewhere(address);
    }
  }

  /** Frees from a thread that is not in the table, or refuses. */
  private void freeElsewhere(long address) {
    ThreadCache cache = caches.enter();
    boolean freed;
    try {
      freed = address == NULL || cache.free(address);
    } finally {
      caches.leave(cache);
    }
    if (!freed) {
      throw refused(address);
    }
  }

  private InvalidFreeException refused(long address) {
    return new InvalidFreeException(address, space.describe(address));
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return alignedAlloc(byteAlignment, byteSize, false);
  }

  @Override
  public long calloc(long byteSize) {
    return alignedAlloc(1, byteSize, true);
  }

  private long alignedAlloc(long byteAlignment, long byteSize, boolean zeroed) {
    checkSize(byteSize);
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
    ThreadCache cache = caches.enter();
    try {
      return cache.alignedAlloc(byteAlignment, byteSize, zeroed);
    } finally {
      caches.leave(cache);
    }
  }

  @Override
  public long realloc(long address, long newByteSize) {
    if (address == NULL) {
      return malloc(newByteSize);
    }
    checkSize(newByteSize);
    ThreadCache cache = caches.enter();
    try {
      long usable = cache.usableSize(address);
      if (usable == 0) {
        throw refused(address);
      }
      long now = cache.realloc(address, usable, newByteSize);
      if (now == ThreadCache.REFUSED) {
        throw refused(address);
      }
      return now;
    } finally {
      caches.leave(cache);
    }
  }

  @Override
  public long usableSize(long address) {
    ThreadCache cache = caches.enter();
    try {
      long usable = cache.usableSize(address);
      if (usable == 0) {
        throw refused(address);
      }
      return usable;
    } finally {
      caches.leave(cache);
    }
  }

  @Override
  public int mallocBatch(long byteSize, long[] into, int from, int n) {
    Objects.checkFromIndexSize(from, n, into.length);
    checkSize(byteSize);
    ThreadCache cache = caches.enter();
    try {
      for (int i = 0; i < n; i++) {
        long address = cache.malloc(byteSize);
        if (address == NULL) {
          return i;
        }
        into[from + i] = address;
      }
      return n;
    } finally {
      caches.leave(cache);
    }
  }

  @Override
  public void freeBatch(long[] addresses, int from, int n) {
    Objects.checkFromIndexSize(from, n, addresses.length);
    ThreadCache cache = caches.enter();
    try {
      for (int i = from; i < from + n; i++) {
        if (addresses[i] != NULL && !cache.free(addresses[i])) {
          throw refused(addresses[i]);
        }
      }
    } finally {
      caches.leave(cache);
    }
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    return asSegment(alignedAlloc(byteAlignment, byteSize, false), byteSize);
  }

  @Override
  public MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    return asSegment(alignedAlloc(byteAlignment, byteSize, true), byteSize);
  }

  @Override
  public MemorySegment reallocate(MemorySegment block, long newByteSize) {
    if (!block.isNative()) {
      throw new IllegalArgumentException("not a native segment: " + block);
    }
    return asSegment(realloc(block.address(), newByteSize), newByteSize);
  }

  @SuppressWarnings("restricted") // The block is the caller's: its address and size are ours.
  private MemorySegment asSegment(long address, long byteSize) {
    if (address == NULL) {
      throw new OutOfNativeMemoryError(byteSize, space.usedBytes(), region.byteSize());
    }
    long offset = address - region.address();
    if (Long.compareUnsigned(offset, region.byteSize()) < 0) {
      return region.segment().asSlice(offset, byteSize);
    }
    return MemorySegment.ofAddress(address).reinterpret(byteSize, mappingScope, null);
  }

  @Override
  public Arena arena() {
    caches.leave(caches.enter());
    openArenas.increment();
    return new AllocatorArena(this, openArenas::decrement);
  }

  @Override
  public LocalAllocator attach() {
    Thread thread = Thread.currentThread();
    return new LocalAllocator(this, thread.isVirtual() ? null : caches.own(thread));
  }

  @Override
  public void flush() {
    ThreadCache cache = caches.enter();
    try {
      cache.flush();
    } finally {
      caches.leave(cache);
    }
  }

  /**
   * Gives back to the operating system what memory is free: what this thread and ended threads
   * keep, what other threads have freed and is still on its way, and all slabs and runs that are
   * wholly free. What other live threads keep for themselves they keep.
   *
   * <p>Blocking: waits for each shard's lock in turn; the system's calls are made with no lock
   * held.
   *
   * @return the bytes given back
   */
  @Override
  public long trim() {
    return caches.trim();
  }

  @Override
  public AllocatorStats stats() {
    caches.leave(caches.enter());
    CacheCounts counts = caches.counts();
    long[] freeBlocks = space.freeBlocks();
    int[] slabs = space.slabCounts();
    List<AllocatorStats.SizeClass> classes = new ArrayList<>();
    long liveBytes = space.large().liveBytes();
    long liveBlocks = space.large().allocations() - space.large().frees();
    long allocations = 0;
    long frees = 0;
    long remoteFrees = 0;
    for (int c = 1; c < SizeClasses.BOUND; c++) {
      long capacity = (long) slabs[c] * SizeClasses.slabBlocks(c);
      long live = counts.allocations(c) - counts.frees(c);
      classes.add(
          new AllocatorStats.SizeClass(
              SizeClasses.blockBytes(c),
              slabs[c],
              capacity,
              live,
              capacity - freeBlocks[c] - live));
      liveBytes += live * SizeClasses.blockBytes(c);
      liveBlocks += live;
      allocations += counts.allocations(c);
      frees += counts.frees(c);
      remoteFrees += counts.remoteFrees(c);
    }
    return new AllocatorStats(
        liveBytes,
        liveBlocks,
        space.residentBytes(),
        space.usedBytes(),
        region.byteSize(),
        space.metadataBytes() + counts.bytes(),
        allocations,
        frees,
        remoteFrees,
        space.large().allocations(),
        space.large().frees(),
        classes);
  }

  @Override
  public void validate() {
    caches.validate();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if an arena of this allocator is still open, or a segment of it
   *     is in use by a call into native code; blocks stay live then, and closing may be tried again
   */
  @Override
  public void close() {
    long open = openArenas.sum();
    if (open != 0) {
      throw new IllegalStateException(open + " arenas of this allocator are open");
    }
    // What may refuse comes first; each of these may be called again.
    if (mappingScope.scope().isAlive()) {
      mappingScope.close();
    }
    region.close();
    if (caches.close()) {
      space.close();
    }
  }

  private static void checkSize(long byteSize) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("byteSize " + byteSize + " is negative");
    }
  }
}
