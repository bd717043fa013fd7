// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.ashlar.Allocator;
import io.ashlar.classic.CoalescingListAllocator.Policy;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No call of the gallery by raw address makes an object on the Java heap. */
class ClassicNoGarbageTest {

  private static final ThreadMXBean BEAN = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int OPERATIONS = 20_000;

  /** Less than a byte for each call, for what the compiler has not yet seen that it can spare. */
  private static final long ALLOWED_BYTES = OPERATIONS / 4;

  static Stream<Named<Supplier<Allocator>>> designs() {
    return Stream.of(
        Named.of("bump", () -> BumpAllocator.create(1 << 20)),
        Named.of("bump down", () -> DownwardBumpAllocator.create(1 << 20)),
        Named.of("bump from two ends", () -> TwoEndedBumpAllocator.create(1 << 20)),
        Named.of("stack", () -> StackAllocator.create(1 << 20)),
        Named.of("list", () -> LinkedListAllocator.create(1 << 20)),
        Named.of("first fit", () -> CoalescingListAllocator.create(1 << 20, Policy.FIRST_FIT)),
        Named.of("best fit", () -> CoalescingListAllocator.create(1 << 20, Policy.BEST_FIT)),
        Named.of("next fit", () -> CoalescingListAllocator.create(1 << 20, Policy.NEXT_FIT)));
  }

  @ParameterizedTest
  @MethodSource("designs")
  void callsMakeNoGarbage(Supplier<Allocator> design) {
    assumeTrue(BEAN.isThreadAllocatedMemorySupported() && BEAN.isThreadAllocatedMemoryEnabled());
    try (Allocator allocator = design.get()) {
      for (int warmUp = 0; warmUp < 10; warmUp++) {
        work(allocator);
      }
      long before = BEAN.getCurrentThreadAllocatedBytes();
      work(allocator);
      assertThat(BEAN.getCurrentThreadAllocatedBytes() - before).isLessThan(ALLOWED_BYTES);
      allocator.validate();
    }
  }

  private static void work(Allocator allocator) {
    for (int i = 0; i < OPERATIONS; i++) {
      long older = allocator.alignedAlloc(16, 100);
      long newer = allocator.realloc(allocator.malloc(104), 100);
      allocator.usableSize(newer);
      allocator.free(newer);
      allocator.free(older);
    }
  }
}
