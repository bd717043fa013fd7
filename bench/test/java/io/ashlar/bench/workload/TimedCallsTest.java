// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.latency.Calls;
import io.ashlar.bench.subject.Subject;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** With a clock that goes on by 1 ns at each reading, and by what a call takes. */
class TimedCallsTest {

  private static final long INTERVAL = 100;
  private static final long STALL = 100_000;

  private long now = 5_000_000;

  private final TimedCalls calls =
      new TimedCalls() {
        @Override
        long nanoTime() {
          return ++now;
        }
      };

  private final Subject slow = new Slow();

  /** Takes as many nanoseconds as bytes are asked for, and a free as its address says. */
  private final class Slow extends Subject {

    @Override
    public long malloc(long byteSize) {
      now += byteSize;
      return byteSize;
    }

    @Override
    public long calloc(long byteSize) {
      throw new AssertionError("not timed");
    }

    @Override
    public long alignedAlloc(long byteAlignment, long byteSize) {
      throw new AssertionError("not timed");
    }

    @Override
    public long realloc(long address, long newByteSize) {
      throw new AssertionError("not timed");
    }

    @Override
    public void free(long address) {
      now += address;
    }
  }

  private Histogram times(Calls which) {
    return calls.times().of(which);
  }

  /** How many calls took longer than any without a stall. */
  private long delayed() {
    return times(Calls.BOTH).getCountBetweenValues(2 * INTERVAL, STALL * 2);
  }

  private void stallOnce() {
    calls.begin();
    for (int i = 0; i < 10_000; i++) {
      calls.malloc(slow, i == 100 ? STALL : 10);
    }
    calls.end();
  }

  @Test
  void knownTimesHaveKnownPercentiles() {
    calls.start(0);
    calls.begin();
    for (int i = 1; i <= 10_000; i++) {
      assertThat(calls.malloc(slow, i)).isEqualTo(i);
      calls.free(slow, 41);
    }
    calls.end();

    Histogram mallocs = times(Calls.MALLOC);
    assertThat(mallocs.getTotalCount()).isEqualTo(10_000);
    assertThat(mallocs.getValueAtPercentile(50)).isBetween(4_995L, 5_006L);
    assertThat(mallocs.getValueAtPercentile(99.9)).isBetween(9_980L, 10_000L);
    assertThat(mallocs.getMaxValue()).isBetween(10_000L, 10_010L);
    assertThat(times(Calls.FREE).getMinValue()).as("with a reading").isEqualTo(42);
    assertThat(times(Calls.FREE).getMaxValue()).isEqualTo(42);
    assertThat(times(Calls.BOTH).getTotalCount()).isEqualTo(20_000);
    assertThat(times(Calls.BOTH).getValueAtPercentile(50)).isEqualTo(42);
    assertThat(calls.behindNanos()).isZero();
  }

  @Test
  void aStallIsOneSlowCallToAClosedLoop() {
    calls.start(0);
    stallOnce();

    assertThat(delayed()).isEqualTo(1);
    assertThat(times(Calls.MALLOC).getValueAtPercentile(99.9)).isEqualTo(11);
  }

  @Test
  void aStallDelaysAllThatWereToBeMadeMeanwhile() {
    calls.start(INTERVAL);
    stallOnce();

    // Of each interval a call needs 10 ns and two readings of the clock: the rest makes up for the
    // stall, and until it has, each call is late.
    assertThat(delayed()).isBetween(STALL / (INTERVAL - 10), STALL / (INTERVAL - 20));
    assertThat(times(Calls.MALLOC).getValueAtPercentile(50)).isLessThan(20);
    assertThat(times(Calls.MALLOC).getValueAtPercentile(95)).isGreaterThan(STALL / 2);
  }

  @Test
  void theScheduleIsKept() {
    calls.start(INTERVAL);
    calls.begin();
    long start = now;
    for (int i = 0; i < 1_000; i++) {
      calls.free(slow, i % 50);
    }
    assertThat(now - start).isBetween(999 * INTERVAL, 1_000 * INTERVAL);
    calls.end();

    assertThat(times(Calls.FREE).getMaxValue()).isLessThan(60);
    assertThat(calls.behindNanos()).isZero();
  }

  @Test
  void whereNothingIsToBeDoneNothingIsLate() {
    calls.start(INTERVAL);
    for (int batch = 0; batch < 10; batch++) {
      calls.begin();
      calls.malloc(slow, 10);
      calls.end();
      now += STALL;
    }

    assertThat(delayed()).isZero();
  }

  @Test
  void aBacklogOutlastsABreak() {
    calls.start(INTERVAL);
    calls.begin();
    calls.malloc(slow, STALL);
    calls.end();
    assertThat(calls.behindNanos()).isBetween(STALL - INTERVAL, STALL);
    now += 10 * STALL;
    calls.begin();
    calls.malloc(slow, 10);
    calls.end();

    assertThat(delayed()).isEqualTo(2);
  }

  @Test
  void aNewStartForgets() {
    calls.start(0);
    stallOnce();
    calls.start(0);
    calls.begin();
    calls.nothing();
    calls.end();

    assertThat(times(Calls.MALLOC).getTotalCount()).isOne();
    assertThat(times(Calls.FREE).getTotalCount()).isOne();
    assertThat(times(Calls.BOTH).getMaxValue()).as("a reading of the clock").isEqualTo(1);
  }
}
