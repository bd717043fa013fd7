// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.classic.BumpAllocator;
import io.ashlar.classic.DownwardBumpAllocator;
import io.ashlar.classic.SpinLocked;
import io.ashlar.classic.TwoEndedBumpAllocator;

/**
 * A design of the gallery, in whatever state it comes: for one thread as it is, for more under a
 * spin lock. Running out of memory is an error here, so that nobody takes a cell for a measurement
 * in which a design that cannot reuse its memory had none left.
 */
final class Gallery extends Subject {

  private final Peer peer;
  private final Allocator allocator;

  /** For {@link Peer#open}. */
  Gallery(Peer peer, int threads) {
    this.peer = peer;
    Allocator design = create(peer);
    allocator = threads == 1 ? design : new SpinLocked(design);
  }

  /** A line for each; only the class of the one that is asked for is loaded. */
  private static Allocator create(Peer peer) {
    return switch (peer) {
      case BUMP -> BumpAllocator.create();
      case BUMP_DOWN -> DownwardBumpAllocator.create();
      case BUMP_TWO_ENDED -> TwoEndedBumpAllocator.create();
      default -> throw new IllegalArgumentException(peer + " is not of the gallery");
    };
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
  public Footprint footprint() {
    AllocatorStats stats = allocator.stats();
    return new Footprint(stats.residentBytes(), stats.metadataBytes());
  }

  @Override
  public void close() {
    allocator.close();
  }
}
