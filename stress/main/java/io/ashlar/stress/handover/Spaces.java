// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import io.ashlar.region.Region;
import io.ashlar.slab.BlockMap;
import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabSpace;
import java.util.concurrent.atomic.AtomicLong;

/** Slab spaces for the states of a test to share. */
final class Spaces {

  /** Threads that can have a cache at a time. */
  static final int THREADS = 1 << 14;

  private static final long REGION_BYTES = 1L << 30;
  private static final long REGION_ALIGNMENT = 32L << 20;

  private Spaces() {}

  /** A space that checks states and never purges unasked. */
  static SlabSpace make(int shards, AtomicLong freedTwice) {
    return new SlabSpace(
        Region.reserve(REGION_BYTES, REGION_ALIGNMENT, Region.Commitment.LAZY),
        shards,
        Long.MAX_VALUE,
        Long.MAX_VALUE,
        true,
        address -> freedTwice.incrementAndGet());
  }

  /** Where the state of a block is. */
  static long place(BlockMap blocks, long offset, int sizeClass) {
    return blocks.place(offset, SizeClasses.code(sizeClass));
  }
}
