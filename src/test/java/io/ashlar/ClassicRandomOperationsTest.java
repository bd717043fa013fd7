// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.classic.BumpAllocator;
import io.ashlar.classic.CoalescingListAllocator;
import io.ashlar.classic.CoalescingListAllocator.Policy;
import io.ashlar.classic.DownwardBumpAllocator;
import io.ashlar.classic.LinkedListAllocator;
import io.ashlar.classic.TwoEndedBumpAllocator;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random operations on the designs of the gallery, checked against a map of live intervals. */
class ClassicRandomOperationsTest {

  private static final AllocatorSpec SPEC = AllocatorSpec.general().without(Feature.THREADS);

  /** Room for what is live at a time, and often not for more. */
  private static final long CAPACITY = 4 << 20;

  private static final int OPERATIONS = 40_000;

  static Stream<Named<LongFunction<Allocator>>> designs() {
    return Stream.of(
        Named.of("bump", BumpAllocator::create),
        Named.of("bump down", DownwardBumpAllocator::create),
        Named.of("bump from two ends", TwoEndedBumpAllocator::create),
        Named.of("list", LinkedListAllocator::create),
        Named.of("first fit", c -> CoalescingListAllocator.create(c, Policy.FIRST_FIT)),
        Named.of("best fit", c -> CoalescingListAllocator.create(c, Policy.BEST_FIT)),
        Named.of("next fit", c -> CoalescingListAllocator.create(c, Policy.NEXT_FIT)));
  }

  @ParameterizedTest
  @MethodSource("designs")
  void longSequences(LongFunction<Allocator> design) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Allocator allocator = design.apply(CAPACITY)) {
            Model model = new Model(allocator, SPEC.capacity(2 * CAPACITY, CAPACITY));
            for (int i = 0; i < OPERATIONS; i++) {
              model.apply(Operation.random(random, 17));
              if (i % 500 == 0) {
                allocator.validate();
              }
            }
            model.end();
          }
        });
  }
}
