// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.Ashlar;
import io.ashlar.memory.Memory;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The soak passes what is sound and finds each fault. */
class SoakTest {

  /** Far more than it takes: a fault is found at the first check at the latest. */
  private static final Duration ENOUGH = Duration.ofMinutes(1);

  private final ByteArrayOutputStream report = new ByteArrayOutputStream();

  private boolean soak(Allocator allocator, Duration time) throws InterruptedException {
    long seed = Long.getLong("ashlar.test.seed", System.nanoTime());
    System.out.println("SoakTest: -Dashlar.test.seed=" + seed);
    Soak.Plan plan = new Soak.Plan(time, Duration.ofMillis(200), 3, 4, seed, false);
    return new Soak(plan, allocator, new PrintStream(report, true, StandardCharsets.UTF_8)).run();
  }

  @Test
  void passesASoundAllocator() throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      assertThat(soak(allocator, Duration.ofSeconds(1)))
          .as(report.toString(StandardCharsets.UTF_8))
          .isTrue();
    }
  }

  /** The allocator stays open: threads that others have waited for in vain may still use it. */
  @ParameterizedTest
  @EnumSource(Fault.class)
  void findsFaults(Fault fault) throws InterruptedException {
    Allocator faulty = new FaultyAllocator(Ashlar.create(), fault, 256);
    assertThat(soak(faulty, ENOUGH)).isFalse();
    assertThat(report.toString(StandardCharsets.UTF_8)).contains("broken: ").contains("seed: ");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 8, 15, 16, 17, 128, 129, 5000})
  void cookiesFindAChangeAtEitherEnd(long size) {
    try (Ashlar allocator = Ashlar.create()) {
      long block = allocator.malloc(size);
      long key = Cookies.key(block, 42);
      for (long at : new long[] {0, size - 1}) {
        Cookies.write(block, size, key);
        Cookies.check(block, size, key, size);
        Memory.putByte(block + at, (byte) ~Memory.getByte(block + at));
        assertThatThrownBy(() -> Cookies.check(block, size, key, size))
            .isInstanceOf(BrokenException.class);
      }
      allocator.free(block);
    }
  }
}
