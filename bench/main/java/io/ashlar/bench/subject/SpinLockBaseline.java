// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.classic.Baseline;
import java.lang.foreign.Arena;

/** The reference: fixed-size blocks over a buddy system, under one spin lock. */
final class SpinLockBaseline extends Subject {

  private final Allocator allocator = Baseline.create();

  @Override
  public long malloc(long byteSize) {
    return allocator.malloc(byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    return allocator.calloc(byteSize);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return allocator.alignedAlloc(byteAlignment, byteSize);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    return allocator.realloc(address, newByteSize);
  }

  @Override
  public void free(long address) {
    allocator.free(address);
  }

  @Override
  public Arena arena() {
    return allocator.arena();
  }

  @Override
  public void checkEmpty() {
    requireEmpty(allocator);
  }

  @Override
  public void trim() {
    allocator.trim();
  }

  @Override
  public Footprint footprint() {
    AllocatorStats stats = allocator.stats();
    return new Footprint(stats.residentBytes(), stats.metadataBytes());
  }

  @Override
  public void close() {
    allocator.close();
  }
}
