// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.classic.SpinLocked;
import java.lang.foreign.Arena;

/**
 * A design of the gallery, in whatever state it comes: for one thread as it is, for more under a
 * spin lock. Running out of memory is an error here, so that nobody takes a cell for a measurement
 * in which a design that cannot reuse its memory had none left.
 */
final class Gallery extends Subject {

  /** Address space of a design: more than any workload has live. */
  private static final long CAPACITY = 8L << 30;

  private final Peer peer;
  private final Allocator allocator;

  /** For {@link Peer#open}. */
  Gallery(Peer peer, int threads) {
    this.peer = peer;
    Allocator design = Designs.create(peer, CAPACITY);
    allocator = threads == 1 || peer.isForThreads() ? design : new SpinLocked(design);
  }

  private long had(long block) {
    if (block == Allocator.NULL) {
      throw new IllegalStateException(peer + ": memory is out");
    }
    return block;
  }

  @Override
  public long malloc(long byteSize) {
    return had(allocator.malloc(byteSize));
  }

  @Override
  public long calloc(long byteSize) {
    return had(allocator.calloc(byteSize));
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return had(allocator.alignedAlloc(byteAlignment, byteSize));
  }

  @Override
  public long realloc(long address, long newByteSize) {
    return had(allocator.realloc(address, newByteSize));
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
