// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.cache.CacheCounts;
import io.ashlar.cache.FastPath;
import io.ashlar.cache.RecordTable;
import io.ashlar.cache.ThreadCache;
import io.ashlar.cache.ThreadCaches;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;
import io.ashlar.slab.BlockMap;
import io.ashlar.slab.FaultHandler;
import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabSpace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What {@link Ashlar} describes: the calls, over thread caches and the space that they share.
 *
 * <p>A record, because the compiler trusts a record's fields: of an allocator in a {@code static
 * final} field, those that the fast paths read become constants of their code.
 *
 * @param region where blocks lie
 * @param space frames, slabs and large blocks
 * @param caches the threads'
 * @param blocks the space's, without the way through it
 * @param records where threads find theirs, without the way through the caches
 * @param scope the region's, lent to segments of mappings, which lie outside of it: all segments
 *     end at one moment, or none does
 * @param arenaClosed counts an arena that is closed
 * @param slabCaches the typed caches that are open
 */
@SuppressWarnings("ArrayRecordComponent") // An array, for the same reason; nobody else sees it.
record ScalableAllocator(
    Region region,
    SlabSpace space,
    ThreadCaches caches,
    BlockMap blocks,
    long[][] records,
    Arena scope,
    Runnable arenaClosed,
    SlabCaches slabCaches)
    implements Ashlar {

  static ScalableAllocator create(AshlarBuilder options) {
    Region region = options.reserve();
    SlabSpace space = null;
    try {
      space =
          new SlabSpace(
              region,
              options.shards(),
              options.limit(),
              options.purgeDelayNanos(),
              options.hardening() != Hardening.OFF,
              new ToErrorHandler(options.errorHandler()));
      ThreadCaches caches =
          new ThreadCaches(space, options.threads(), options.hardening() == Hardening.STRICT);
      return new ScalableAllocator(
          region,
          space,
          caches,
          space.blocks(),
          caches.records(),
          new LentScope(region.segment().scope()),
          () -> countArena(caches, caches.records(), -1),
          new SlabCaches(space::reportFailure));
    } catch (Throwable e) {
      if (space != null) {
        space.close();
      } else {
        region.close();
      }
      throw e;
    }
  }

  // Spelled out here and in calloc: where both call one method for it, random replacement takes
  // half as long again.
  @Override
  public long malloc(long byteSize) {
    Thread thread = Thread.currentThread();
    long[] record = RecordTable.at(records, thread);
    if (RecordTable.isOf(record, thread)) {
      long address = FastPath.malloc(blocks, record, byteSize);
      if (address != NULL) {
        return address;
      }
    }
    return mallocSlow(byteSize);
  }

  /**
   * Longer than the 35 bytes of code up to which the compiler inlines what is called once in a
   * hundred times: the slow path would take the place of the caller's own code in its budget.
   */
  private long mallocSlow(long byteSize) {
    boolean retried = false;
    while (true) {
      ThreadCache cache = caches.enter();
      long address;
      try {
        address = cache.malloc(byteSize);
      } finally {
        caches.leave(cache);
      }
      if (address != NULL || retried || !canRetry(byteSize)) {
        return address;
      }
      retried = true;
    }
  }

  /**
   * Whether memory that was out for a call may be there now: typed caches have given some back.
   * With nothing entered and nothing half done, since their destructors may run.
   */
  private boolean canRetry(long byteSize) {
    return byteSize <= region.byteSize() && slabCaches.giveBack() > 0;
  }

  @Override
  public void free(long address) {
    Thread thread = Thread.currentThread();
    long[] record = RecordTable.at(records, thread);
    if (!RecordTable.isOf(record, thread) || !FastPath.free(blocks, record, address)) {
      freeSlow(address);
    }
  }

  private void freeSlow(long address) {
    ThreadCache cache = caches.enter();
    boolean freed;
    try {
      freed = address == NULL || cache.freeSlow(address);
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
    Thread thread = Thread.currentThread();
    long[] record = RecordTable.at(records, thread);
    if (RecordTable.isOf(record, thread)) {
      long address = FastPath.malloc(blocks, record, byteSize);
      if (address != NULL) {
        return cleared(address, byteSize);
      }
    }
    return alignedAllocSlow(1, byteSize, true);
  }

  private long cleared(long address, long byteSize) {
    try {
      Memory.clear(address, byteSize);
    } catch (OutOfMemoryError e) {
      // Of the Java heap, which the JDK may need for it: nobody knows of the block yet.
      free(address);
      throw e;
    }
    return address;
  }

  private long alignedAlloc(long byteAlignment, long byteSize, boolean zeroed) {
    // All blocks are aligned so.
    if (byteAlignment <= 1 << SizeClasses.GRANULE_SHIFT && Bits.isPowerOfTwo(byteAlignment)) {
      return zeroed ? calloc(byteSize) : malloc(byteSize);
    }
    return alignedAllocSlow(byteAlignment, byteSize, zeroed);
  }

  private long alignedAllocSlow(long byteAlignment, long byteSize, boolean zeroed) {
    checkSize(byteSize);
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
    long address = alignedAllocEntering(byteAlignment, byteSize, zeroed);
    return address != NULL || !canRetry(byteSize)
        ? address
        : alignedAllocEntering(byteAlignment, byteSize, zeroed);
  }

  private long alignedAllocEntering(long byteAlignment, long byteSize, boolean zeroed) {
    ThreadCache cache = caches.enter();
    try {
      return cache.alignedAlloc(byteAlignment, byteSize, zeroed);
    } finally {
      caches.leave(cache);
    }
  }

  /** The usable bytes of a live block of a slab; 0 if it is none, or the thread has no cache. */
  private int usableSizeFast(long address) {
    Thread thread = Thread.currentThread();
    return RecordTable.isOf(RecordTable.at(records, thread), thread)
        ? FastPath.usableSize(blocks, address)
        : 0;
  }

  @Override
  public long realloc(long address, long newByteSize) {
    int usable = usableSizeFast(address);
    if (newByteSize > 0 && FastPath.staysInPlace(usable, newByteSize)) {
      return address;
    }
    return usable != 0
        ? reallocMoving(address, usable, newByteSize)
        : reallocSlow(address, newByteSize);
  }

  /** For a live block of a slab, and a thread that has a cache. */
  private long reallocMoving(long address, int usable, long newByteSize) {
    long[] record = RecordTable.at(records, Thread.currentThread());
    long moved = FastPath.malloc(blocks, record, newByteSize);
    if (moved == NULL) {
      return reallocSlow(address, newByteSize);
    }
    copy(address, moved, Math.min(usable, newByteSize));
    if (!FastPath.free(blocks, record, address)) {
      freeMoved(address, moved);
    }
    return moved;
  }

  private void copy(long from, long to, long byteLength) {
    try {
      Memory.copy(from, to, byteLength);
    } catch (OutOfMemoryError e) {
      // As in cleared.
      free(to);
      throw e;
    }
  }

  /** Frees a block that was copied, unless another thread did meanwhile. */
  private void freeMoved(long address, long moved) {
    try {
      freeSlow(address);
    } catch (InvalidFreeException e) {
      free(moved);
      throw e;
    }
  }

  private long reallocSlow(long address, long newByteSize) {
    if (address == NULL) {
      return malloc(newByteSize);
    }
    checkSize(newByteSize);
    long moved = reallocEntering(address, newByteSize);
    return moved != NULL || !canRetry(newByteSize) ? moved : reallocEntering(address, newByteSize);
  }

  private long reallocEntering(long address, long newByteSize) {
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
    int usable = usableSizeFast(address);
    return usable != 0 ? usable : usableSizeSlow(address);
  }

  private long usableSizeSlow(long address) {
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
    int done = mallocBatchEntering(byteSize, into, from, n);
    return done == n || !canRetry(byteSize)
        ? done
        : done + mallocBatchEntering(byteSize, into, from + done, n - done);
  }

  private int mallocBatchEntering(long byteSize, long[] into, int from, int n) {
    int done = 0;
    ThreadCache cache = caches.enter();
    try {
      while (done < n) {
        long address = cache.malloc(byteSize);
        if (address == NULL) {
          break;
        }
        into[from + done++] = address;
      }
      return done;
    } catch (OutOfMemoryError e) {
      // Of the Java heap: who is not told how many blocks there are cannot free them.
      return done;
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
    return newSegment(alignedAlloc(byteAlignment, byteSize, false), byteSize);
  }

  @Override
  public MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    return newSegment(alignedAlloc(byteAlignment, byteSize, true), byteSize);
  }

  /** The segment of a block that nobody knows of yet: freed where the Java heap has no room. */
  private MemorySegment newSegment(long address, long byteSize) {
    try {
      return asSegment(address, byteSize);
    } catch (OutOfMemoryError e) {
      free(address);
      throw e;
    }
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
      throw outOfMemory(byteSize);
    }
    long offset = address - region.address();
    if (Long.compareUnsigned(offset, region.byteSize()) < 0) {
      return region.segment().asSlice(offset, byteSize);
    }
    return MemorySegment.ofAddress(address).reinterpret(byteSize, scope, null);
  }

  OutOfNativeMemoryError outOfMemory(long byteSize) {
    return new OutOfNativeMemoryError(byteSize, space.usedBytes(), region.byteSize());
  }

  @Override
  public SlabCacheBuilder slabCacheBuilder(MemoryLayout layout) {
    return new SlabCacheBuilder(this, layout);
  }

  @Override
  public Arena arena() {
    caches.checkOpen();
    Arena arena = new AllocatorArena(this, AllocatorArena.SHARED_BYTES, arenaClosed);
    countArena(caches, records, 1);
    return arena;
  }

  /** Counts an arena where its thread alone writes. */
  private static void countArena(ThreadCaches caches, long[][] records, int delta) {
    Thread thread = Thread.currentThread();
    long[] record = RecordTable.at(records, thread);
    if (RecordTable.isOf(record, thread)) {
      FastPath.countArena(record, delta);
    } else {
      caches.countArena(delta);
    }
  }

  @Override
  public LocalAllocator attach() {
    return new LocalAllocator(this, blocks, caches.record(Thread.currentThread()));
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

  @Override
  public long trim() {
    slabCaches.giveBack();
    return caches.trim();
  }

  @Override
  public AllocatorStats stats() {
    caches.checkOpen();
    CacheCounts counts = caches.counts();
    long[] freeBlocks = space.freeBlocks();
    int[] slabs = space.slabCounts();
    List<AllocatorStats.SizeClass> classes = new ArrayList<>();
    long[] objects = slabCaches.live();
    long liveBytes = space.large().liveBytes() + objects[1];
    long liveBlocks = space.large().allocations() - space.large().frees() + objects[0];
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
    slabCaches.validate();
  }

  @Override
  public void close() {
    long open = caches.counts().arenas();
    if (open != 0) {
      throw new IllegalStateException(open + " arenas of this allocator are open");
    }
    if (slabCaches.count() != 0) {
      throw new IllegalStateException(slabCaches.count() + " typed caches of it are open");
    }
    // What may refuse comes first, and changes nothing then; each of these may be called again.
    region.close();
    caches.close();
    space.close();
  }

  private static void checkSize(long byteSize) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("byteSize " + byteSize + " is negative");
    }
  }

  /** Faults as the user's handler has them. */
  private record ToErrorHandler(Consumer<? super Throwable> handler) implements FaultHandler {
    @Override
    public void freedTwice(long address) {
      handler.accept(new InvalidFreeException(address, "freed twice, by different threads"));
    }

    @Override
    public void failed(Throwable error) {
      handler.accept(error);
    }
  }

  // A record's are by value; an allocator is itself.

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return "Ashlar[%,d of %,d bytes used]".formatted(space.usedBytes(), region.byteSize());
  }
}
