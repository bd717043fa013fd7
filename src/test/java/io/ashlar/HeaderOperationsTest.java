// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.classic.BlockListOptions;
import io.ashlar.classic.FallbackBlockAllocator;
import io.ashlar.classic.FixedSizeBlockAllocator;
import io.ashlar.classic.HeaderAllocator;
import io.ashlar.classic.HeaderOptions;
import io.ashlar.classic.HeaderOptions.Fit;
import io.ashlar.classic.HeaderOptions.Frees;
import io.ashlar.classic.UserHeap;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on the designs with headers, checked against a map of live intervals. */
class HeaderOperationsTest {

  private static final int OPERATIONS = 20_000;

  /** So little that it is out now and then. */
  private static final int CAPACITY = 3 << 20;

  private static void run(Allocator allocator, AllocatorSpec spec, RandomGenerator random) {
    try (allocator) {
      // Live bytes are bounded by a quarter of what the specification says.
      Model model = new Model(allocator, spec.capacity(4L * CAPACITY, CAPACITY));
      for (int i = 0; i < OPERATIONS; i++) {
        model.apply(Operation.random(random, 17));
        if (i % 500 == 0) {
          allocator.validate();
        }
      }
      model.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Fit.class)
  void everyFit(Fit fit) throws InterruptedException {
    Seeds.run(
        random ->
            run(
                HeaderAllocator.create(CAPACITY, HeaderOptions.defaults().fit(fit)),
                AllocatorSpec.general(),
                random));
  }

  @ParameterizedTest
  @EnumSource(Fit.class)
  void withoutAListOfFreeBlocks(Fit fit) throws InterruptedException {
    Seeds.run(
        random ->
            run(
                HeaderAllocator.create(
                    CAPACITY, HeaderOptions.defaults().fit(fit).withoutFreeList()),
                AllocatorSpec.general(),
                random));
  }

  @ParameterizedTest
  @CsvSource({"AT_THRESHOLD,1", "AT_THRESHOLD,50", "IN_BACKGROUND,1", "IN_BACKGROUND,50"})
  void deferredFrees(Frees frees, int batch) throws InterruptedException {
    Seeds.run(
        random ->
            run(
                HeaderAllocator.create(CAPACITY, HeaderOptions.defaults().frees(frees, batch)),
                AllocatorSpec.general(),
                random));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 100, Integer.MAX_VALUE})
  void listsInFrontOfAFallback(int longest) throws InterruptedException {
    Seeds.run(
        random -> {
          BlockListOptions options =
              random.nextBoolean() ? BlockListOptions.finer() : BlockListOptions.powersOfTwo();
          Allocator fallback =
              random.nextBoolean()
                  ? HeaderAllocator.create(CAPACITY, HeaderOptions.defaults())
                  : FixedSizeBlockAllocator.create(CAPACITY);
          run(
              new FallbackBlockAllocator(fallback, options.maxListBlocks(longest)),
              // Of what is in a list the fallback does not know that it is free.
              AllocatorSpec.general().without(Feature.REFUSES_DOUBLE_FREE),
              random);
        });
  }

  /** The limit is below what the range holds. */
  @Test
  void aUserHeap() throws InterruptedException {
    Seeds.run(
        random -> {
          try (UserHeap root = UserHeap.root("root", 1 << 20, CAPACITY / 2, HeaderAllocator::new)) {
            run(
                root.child("child", CAPACITY, CAPACITY, HeaderAllocator::new),
                AllocatorSpec.general(),
                random);
          }
        });
  }

  static List<Supplier<Allocator>> designs() {
    HeaderOptions usual = HeaderOptions.defaults();
    return List.of(
        () -> HeaderAllocator.create(CAPACITY, usual),
        () -> HeaderAllocator.create(CAPACITY, usual.fit(Fit.BEST)),
        () -> HeaderAllocator.create(CAPACITY, usual.frees(Frees.AT_THRESHOLD, 16)),
        () ->
            new FallbackBlockAllocator(
                HeaderAllocator.create(CAPACITY, usual),
                BlockListOptions.finer().maxListBlocks(10)),
        () -> UserHeap.root("root", CAPACITY, CAPACITY, HeaderAllocator::new));
  }

  /** Nothing is made on the Java heap for a call. */
  @ParameterizedTest
  @MethodSource("designs")
  void noGarbage(Supplier<Allocator> design) {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    assumeTrue(bean.isThreadAllocatedMemorySupported() && bean.isThreadAllocatedMemoryEnabled());
    try (Allocator allocator = design.get()) {
      long[] blocks = new long[512];
      SplittableRandom random = new SplittableRandom(1);
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < 6; round++) {
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < OPERATIONS; i++) {
          int slot = random.nextInt(blocks.length);
          allocator.free(blocks[slot]);
          blocks[slot] = allocator.malloc(1 + random.nextInt(2500));
        }
        bytes = bean.getCurrentThreadAllocatedBytes() - before;
      }
      assertThat(bytes).as("of %,d operations", OPERATIONS).isLessThan(OPERATIONS / 10);
      allocator.validate();
    }
  }
}
