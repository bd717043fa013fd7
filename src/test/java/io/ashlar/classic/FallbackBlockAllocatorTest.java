// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.InvalidFreeException;
import io.ashlar.memory.Memory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is this design's own: its lists, their length, and what they ask of the fallback. */
class FallbackBlockAllocatorTest {

  private static final BlockListOptions POWERS = BlockListOptions.powersOfTwo();

  private static HeaderAllocator fallback() {
    return HeaderAllocator.create(1 << 20, HeaderOptions.defaults());
  }

  private static long listed(Allocator allocator) {
    return allocator.stats().classes().stream()
        .mapToLong(AllocatorStats.SizeClass::cachedBlocks)
        .sum();
  }

  @Test
  void classesAreWhatTheFallbackMakesOfThem() {
    try (Allocator overHeaders = new FallbackBlockAllocator(fallback(), POWERS);
        Allocator overFrames =
            new FallbackBlockAllocator(FixedSizeBlockAllocator.create(1 << 20), POWERS)) {
      assertThat(overHeaders.stats().classes())
          .extracting(AllocatorStats.SizeClass::blockBytes)
          .containsExactly(48, 112, 176, 304, 560, 1072, 2096);
      assertThat(overFrames.stats().classes())
          .extracting(AllocatorStats.SizeClass::blockBytes)
          .containsExactly(16, 32, 64, 128, 256, 512, 1024, 2048);
    }
  }

  @Test
  void finerClassesAreFourToADoubling() {
    assertThat(BlockListOptions.finer().classBytes())
        .startsWith(16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
        .endsWith(1280, 1536, 1792, 2048);
    assertThat(POWERS.classBytes()).containsExactly(8, 16, 32, 64, 128, 256, 512, 1024, 2048);
  }

  @Test
  void badOptionsAreRefused() {
    for (List<Integer> classes :
        List.of(
            List.<Integer>of(),
            List.of(0),
            List.of(-8),
            List.of(16, 16),
            List.of(32, 16),
            List.of(BlockListOptions.MAX_CLASS_BYTES + 1))) {
      assertThatThrownBy(() -> new BlockListOptions(classes, 0, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> POWERS.prefilledBlocks(-1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> POWERS.maxListBlocks(3).prefilledBlocks(4))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The table against the definition, for every size. */
  @Test
  void theClassOfASizeIsTheFirstThatHoldsIt() {
    int[] sizes = {48, 112, 120, 176, 304, 560, 1072, 2096, 49};
    BlockClasses classes = new BlockClasses(sizes);
    assertThat(classes.count()).as("49 is no multiple of 8").isEqualTo(8);
    for (int size = 0; size <= classes.largest(); size++) {
      int found = classes.classFor(size);
      assertThat(classes.bytes(found)).isGreaterThanOrEqualTo(size);
      if (found > 0) {
        assertThat(classes.bytes(found - 1)).isLessThan(size);
      }
      assertThat(classes.classOfExactly(size)).isEqualTo(classes.bytes(found) == size ? found : -1);
    }
    assertThat(classes.classOfExactly(1L << 40)).isEqualTo(-1);
  }

  @Test
  void whatWasFreedLastIsTakenFirst() {
    try (Allocator allocator = new FallbackBlockAllocator(fallback(), POWERS)) {
      long first = allocator.malloc(100);
      long second = allocator.malloc(60);
      assertThat(listed(allocator)).isZero();
      allocator.free(first);
      allocator.free(second);
      assertThat(listed(allocator)).isEqualTo(2);
      assertThat(allocator.malloc(112)).isEqualTo(second);
      assertThat(allocator.malloc(49)).isEqualTo(first);
      assertThat(allocator.malloc(48)).isNotIn(first, second);
      allocator.validate();
    }
  }

  @Test
  void filledListsServeTheFirstRequests() {
    HeaderAllocator fallback = fallback();
    try (Allocator allocator =
        new FallbackBlockAllocator(fallback, POWERS.prefilledBlocks(10).maxListBlocks(20))) {
      assertThat(listed(allocator)).isEqualTo(70);
      assertThat(allocator.stats().liveBlocks()).isZero();
      assertThat(allocator.stats().liveBytes()).isZero();
      long asked = fallback.stats().smallAllocations();
      long[] blocks = new long[11];
      allocator.mallocBatch(100, blocks, 0, 10);
      assertThat(fallback.stats().smallAllocations()).isEqualTo(asked);
      blocks[10] = allocator.malloc(100);
      assertThat(fallback.stats().smallAllocations()).isEqualTo(asked + 1);
      allocator.freeBatch(blocks, 0, 11);
      assertThat(listed(allocator)).isEqualTo(71);
      allocator.validate();
    }
    try (HeaderAllocator small = HeaderAllocator.create(4096, HeaderOptions.defaults())) {
      assertThatThrownBy(() -> new FallbackBlockAllocator(small, POWERS.prefilledBlocks(10)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void listsNeverGrowPastTheCap() {
    HeaderAllocator fallback = fallback();
    try (Allocator allocator = new FallbackBlockAllocator(fallback, POWERS.maxListBlocks(5))) {
      long[] blocks = new long[100];
      for (int size : new int[] {1, 100, 2000}) {
        allocator.mallocBatch(size, blocks, 0, blocks.length);
        for (int i = 0; i < blocks.length; i++) {
          allocator.free(blocks[i]);
          assertThat(allocator.stats().classes())
              .allSatisfy(each -> assertThat(each.cachedBlocks()).isLessThanOrEqualTo(5));
        }
        allocator.validate();
      }
      assertThat(fallback.stats().liveBlocks()).isEqualTo(15);
      allocator.trim();
      assertThat(fallback.stats().liveBlocks()).isZero();
      allocator.validate();
    }
  }

  @Test
  void alignmentIsApartFromSize() {
    try (Allocator allocator = new FallbackBlockAllocator(fallback(), BlockListOptions.finer());
        Allocator rounded = FixedSizeBlockAllocator.create(1 << 20)) {
      long block = allocator.alignedAlloc(1024, 100);
      assertThat(block % 1024).isZero();
      assertThat(allocator.usableSize(block)).as("no more for the alignment").isEqualTo(112);
      assertThat(rounded.usableSize(rounded.alignedAlloc(1024, 100))).isEqualTo(1024);
      allocator.free(block);
      assertThat(allocator.alignedAlloc(1024, 105)).as("from its list").isEqualTo(block);
      allocator.free(block);
      assertThat(allocator.malloc(100)).isEqualTo(block);
      allocator.validate();
    }
  }

  @Test
  void aBlockFreedTwiceInARowIsRefused() {
    try (Allocator allocator = new FallbackBlockAllocator(fallback(), POWERS)) {
      long block = allocator.malloc(100);
      allocator.free(block);
      assertThatThrownBy(() -> allocator.free(block)).isInstanceOf(InvalidFreeException.class);
      assertThatThrownBy(() -> allocator.usableSize(block))
          .isInstanceOf(InvalidFreeException.class);
      allocator.validate();
    }
  }

  @Test
  void validateFindsABlockInAListTwice() {
    try (Allocator allocator = new FallbackBlockAllocator(fallback(), POWERS)) {
      long first = allocator.malloc(100);
      long second = allocator.malloc(100);
      allocator.free(first);
      allocator.free(second);
      allocator.free(first);
      assertThatThrownBy(allocator::validate).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void validateFindsAWriteToAFreeBlock() {
    try (Allocator allocator = new FallbackBlockAllocator(fallback(), POWERS)) {
      long first = allocator.malloc(100);
      long second = allocator.malloc(100);
      allocator.free(first);
      allocator.free(second);
      Memory.putLong(second, first + 64);
      assertThatThrownBy(allocator::validate).isInstanceOf(IllegalStateException.class);
    }
  }
}
