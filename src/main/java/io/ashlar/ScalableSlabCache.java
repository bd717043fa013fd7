// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.cache.ObjectCaches;
import io.ashlar.cache.ObjectCounts;
import io.ashlar.cache.ObjectPath;
import io.ashlar.cache.RecordTable;
import io.ashlar.slab.ObjectBlocks;
import io.ashlar.slab.ObjectSpace;
import io.ashlar.slab.SlabCache;
import io.ashlar.slab.SlabCacheStats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What {@link SlabCache} describes, on an allocator's frames, thread caches and hand-over.
 *
 * <p>A record, because the compiler trusts a record's fields, as with {@link ScalableAllocator}.
 *
 * @param allocator where frames come from
 * @param layout of a block
 * @param layoutBytes its size
 * @param maxBlocks most blocks that there can be
 * @param records where threads find theirs for the cache
 * @param blocks what the fast paths read
 * @param caches the threads' magazines
 * @param space slabs and shards
 * @param life what the user wants done with blocks
 * @param scope of the segments handed out
 * @param memory the region, with that scope
 * @param closing held while the cache is closed, or looked at in a call of the allocator
 */
@SuppressWarnings("ArrayRecordComponent") // As with ScalableAllocator.
record ScalableSlabCache(
    ScalableAllocator allocator,
    MemoryLayout layout,
    long layoutBytes,
    long maxBlocks,
    long[][] records,
    ObjectBlocks blocks,
    ObjectCaches caches,
    ObjectSpace space,
    ObjectLife life,
    Arena scope,
    MemorySegment memory,
    ReentrantLock closing)
    implements SlabCache {

  static ScalableSlabCache create(SlabCacheBuilder options) {
    options.allocator().caches().checkOpen();
    ObjectSpace space = allocateSpace(options);
    try {
      return create(options, space);
    } catch (Throwable e) {
      space.close();
      throw e;
    }
  }

  @SuppressWarnings("restricted") // The region is the allocator's own.
  private static ScalableSlabCache create(SlabCacheBuilder options, ObjectSpace space) {
    ScalableAllocator allocator = options.allocator();
    MemoryLayout layout = options.layout();
    ObjectLife life =
        new ObjectLife(
            allocator.region(), layout.byteSize(), options.initialiser(), options.destructor());
    Arena scope = Arena.ofShared();
    ObjectCaches caches =
        new ObjectCaches(allocator.caches(), space, options.maxBlocks(), life::begin);
    ScalableSlabCache cache =
        new ScalableSlabCache(
            allocator,
            layout,
            layout.byteSize(),
            options.maxBlocks(),
            caches.records(),
            space.blocks(),
            caches,
            space,
            life,
            scope,
            MemorySegment.ofAddress(allocator.region().address())
                .reinterpret(allocator.region().byteSize(), scope, null),
            new ReentrantLock());
    allocator.slabCaches().add(cache);
    return cache;
  }

  private static ObjectSpace allocateSpace(SlabCacheBuilder options) {
    ScalableAllocator allocator = options.allocator();
    for (boolean reclaimed = false; ; reclaimed = true) {
      ObjectSpace space =
          ObjectSpace.create(
              allocator.space(),
              options.layout().byteSize(),
              options.layout().byteAlignment(),
              options.maxBlocks(),
              options.isFixed());
      if (space != null) {
        return space;
      }
      if (reclaimed) {
        throw allocator.outOfMemory(
            saturatedProduct(options.maxBlocks(), options.layout().byteSize()));
      }
      allocator.trim();
    }
  }

  private static long saturatedProduct(long blocks, long bytes) {
    return Math.multiplyHigh(blocks, bytes) == 0 && blocks * bytes >= 0
        ? blocks * bytes
        : Long.MAX_VALUE;
  }

  @Override
  public long alloc() {
    Thread thread = Thread.currentThread();
    long[] record = RecordTable.at(records, thread);
    if (RecordTable.isOf(record, thread)) {
      long address = ObjectPath.alloc(blocks, record);
      if (address != NULL) {
        return address;
      }
    }
    return allocSlow();
  }

  private long allocSlow() {
    long address = caches.alloc();
    if (address == NULL && !space.isAtLimit() && allocator.slabCaches().giveBack() > 0) {
      address = caches.alloc();
    }
    return address;
  }

  @Override
  public void free(long address) {
    Thread thread = Thread.currentThread();
    long[] record = RecordTable.at(records, thread);
    if (!RecordTable.isOf(record, thread) || !ObjectPath.free(blocks, record, address)) {
      freeSlow(address);
    }
  }

  private void freeSlow(long address) {
    caches.checkOpen();
    if (address != NULL && !caches.free(address)) {
      throw new InvalidFreeException(
          address,
          "not a block of this typed cache in use; " + allocator.space().describe(address));
    }
  }

  @Override
  public int allocBatch(long[] into, int from, int n) {
    Objects.checkFromIndexSize(from, n, into.length);
    for (int i = 0; i < n; i++) {
      long address = alloc();
      if (address == NULL) {
        return i;
      }
      into[from + i] = address;
    }
    return n;
  }

  @Override
  public void freeBatch(long[] addresses, int from, int n) {
    Objects.checkFromIndexSize(from, n, addresses.length);
    for (int i = from; i < from + n; i++) {
      free(addresses[i]);
    }
  }

  @Override
  public MemorySegment allocate() {
    long address = alloc();
    if (address == NULL) {
      throw allocator.outOfMemory(blockBytes());
    }
    return memory.asSlice(blocks.offset(address), layoutBytes);
  }

  @Override
  public void free(MemorySegment block) {
    if (!block.isNative()) {
      throw new IllegalArgumentException("not a native segment: " + block);
    }
    free(block.address());
  }

  @Override
  public long blockBytes() {
    return blocks.blockBytes();
  }

  @Override
  public void flush() {
    caches.flush();
  }

  @Override
  public long trim() {
    ObjectLife.End end = end();
    long bytes = caches.trim(end::accept);
    end.rethrow();
    return bytes;
  }

  /** What destroys blocks for one call. */
  ObjectLife.End end() {
    return life.end();
  }

  /** Trims, in a call of the allocator: nothing if the cache is being closed meanwhile. */
  long giveBack(ObjectLife.End end) {
    if (!closing.tryLock()) {
      return 0;
    }
    try {
      return scope.scope().isAlive() ? caches.trim(end::accept) : 0;
    } finally {
      closing.unlock();
    }
  }

  /** Blocks in use; 0 if the cache is being closed meanwhile. */
  long liveBlocks() {
    ObjectCounts counts = caches.counts();
    return scope.scope().isAlive() ? counts.allocations() - counts.frees() : 0;
  }

  @Override
  public SlabCacheStats stats() {
    caches.checkOpen();
    ObjectCounts counts = caches.counts();
    long live = counts.allocations() - counts.frees();
    long capacity = space.capacityBlocks();
    return new SlabCacheStats(
        blockBytes(),
        capacity,
        live,
        capacity - space.freeBlocks() - live,
        caches.initialised(),
        life.destroyed(),
        counts.allocations(),
        counts.frees(),
        counts.remoteFrees(),
        space.committedBytes(),
        caches.metadataBytes());
  }

  @Override
  public void validate() {
    caches.validate();
  }

  @Override
  public void close() {
    closing.lock();
    try {
      if (!scope.scope().isAlive()) {
        return;
      }
      // What may refuse comes first.
      scope.close();
      allocator.slabCaches().remove(this);
      ObjectLife.End end = end();
      caches.close(end::accept);
      end.rethrow();
    } finally {
      closing.unlock();
    }
  }

  // A record's are by value; a cache is itself.

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
    return "SlabCache[%s, %,d bytes each]".formatted(layout, blockBytes());
  }
}
