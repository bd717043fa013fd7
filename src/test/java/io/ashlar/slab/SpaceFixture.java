// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A space without threads' caches, to work on its parts one by one. */
abstract class SpaceFixture {

  static final long REGION_BYTES = 64 << 20;

  private final List<Long> freedTwice = new ArrayList<>();

  /** Where addresses are handed over, as a magazine has them. */
  final long[] rounds = new long[1024];

  final SlabSpace space = space(2, Long.MAX_VALUE);

  private final List<SlabSpace> opened = new ArrayList<>(List.of(space));

  final SlabSpace another(int shards, long limit) {
    SlabSpace made = space(shards, limit);
    opened.add(made);
    return made;
  }

  private SlabSpace space(int shards, long limit) {
    Region region = Region.reserve(REGION_BYTES, 32 << 20, Region.Commitment.LAZY);
    return new SlabSpace(region, shards, limit, 0, true, freedTwice::add);
  }

  @AfterEach
  void validateAndClose() {
    for (SlabSpace each : opened) {
      try (each) {
        each.validate();
      }
    }
  }

  /** Blocks that were reported so far. */
  final List<Long> freedTwice() {
    space.reportFaults();
    return freedTwice;
  }

  /** Takes blocks of a class out of a shard and makes them live. */
  final long[] allocate(Shard shard, int sizeClass, int n) {
    long[] blocks = new long[n];
    for (int i = 0; i < n; ) {
      int taken = shard.tryRefill(sizeClass, rounds, 0, Math.min(n - i, 512));
      if (taken <= 0) {
        throw new AssertionError("refill: " + taken);
      }
      for (int j = 0; j < taken; j++) {
        blocks[i++] = rounds[j];
        space.blocks().setLive(place(rounds[j], sizeClass));
      }
    }
    return blocks;
  }

  /** Where the state of a block of a class is. */
  final long place(long block, int sizeClass) {
    return space.blocks().place(space.blocks().offset(block), SizeClasses.code(sizeClass));
  }

  /** Puts blocks back as a thread of the shard does. */
  final void release(Shard shard, int sizeClass, long... blocks) {
    for (int from = 0; from < blocks.length; from += FreeBatch.CAPACITY) {
      int n = Math.min(blocks.length - from, FreeBatch.CAPACITY);
      for (int i = 0; i < n; i++) {
        space.blocks().setFree(place(blocks[from + i], sizeClass));
        rounds[i] = blocks[from + i];
      }
      if (!shard.tryRelease(sizeClass, rounds, 0, n)) {
        throw new AssertionError("nobody else is there");
      }
    }
  }

  /** Brings blocks home as a thread of another shard does. */
  final void offer(Shard shard, int sizeClass, long... blocks) {
    for (int from = 0; from < blocks.length; from += FreeBatch.CAPACITY) {
      FreeBatch batch = new FreeBatch().begin(sizeClass);
      for (int i = from; i < Math.min(blocks.length, from + FreeBatch.CAPACITY); i++) {
        space.blocks().setFree(place(blocks[i], sizeClass));
        batch.add(blocks[i]);
      }
      shard.offer(batch);
    }
  }
}
