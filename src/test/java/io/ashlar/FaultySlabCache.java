// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.memory.Memory;
import io.ashlar.slab.SlabCache;
import io.ashlar.slab.SlabCacheStats;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** A typed cache with a fault, for tests of the tests. */
final class FaultySlabCache implements SlabCache {

  /** What is wrong, once in a while. */
  enum Fault {
    /** A block is handed out that was never constructed. */
    RAW,
    /** A block is handed out as it was left in use. */
    STALE,
    /** A block that is in use is handed out again. */
    TWICE,
    /** A block that is in use is constructed again. */
    CONSTRUCTED_IN_USE
  }

  private static final int ONCE_IN = 1000;

  private final SlabCache cache;
  private final Fault fault;
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong latest = new AtomicLong();

  FaultySlabCache(SlabCache cache, Fault fault) {
    this.cache = cache;
    this.fault = fault;
  }

  @Override
  public long alloc() {
    long before = latest.get();
    long block = cache.alloc();
    latest.set(block);
    if (block == NULL || before == NULL || calls.incrementAndGet() % ONCE_IN != 0) {
      return block;
    }
    switch (fault) {
      case RAW -> Memory.fill(block, cache.blockBytes(), (byte) 0);
      case STALE -> Memory.putLong(block + 16, 1);
      case TWICE -> block = before;
      default -> Memory.fill(before + 16, 16, (byte) 0);
    }
    return block;
  }

  @Override
  public void free(long address) {
    cache.free(address);
  }

  @Override
  public int allocBatch(long[] into, int from, int n) {
    return cache.allocBatch(into, from, n);
  }

  @Override
  public void freeBatch(long[] addresses, int from, int n) {
    cache.freeBatch(addresses, from, n);
  }

  @Override
  public MemorySegment allocate() {
    return cache.allocate();
  }

  @Override
  public void free(MemorySegment block) {
    cache.free(block);
  }

  @Override
  public MemoryLayout layout() {
    return cache.layout();
  }

  @Override
  public long blockBytes() {
    return cache.blockBytes();
  }

  @Override
  public long maxBlocks() {
    return cache.maxBlocks();
  }

  @Override
  public void flush() {
    cache.flush();
  }

  @Override
  public long trim() {
    return cache.trim();
  }

  @Override
  public SlabCacheStats stats() {
    return cache.stats();
  }

  @Override
  public void validate() {
    cache.validate();
  }

  @Override
  public void close() {
    cache.close();
  }
}
