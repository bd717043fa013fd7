// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.classic.CoalescingListAllocator.Policy;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which range a list gives a block from, and what becomes of the rest. */
class ListAllocatorsTest {

  private static final int CAPACITY = 64 << 10;

  /** Free ranges of 64, 32, 128 and 48 bytes between live blocks, and the rest of the region. */
  private static long[] holes(Allocator allocator) {
    long[] blocks = new long[8];
    int[] sizes = {64, 16, 32, 16, 128, 16, 48, 16};
    for (int i = 0; i < sizes.length; i++) {
      blocks[i] = allocator.malloc(sizes[i]);
    }
    for (int i = 0; i < sizes.length; i += 2) {
      allocator.free(blocks[i]);
    }
    allocator.validate();
    return new long[] {blocks[0], blocks[2], blocks[4], blocks[6], blocks[7] + 16};
  }

  private static CoalescingListAllocator list(Policy policy) {
    return CoalescingListAllocator.create(CAPACITY, policy);
  }

  @Test
  void firstFitTakesTheLowest() {
    try (Allocator allocator = list(Policy.FIRST_FIT)) {
      long[] holes = holes(allocator);
      assertThat(allocator.malloc(48)).isEqualTo(holes[0]);
      assertThat(allocator.malloc(32)).isEqualTo(holes[1]);
      assertThat(allocator.malloc(16)).as("a rest").isEqualTo(holes[0] + 48);
      assertThat(allocator.malloc(129)).isEqualTo(holes[4]);
      allocator.validate();
    }
  }

  @Test
  void bestFitTakesTheSmallest() {
    try (Allocator allocator = list(Policy.BEST_FIT)) {
      long[] holes = holes(allocator);
      assertThat(allocator.malloc(48)).isEqualTo(holes[3]);
      assertThat(allocator.malloc(48)).isEqualTo(holes[0]);
      assertThat(allocator.malloc(16)).isEqualTo(holes[0] + 48);
      assertThat(allocator.malloc(112)).isEqualTo(holes[2]);
      assertThat(allocator.malloc(17)).isEqualTo(holes[1]);
      allocator.validate();
    }
  }

  @Test
  void nextFitGoesOnWhereItWas() {
    try (Allocator allocator = list(Policy.NEXT_FIT)) {
      long[] holes = holes(allocator);
      long end = holes[4] - 16 + CAPACITY;
      assertThat(allocator.malloc(48)).as("behind the last block").isEqualTo(holes[4]);
      long large = allocator.malloc(CAPACITY / 2);
      assertThat(large).isEqualTo(holes[4] + 48).isLessThan(end);
      for (long b = allocator.malloc(1024); b != Allocator.NULL; b = allocator.malloc(1024)) {
        assertThat(b).isGreaterThan(large);
      }
      assertThat(allocator.malloc(80)).as("once around, if the end is too small").isNotZero();
      allocator.validate();
      allocator.free(large);
      long next = allocator.malloc(16);
      assertThat(allocator.malloc(16)).as("the rest of the same range").isEqualTo(next + 16);
      allocator.validate();
    }
  }

  /** The place where next fit goes on vanishes in a merge, or grows into a block. */
  @Test
  void nextFitOutlivesTheRangeItWasAt() {
    try (Allocator allocator = list(Policy.NEXT_FIT)) {
      long first = allocator.malloc(64);
      long second = allocator.malloc(64);
      long third = allocator.malloc(64);
      long aligned = allocator.alignedAlloc(4096, 64);
      allocator.validate();
      allocator.free(third);
      allocator.validate();
      allocator.free(second);
      allocator.validate();
      assertThat(allocator.realloc(first, 1024)).isEqualTo(first);
      allocator.validate();
      allocator.free(aligned);
      allocator.validate();
      assertThat(allocator.malloc(64)).isNotZero();
      allocator.free(first);
      allocator.validate();
    }
  }

  @Test
  void withoutMergingTheFirstIsTheOneFreedLast() {
    try (LinkedListAllocator allocator = LinkedListAllocator.create(CAPACITY)) {
      long[] holes = holes(allocator);
      assertThat(allocator.malloc(16)).isEqualTo(holes[3]);
      assertThat(allocator.malloc(64)).isEqualTo(holes[2]);
      assertThat(allocator.malloc(64)).isEqualTo(holes[2] + 64);
      assertThat(allocator.fragmentation().freeRanges()).isEqualTo(4);
      allocator.validate();
    }
  }

  @ParameterizedTest
  @EnumSource(Policy.class)
  void blocksShrinkAndGrowWhereTheyAre(Policy policy) {
    try (CoalescingListAllocator allocator = list(policy)) {
      long block = allocator.malloc(1000);
      long wall = allocator.malloc(16);
      long before = allocator.stats().liveBytes();
      assertThat(allocator.realloc(block, 100)).isEqualTo(block);
      assertThat(allocator.stats().liveBytes()).isEqualTo(before - 1008 + 112);
      assertThat(allocator.fragmentation().freeRanges()).isEqualTo(2);
      allocator.validate();
      assertThat(allocator.realloc(block, 500)).isEqualTo(block);
      assertThat(allocator.realloc(block, 1008)).isEqualTo(block);
      assertThat(allocator.fragmentation().freeRanges()).isEqualTo(1);
      allocator.validate();
      Memory.putLong(block, 99);
      long moved = allocator.realloc(block, 1009);
      assertThat(moved).isGreaterThan(wall);
      assertThat(Memory.getLong(moved)).isEqualTo(99);
      allocator.validate();
    }
  }

  @Test
  void alignedBlocksLeaveWhatIsBeforeThemInTheList() {
    long page = Region.osPageSize();
    try (CoalescingListAllocator allocator =
        new CoalescingListAllocator(
            Region.reserve((4 << 20) + page, page, Region.Commitment.LAZY), Policy.FIRST_FIT)) {
      for (long alignment = 16; alignment <= 2 << 20; alignment *= 2) {
        long odd = allocator.malloc(16);
        long block = allocator.alignedAlloc(alignment, 100);
        assertThat(block % alignment).isZero();
        assertThat(allocator.malloc(0)).as("before it, or just behind").isLessThan(block + 128);
        allocator.free(odd);
        allocator.validate();
      }
      assertThat(allocator.alignedAlloc(1L << 62, 16)).isZero();
    }
  }

  /** A block is written to after it was freed: nothing outside of the region is touched. */
  @Test
  void damagedNodesAreFound() {
    for (long damage : new long[] {1, 8, -16, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 20}) {
      for (int word = 0; word <= 8; word += 8) {
        try (Allocator plain = LinkedListAllocator.create(CAPACITY);
            Allocator merging = list(Policy.FIRST_FIT)) {
          for (Allocator allocator : new Allocator[] {plain, merging}) {
            long[] holes = holes(allocator);
            Memory.putLong(holes[1] + word, damage);
            assertThatThrownBy(allocator::validate)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("damaged");
            assertThatThrownBy(() -> allocator.malloc(CAPACITY / 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("damaged");
          }
        }
      }
    }
  }

  /** What leads to a place inside the region is for {@code validate} to find. */
  @Test
  void aNodeInsideALiveBlockIsFound() {
    try (Allocator allocator = LinkedListAllocator.create(CAPACITY)) {
      long live = allocator.malloc(64);
      long freed = allocator.malloc(64);
      allocator.malloc(64);
      allocator.free(freed);
      Memory.putLong(live + 16, 16);
      Memory.putLong(live + 24, 0);
      Memory.putLong(freed + 8, live + 16);
      assertThatThrownBy(allocator::validate)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("live block");
      Memory.putLong(freed + 8, freed);
      assertThatThrownBy(allocator::validate)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no end");
    }
  }

  @Test
  void trimKeepsTheNodes() {
    try (CoalescingListAllocator allocator =
        CoalescingListAllocator.create(1 << 20, Policy.FIRST_FIT)) {
      long first = allocator.malloc(300_000);
      long wall = allocator.malloc(16);
      Memory.fill(first, 300_000, (byte) 1);
      allocator.free(first);
      long given = allocator.trim();
      assertThat(given % Region.osPageSize()).isZero();
      assertThat(given == 0 || given >= 300_000 - 2 * Region.osPageSize()).isTrue();
      assertThat(allocator.fragmentation().freeRanges()).isEqualTo(2);
      allocator.validate();
      allocator.free(wall);
      assertThat(allocator.fragmentation().freeRanges()).isOne();
    }
  }
}
