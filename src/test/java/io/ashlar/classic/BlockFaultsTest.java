// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.classic.HeaderOptions.Fit;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * What fixed-size blocks and blocks with headers cost: each fault by counts that are the same at
 * every run, and the variant that does without.
 */
class BlockFaultsTest {

  private static final long CAPACITY = 4 << 20;
  private static final BlockListOptions POWERS = BlockListOptions.powersOfTwo();

  private static HeaderAllocator header() {
    return HeaderAllocator.create(CAPACITY, HeaderOptions.defaults());
  }

  private static void report(String figures) {
    System.out.println("BlockFaultsTest: " + figures);
  }

  // ---- lists that never shrink -----------------------------------------------------------------

  /** After a burst of one size, what is left to the fallback for anything else. */
  @Test
  void listsThatNeverShrink() {
    long grown = keptAfterABurst(POWERS);
    long capped = keptAfterABurst(POWERS.maxListBlocks(64));
    report(
        "kept in lists after 30,000 blocks of 64 bytes: %,d without, %,d with a cap of 64"
            .formatted(grown, capped));
    assertThat(grown).isEqualTo(30_000);
    assertThat(capped).isEqualTo(64);
  }

  /** Cut into blocks of one size, frames stay so until memory is out or a trim is asked for. */
  @Test
  void framesThatStayCut() {
    try (Allocator allocator = FixedSizeBlockAllocator.create(CAPACITY)) {
      long[] blocks = new long[30_000];
      allocator.mallocBatch(64, blocks, 0, blocks.length);
      allocator.freeBatch(blocks, 0, blocks.length);
      long kept = allocator.stats().committedBytes();
      assertThat(kept).isEqualTo((30_000 * 64 + 4095) / 4096 * 4096);
      allocator.trim();
      report(
          "bytes in frames cut for a burst that is over: %,d, after a trim %,d"
              .formatted(kept, allocator.stats().committedBytes()));
      assertThat(allocator.stats().committedBytes()).isZero();
    }
  }

  private static long keptAfterABurst(BlockListOptions options) {
    HeaderAllocator fallback = header();
    try (Allocator allocator = new FallbackBlockAllocator(fallback, options)) {
      long[] blocks = new long[30_000];
      assertThat(allocator.mallocBatch(64, blocks, 0, blocks.length)).isEqualTo(blocks.length);
      allocator.freeBatch(blocks, 0, blocks.length);
      assertThat(allocator.stats().liveBlocks()).isZero();
      long kept = fallback.stats().liveBlocks();
      // Whoever else is served by the fallback goes without, though nothing is in use.
      assertThat(fallback.malloc(CAPACITY / 2) == Allocator.NULL).isEqualTo(kept > 64);
      return kept;
    }
  }

  // ---- waste inside of blocks ------------------------------------------------------------------

  /** A byte more than a power of two costs twice as much: up to half of a block is waste. */
  @Test
  void halfOfABlockOfAPowerOfTwo() {
    try (Allocator powers = FixedSizeBlockAllocator.create(CAPACITY);
        Allocator overHeaders = new FallbackBlockAllocator(header(), POWERS);
        Allocator finer = new FallbackBlockAllocator(header(), BlockListOptions.finer())) {
      report(
          ("worst waste of requests from 129 to 2,048 bytes: powers of two %.3f, "
                  + "over headers %.3f, "
                  + "four to a doubling %.3f")
              .formatted(worstWaste(powers), worstWaste(overHeaders), worstWaste(finer)));
      assertThat(worstWaste(powers)).isEqualTo(1 - 1025 / 2048.0, within(1e-9));
      assertThat(worstWaste(overHeaders)).isEqualTo(1 - 1073 / 2096.0, within(1e-9));
      assertThat(worstWaste(finer)).isLessThan(0.28);
    }
  }

  @Test
  void usableToRequestedOverAllSizes() {
    try (Allocator powers = FixedSizeBlockAllocator.create(CAPACITY);
        Allocator finer = new FallbackBlockAllocator(header(), BlockListOptions.finer());
        Allocator exact = header()) {
      report(
          ("usable bytes to requested, each size from 129 to 2,048 once: "
                  + "powers of two %.3f, four to "
                  + "a doubling %.3f, no classes %.3f")
              .formatted(
                  usableToRequested(powers), usableToRequested(finer), usableToRequested(exact)));
      assertThat(usableToRequested(powers)).isBetween(1.30, 1.35);
      assertThat(usableToRequested(finer)).isBetween(1.05, 1.12);
      assertThat(usableToRequested(exact)).isBetween(1.02, 1.04);
    }
  }

  private static double worstWaste(Allocator allocator) {
    double worst = 0;
    for (int size = 129; size <= 2048; size++) {
      worst = Math.max(worst, 1 - size / (double) usable(allocator, size));
    }
    return worst;
  }

  private static double usableToRequested(Allocator allocator) {
    long usable = 0;
    long requested = 0;
    for (int size = 129; size <= 2048; size++) {
      usable += usable(allocator, size);
      requested += size;
    }
    return usable / (double) requested;
  }

  private static long usable(Allocator allocator, int size) {
    long block = allocator.malloc(size);
    long usable = allocator.usableSize(block);
    allocator.free(block);
    return usable;
  }

  // ---- a class below the least that the fallback gives -----------------------------------------

  /** Of a class of 8 bytes each block takes 16 of one fallback, and a header's 64 of another. */
  @Test
  void blocksOfEightBytesOverFallbacksThatGiveMore() {
    double overFrames = memoryOfEightByteBlocks(FixedSizeBlockAllocator.create(CAPACITY));
    double overHeaders = memoryOfEightByteBlocks(header());
    report(
        "memory to requested bytes, blocks of 8: over frames %.2f, over headers %.2f"
            .formatted(overFrames, overHeaders));
    assertThat(overFrames).isEqualTo(2, within(0.01));
    assertThat(overHeaders).isEqualTo(8, within(0.01));
  }

  private static double memoryOfEightByteBlocks(Allocator fallback) {
    try (Allocator allocator =
        new FallbackBlockAllocator(fallback, new BlockListOptions(List.of(8), 0, 1000))) {
      int blocks = 40 << 10;
      long least = Long.MAX_VALUE;
      long greatest = 0;
      for (int i = 0; i < blocks; i++) {
        long block = allocator.malloc(8);
        least = Math.min(least, block);
        greatest = Math.max(greatest, block);
      }
      // Not silently: whoever asks is told what a block has become.
      AllocatorStats stats = allocator.stats();
      int blockBytes = stats.classes().get(0).blockBytes();
      assertThat(blockBytes).isGreaterThanOrEqualTo(16);
      assertThat(allocator.usableSize(least)).isEqualTo(blockBytes);
      assertThat(stats.liveBytes()).isEqualTo((long) blocks * blockBytes);
      return (greatest - least) / (8.0 * (blocks - 1));
    }
  }

  // ---- searches that grow ----------------------------------------------------------------------

  /** How many headers a search reads: with the live blocks, with the free ones, or neither. */
  @Test
  void searchesThatGrow() {
    for (int live : new int[] {100, 1000, 10_000}) {
      assertThat(looksOfASearch(live, 1, false)).as("walks all").isEqualTo(live + 1);
      assertThat(looksOfASearch(live, 1, true)).as("looks at the one").isEqualTo(1);
    }
    report(
        "looks of a search beside 10,000 live blocks: without a list of free ones %,d, with %,d"
            .formatted(looksOfASearch(10_000, 1, false), looksOfASearch(10_000, 1, true)));
    for (int free : new int[] {100, 1000, 10_000}) {
      assertThat(looksOfASearch(free, free, true)).as("all too small").isEqualTo(free);
    }
  }

  /**
   * Live blocks with free ones of 64 bytes between them, and a search for more: how many headers it
   * passes by.
   */
  private static long looksOfASearch(int live, int free, boolean linked) {
    long bytes = 64L * (live + free) + 4096;
    try (HeaderAllocator allocator =
        HeaderAllocator.create(
            bytes,
            linked ? HeaderOptions.defaults() : HeaderOptions.defaults().withoutFreeList())) {
      List<Long> holes = new ArrayList<>();
      for (int i = 0; i < live; i++) {
        if (i >= live - free) {
          holes.add(allocator.malloc(48));
        }
        allocator.malloc(48);
      }
      holes.forEach(allocator::free);
      long before = allocator.searchedBlocks();
      assertThat(allocator.malloc(100)).isNotZero();
      return allocator.searchedBlocks() - before;
    }
  }

  // ---- fragmentation ---------------------------------------------------------------------------

  /** The largest free block to all that is free, after the same random traffic with each fit. */
  @Test
  void fragmentationOfEachFit() {
    for (Fit fit : Fit.values()) {
      double ratio = largestToAllFree(fit);
      report("largest free block to all that is free, %s fit: %.3f".formatted(fit, ratio));
      assertThat(ratio).isBetween(0.001, 0.5);
    }
  }

  private static double largestToAllFree(Fit fit) {
    try (HeaderAllocator allocator =
        HeaderAllocator.create(CAPACITY, HeaderOptions.defaults().fit(fit))) {
      SplittableRandom random = new SplittableRandom(42);
      List<Long> live = new ArrayList<>();
      for (int i = 0; i < 40_000; i++) {
        long block = allocator.malloc(16 + random.nextInt(2000));
        if (block == Allocator.NULL || random.nextInt(100) < 45) {
          for (int n = block == Allocator.NULL ? 20 : 1; n > 0 && !live.isEmpty(); n--) {
            int at = random.nextInt(live.size());
            allocator.free(live.get(at));
            live.set(at, live.get(live.size() - 1));
            live.remove(live.size() - 1);
          }
        }
        if (block != Allocator.NULL) {
          live.add(block);
        }
      }
      allocator.validate();
      return allocator.fragmentation().largestShare();
    }
  }
}
