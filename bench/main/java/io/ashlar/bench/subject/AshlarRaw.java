// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.AllocatorStats;
import io.ashlar.Ashlar;
import java.lang.foreign.Arena;

/** The scalable allocator with settings as the system properties say, by raw addresses. */
final class AshlarRaw extends Subject {

  /** In a static field, as the documentation recommends. */
  private static final Ashlar ALLOCATOR = Ashlar.create();

  @Override
  public long malloc(long byteSize) {
    return ALLOCATOR.malloc(byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    return ALLOCATOR.calloc(byteSize);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return ALLOCATOR.alignedAlloc(byteAlignment, byteSize);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    return ALLOCATOR.realloc(address, newByteSize);
  }

  @Override
  public void free(long address) {
    ALLOCATOR.free(address);
  }

  @Override
  public Arena arena() {
    return ALLOCATOR.arena();
  }

  @Override
  public void checkEmpty() {
    requireEmpty(ALLOCATOR);
  }

  @Override
  public void trim() {
    ALLOCATOR.trim();
  }

  @Override
  public Footprint footprint() {
    AllocatorStats stats = ALLOCATOR.stats();
    return new Footprint(stats.residentBytes(), stats.metadataBytes());
  }

  @Override
  public void close() {
    ALLOCATOR.close();
  }
}
