// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.Allocator;
import io.ashlar.Seeds;
import io.ashlar.classic.CoalescingListAllocator.Policy;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.agrona.collections.LongArrayList;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each design exists because the one before it has a fault: the faults, shown and counted. */
class FaultsTest {

  private static final int CAPACITY = 100 << 10;
  private static final int BLOCK = 64;
  private static final int ROUNDS = 10_000;

  /** Allocates two blocks and frees the older one first, until memory is out. */
  private static int roundsOfPairs(Allocator allocator) {
    for (int i = 0; i < ROUNDS; i++) {
      long first = allocator.malloc(BLOCK);
      long second = allocator.malloc(BLOCK);
      if (first == Allocator.NULL || second == Allocator.NULL) {
        return i;
      }
      allocator.free(first);
      allocator.free(second);
    }
    return ROUNDS;
  }

  private static void figure(String what, double value) {
    System.out.printf(Locale.ROOT, "FaultsTest: %s: %.4f%n", what, value);
  }

  private static LongArrayList fill(Allocator allocator, long byteSize) {
    LongArrayList blocks = new LongArrayList();
    for (long b = allocator.malloc(byteSize); b != Allocator.NULL; b = allocator.malloc(byteSize)) {
      blocks.addLong(b);
    }
    return blocks;
  }

  private static void shuffle(LongArrayList blocks, RandomGenerator random) {
    for (int i = blocks.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      long swapped = blocks.getLong(i);
      blocks.setLong(i, blocks.getLong(j));
      blocks.setLong(j, swapped);
    }
  }

  private static void free(Allocator allocator, LongArrayList blocks) {
    for (int i = 0; i < blocks.size(); i++) {
      allocator.free(blocks.getLong(i));
    }
  }

  /** Bump: one long-lived block, and nothing is ever free again. */
  @Nested
  class NoReuse {

    @Test
    void withNothingLongLivedTheRegionIsEmptyAgainAndAgain() {
      try (BumpAllocator allocator = BumpAllocator.create(CAPACITY)) {
        assertThat(roundsOfPairs(allocator)).isEqualTo(ROUNDS);
        assertThat(allocator.fragmentation().largestShare()).isEqualTo(1);
      }
    }

    @Test
    void oneLongLivedBlockUsesUpTheRegion() {
      try (BumpAllocator allocator = BumpAllocator.create(CAPACITY)) {
        allocator.malloc(16);
        // Of each pair the older block's room is lost.
        int rounds = roundsOfPairs(allocator);
        assertThat(rounds).isEqualTo((CAPACITY - 16) / BLOCK - 1);
        Fragmentation left = allocator.fragmentation();
        figure("bump, after " + rounds + " pairs: largest free to all free", left.largestShare());
        assertThat(left.freeBytes()).isGreaterThanOrEqualTo(CAPACITY - 16 - BLOCK);
        assertThat(left.largestShare()).isLessThan(0.002);
        allocator.validate();
      }
    }

    @Test
    void atTheFarEndALongLivedBlockDoesNoHarm() {
      try (TwoEndedBumpAllocator allocator = TwoEndedBumpAllocator.create(CAPACITY)) {
        allocator.mallocBack(16);
        assertThat(roundsOfPairs(allocator)).isEqualTo(ROUNDS);
        assertThat(allocator.fragmentation())
            .isEqualTo(new Fragmentation(CAPACITY - 16, CAPACITY - 16, 1));
        allocator.validate();
      }
    }

    @Test
    void aLongLivedBlockAtTheNearEndDoesTheSameHarmAsInOne() {
      try (TwoEndedBumpAllocator allocator = TwoEndedBumpAllocator.create(CAPACITY)) {
        allocator.malloc(16);
        assertThat(roundsOfPairs(allocator)).isEqualTo((CAPACITY - 16) / BLOCK - 1);
      }
    }

    @Test
    void aListUsesEveryFreedBlockAgain() {
      try (LinkedListAllocator allocator = LinkedListAllocator.create(CAPACITY)) {
        allocator.malloc(16);
        assertThat(roundsOfPairs(allocator)).isEqualTo(ROUNDS);
      }
    }
  }

  /** Lists without merging: memory cut small stays small. */
  @Nested
  class NoMerging {

    @Test
    void aRequestSmallerThanTheFreeTotalFails() throws InterruptedException {
      Seeds.run(
          random -> {
            try (LinkedListAllocator allocator = LinkedListAllocator.create(CAPACITY)) {
              LongArrayList blocks = fill(allocator, BLOCK);
              shuffle(blocks, random);
              free(allocator, blocks);
              allocator.validate();
              Fragmentation all = allocator.fragmentation();
              assertThat(all).isEqualTo(new Fragmentation(CAPACITY, BLOCK, CAPACITY / BLOCK));
              assertThat(all.largestShare()).isEqualTo((double) BLOCK / CAPACITY);
              figure("list, all free again: largest free to all free", all.largestShare());
              assertThat(allocator.malloc(BLOCK + 1)).as("with everything free").isZero();
            }
          });
    }

    @ParameterizedTest
    @EnumSource(Policy.class)
    void mergingLeavesExactlyOneRangeInAnyOrder(Policy policy) throws InterruptedException {
      Seeds.run(
          random -> {
            try (CoalescingListAllocator allocator =
                CoalescingListAllocator.create(CAPACITY, policy)) {
              for (int round = 0; round < 5; round++) {
                LongArrayList blocks = new LongArrayList();
                for (long block; (block = anySize(allocator, random)) != Allocator.NULL; ) {
                  blocks.addLong(block);
                }
                shuffle(blocks, random);
                free(allocator, blocks);
                allocator.validate();
                assertThat(allocator.fragmentation())
                    .isEqualTo(new Fragmentation(CAPACITY, CAPACITY, 1));
              }
              assertThat(allocator.malloc(CAPACITY)).isNotZero();
            }
          });
    }

    private static long anySize(Allocator allocator, RandomGenerator random) {
      return allocator.alignedAlloc(
          1L << random.nextInt(10), random.nextInt(1 << random.nextInt(12)));
    }

    /** What merging does not cure: live blocks part the free ranges. */
    @Test
    void liveBlocksPartWhatIsFree() {
      try (CoalescingListAllocator allocator = CoalescingListAllocator.create(CAPACITY)) {
        LongArrayList blocks = fill(allocator, BLOCK);
        for (int i = 0; i < blocks.size(); i += 2) {
          allocator.free(blocks.getLong(i));
        }
        assertThat(allocator.fragmentation())
            .isEqualTo(new Fragmentation(CAPACITY / 2, BLOCK, CAPACITY / BLOCK / 2));
        assertThat(allocator.malloc(BLOCK + 1)).as("with half of it free").isZero();
        double share = allocator.fragmentation().largestShare();
        figure("merging list, every second block live: largest free to all free", share);
      }
    }
  }

  /** Lists: every call walks past what does not fit. Steps are counted, not timed. */
  @Nested
  class WalksThatGrow {

    private static final int[] HOLES = {10, 100, 1_000, 10_000};

    /** Free ranges of 16 bytes between live blocks of 16 bytes. */
    private static LongArrayList comb(Allocator allocator, int holes) {
      LongArrayList blocks = new LongArrayList();
      for (int i = 0; i < 2 * holes; i++) {
        blocks.addLong(allocator.malloc(16));
      }
      for (int i = 0; i < blocks.size(); i += 2) {
        allocator.free(blocks.getLong(i));
      }
      return blocks;
    }

    @Test
    void aSearchWalksPastEveryRangeThatIsTooSmall() {
      for (int holes : HOLES) {
        try (LinkedListAllocator allocator = LinkedListAllocator.create(1 << 20)) {
          comb(allocator, holes);
          long before = allocator.visited();
          assertThat(allocator.malloc(32)).isNotZero();
          assertThat(allocator.visited() - before).isEqualTo(holes + 1);
        }
      }
      figure("list, 10,000 free ranges too small: steps of a search", HOLES[3] + 1);
    }

    @ParameterizedTest
    @EnumSource(Policy.class)
    void soItDoesWithMerging(Policy policy) {
      for (int holes : HOLES) {
        try (CoalescingListAllocator allocator = CoalescingListAllocator.create(1 << 20, policy)) {
          LongArrayList blocks = comb(allocator, holes);
          long before = allocator.visited();
          long block = allocator.malloc(32);
          long steps = allocator.visited() - before;
          switch (policy) {
            case FIRST_FIT -> assertThat(steps).isEqualTo(holes + 1);
            // To the end of the list, to know that nothing is smaller.
            case BEST_FIT -> assertThat(steps).isEqualTo(holes + 2);
            // Goes on where the last block was, which is behind them all.
            case NEXT_FIT -> assertThat(steps).isOne();
          }
          before = allocator.visited();
          allocator.free(block);
          assertThat(allocator.visited() - before).as("to its place").isEqualTo(holes + 1);
          before = allocator.visited();
          allocator.free(blocks.getLong(blocks.size() - 1));
          assertThat(allocator.visited() - before).isEqualTo(holes + 1);
          allocator.validate();
        }
      }
    }

    /** A free that does not sort and merge costs nothing, which is why some do it later. */
    @Test
    void withoutMergingAFreeWalksNowhere() {
      try (LinkedListAllocator allocator = LinkedListAllocator.create(1 << 20)) {
        LongArrayList blocks = comb(allocator, 1_000);
        long before = allocator.visited();
        allocator.free(blocks.getLong(1));
        assertThat(allocator.visited()).isEqualTo(before);
      }
    }
  }

  /** A header before each block costs what small blocks hold. */
  @Nested
  class InternalWaste {

    @Test
    void bytesAreRoundedUpToSixteen() {
      try (BumpAllocator allocator = BumpAllocator.create(CAPACITY)) {
        for (int i = 0; i < 100; i++) {
          allocator.malloc(8);
        }
        double waste = usableToRequested(allocator, 800);
        assertThat(waste).isEqualTo(2);
        figure("bump and lists, blocks of 8: usable to requested", waste);
      }
    }

    @Test
    void aHeaderHalvesTheRoomForTheSmallestBlocks() {
      try (Allocator plain = BumpAllocator.create(CAPACITY);
          Allocator withHeaders = StackAllocator.create(CAPACITY)) {
        assertThat(fill(plain, 16).size()).isEqualTo(CAPACITY / 16);
        assertThat(fill(withHeaders, 16).size()).isEqualTo(CAPACITY / 32);
      }
    }

    private static double usableToRequested(Allocator allocator, long requestedBytes) {
      return (double) allocator.stats().liveBytes() / requestedBytes;
    }
  }
}
