// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.InvalidFreeException;
import io.ashlar.OutOfNativeMemoryError;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is particular to bump allocation: where blocks lie, and when their room is there again. */
class BumpAllocatorsTest {

  private static final int CAPACITY = 64 << 10;

  static Stream<LongFunction<Allocator>> designs() {
    return Stream.of(
        BumpAllocator::create, DownwardBumpAllocator::create, TwoEndedBumpAllocator::create);
  }

  static Stream<Function<Region, Allocator>> onRegions() {
    return Stream.of(BumpAllocator::new, DownwardBumpAllocator::new, TwoEndedBumpAllocator::new);
  }

  @ParameterizedTest
  @MethodSource("designs")
  void blocksLieSideBySideAndFillTheRegion(LongFunction<Allocator> design) {
    try (Allocator allocator = design.apply(CAPACITY)) {
      long step = allocator instanceof DownwardBumpAllocator ? -32 : 32;
      long first = allocator.malloc(32);
      for (int i = 1; i < CAPACITY / 32; i++) {
        assertThat(allocator.malloc(i % 2 == 0 ? 17 : 32)).isEqualTo(first + i * step);
      }
      assertThat(allocator.malloc(0)).isZero();
      assertThat(((Fragmentation.Source) allocator).fragmentation())
          .isEqualTo(new Fragmentation(0, 0, 0));
      allocator.validate();
    }
  }

  @ParameterizedTest
  @MethodSource("designs")
  void theNewestBlockIsTakenBackAndTheLastEmptiesTheRegion(LongFunction<Allocator> design) {
    try (Allocator allocator = design.apply(CAPACITY)) {
      long first = allocator.malloc(100);
      long second = allocator.malloc(100);
      long third = allocator.malloc(100);
      allocator.free(third);
      assertThat(allocator.malloc(100)).as("the newest").isEqualTo(third);
      allocator.free(second);
      assertThat(allocator.malloc(100)).as("another").isNotEqualTo(second);
      allocator.free(third);
      allocator.free(first);
      allocator.validate();
      assertThat(allocator.stats().liveBlocks()).isOne();
      assertThatThrownBy(() -> allocator.free(first)).isInstanceOf(InvalidFreeException.class);
      allocator.free(allocator.stats().liveBlocks() == 1 ? last(allocator, third) : 0);
      assertThat(allocator.malloc(100)).as("with nothing live").isEqualTo(first);
      allocator.validate();
    }
  }

  /** The block that was allocated after the one at an address was freed and its room lost. */
  private static long last(Allocator allocator, long third) {
    return allocator instanceof DownwardBumpAllocator ? third - 112 : third + 112;
  }

  @ParameterizedTest
  @MethodSource("onRegions")
  void alignsBeyondItsRegion(Function<Region, Allocator> design) {
    long page = Region.osPageSize();
    try (Allocator allocator =
        design.apply(Region.reserve((4 << 20) + page, page, Region.Commitment.LAZY))) {
      for (long alignment = 1; alignment <= 2 << 20; alignment *= 2) {
        long odd = allocator.malloc(16);
        long block = allocator.alignedAlloc(alignment, 100);
        assertThat(block).isNotZero();
        assertThat(block % alignment).isZero();
        allocator.validate();
        allocator.free(block);
        allocator.free(odd);
      }
      assertThat(allocator.alignedAlloc(1L << 62, 16)).isZero();
    }
  }

  @Test
  void onlyUpwardsDoesTheNewestBlockGrowWhereItIs() {
    try (Allocator up = BumpAllocator.create(CAPACITY);
        Allocator down = DownwardBumpAllocator.create(CAPACITY)) {
      long upper = up.malloc(16);
      assertThat(up.realloc(upper, CAPACITY)).isEqualTo(upper);
      assertThat(up.realloc(upper, CAPACITY + 1)).isZero();
      assertThat(up.realloc(upper, 16)).isEqualTo(upper);
      assertThat(up.malloc(CAPACITY - 16)).isEqualTo(upper + 16);
      long lower = down.malloc(16);
      assertThat(down.realloc(lower, 1000)).isNotEqualTo(lower);
      up.validate();
      down.validate();
    }
  }

  @Test
  void theTwoEndsShareTheRegionAndNeverCross() {
    try (TwoEndedBumpAllocator allocator = TwoEndedBumpAllocator.create(CAPACITY)) {
      long front = 0;
      long back = Long.MAX_VALUE;
      int blocks = 0;
      for (boolean out = false; !out; blocks++) {
        long block = blocks % 3 == 0 ? allocator.mallocBack(48) : allocator.malloc(80);
        out = block == Allocator.NULL;
        if (!out && blocks % 3 == 0) {
          assertThat(block).isLessThan(back);
          back = block;
        } else if (!out) {
          assertThat(block).isGreaterThan(front);
          front = block;
        }
      }
      assertThat(front + 80).isLessThanOrEqualTo(back);
      assertThat(back - front - 80).isLessThan(80);
      allocator.validate();
    }
  }

  @Test
  void eachEndIsEmptyOnItsOwn() {
    try (TwoEndedBumpAllocator allocator = TwoEndedBumpAllocator.create(CAPACITY)) {
      long back = allocator.mallocBack(100);
      long newer = allocator.mallocBack(100);
      long front = allocator.malloc(100);
      allocator.malloc(100);
      allocator.free(front);
      allocator.free(front + 112);
      assertThat(allocator.malloc(100)).as("front, while the back lives").isEqualTo(front);
      allocator.free(newer);
      assertThat(allocator.mallocBack(100)).as("the newest of the back").isEqualTo(newer);
      allocator.free(back);
      allocator.free(newer);
      assertThat(allocator.mallocBack(100)).as("back, while the front lives").isEqualTo(back);
      allocator.validate();
      Memory.putLong(back, 77);
      long moved = allocator.realloc(back, 1000);
      assertThat(moved).as("the back's newest cannot grow").isEqualTo(front + 112);
      assertThat(Memory.getLong(moved)).isEqualTo(77);
      allocator.validate();
    }
  }

  @Test
  void theFarEndChecksWhatItIsAskedFor() {
    TwoEndedBumpAllocator allocator = TwoEndedBumpAllocator.create(CAPACITY);
    MemorySegment segment = allocator.allocateBack(100, 4096);
    assertThat(segment.byteSize()).isEqualTo(100);
    assertThat(segment.address() % 4096).isZero();
    assertThat(allocator.mallocBack(0)).isEqualTo(segment.address() - 16);
    for (long size : List.of(CAPACITY + 1L, 1L << 50, Long.MAX_VALUE)) {
      assertThat(allocator.mallocBack(size)).isZero();
      assertThatThrownBy(() -> allocator.allocateBack(size, 1))
          .isInstanceOf(OutOfNativeMemoryError.class);
    }
    assertThatThrownBy(() -> allocator.allocateBack(16, 1L << 62))
        .isInstanceOf(OutOfNativeMemoryError.class);
    for (long bad : List.of(-1L, Long.MIN_VALUE)) {
      assertThatThrownBy(() -> allocator.mallocBack(bad))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> allocator.allocateBack(16, bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> allocator.allocateBack(16, 3))
        .isInstanceOf(IllegalArgumentException.class);
    allocator.free(segment);
    allocator.validate();
    allocator.close();
    assertThatThrownBy(() -> allocator.mallocBack(16)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @MethodSource("designs")
  void trimGivesBackWhatIsFree(LongFunction<Allocator> design) {
    try (Allocator allocator = design.apply(1 << 20)) {
      long block = allocator.malloc(512 << 10);
      Memory.fill(block, 512 << 10, (byte) 1);
      if (allocator.stats().residentBytes() < 1 << 20) {
        assertThat(allocator.trim()).isZero();
        allocator.free(block);
        assertThat(allocator.trim()).isGreaterThanOrEqualTo((512 << 10) - Region.osPageSize());
      }
      assertThat(Memory.getLong(allocator.calloc(512 << 10) + 8192)).isZero();
    }
  }

  @Test
  void regionsBeyondTheLargestAreRefused() {
    for (long capacity : new long[] {0, -1, (4L << 40) + 1, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> BumpAllocator.create(capacity))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
