// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.bench.replay.MemoryCurve.Sample;
import io.ashlar.bench.subject.CheckingSubject;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplayTest {

  private static final long SEED = Long.getLong("ashlar.test.seed", 7);

  @ParameterizedTest
  @EnumSource
  void makesEveryOperationAndCanDoItAgain(Replay.Threading threading) {
    Trace trace = RandomTrace.of(SEED, 5);
    CheckingSubject subject = new CheckingSubject();
    Replay replay = threading.of(trace);
    for (int pass = 1; pass <= 2; pass++) {
      Replay.Pass made = replay.run(subject, MemoryCurve.NONE);

      assertThat(made.nanos()).isPositive();
      assertThat(subject.allocations()).as("seed %d", SEED).isEqualTo(allocations(trace) * pass);
      assertThat(subject.liveBytes()).as("seed %d", SEED).isEqualTo(liveAtEnd(trace));
      replay.freeRest(subject);
      assertThat(subject.liveBlocks()).as("seed %d", SEED).isZero();
    }
  }

  @Test
  void theBeginningOfATraceIsATrace() {
    Trace trace = RandomTrace.of(SEED, 5);
    for (int count = 0; count <= trace.operations; count += 97) {
      Trace first = trace.first(count);

      assertThat(first.operations).as("seed %d", SEED).isEqualTo(count);
      assertThat(first.object).as("seed %d", SEED).isEqualTo(Arrays.copyOf(trace.object, count));
      assertThat(first.size).as("seed %d", SEED).isEqualTo(Arrays.copyOf(trace.size, count));
    }
    assertThat(trace.first(Replays.WHOLE)).isSameAs(trace);
  }

  @Test
  void oneThreadForAll() {
    CheckingSubject subject = new CheckingSubject();
    Trace trace = RandomTrace.of(SEED, 5);
    Replay.Pass made = Replay.Threading.SINGLE.of(trace).run(subject, MemoryCurve.NONE);

    assertThat(subject.threads()).isOne();
    assertThat(made.peakLiveBytes()).isEqualTo(trace.peakLiveBytes);
  }

  @Test
  void oneThreadForEachRecorded() {
    CheckingSubject subject = new CheckingSubject();
    Replay.Threading.RECORDED.of(RandomTrace.of(SEED, 5)).run(subject, MemoryCurve.NONE);

    assertThat(subject.threads()).isEqualTo(5);
  }

  @Test
  void theCurveHasTheRecordedLiveBytes() {
    CheckingSubject subject = new CheckingSubject();
    Trace trace = RandomTrace.of(SEED, 3);
    MemoryCurve curve = MemoryCurve.of(trace, subject::footprint);
    Replay.Threading.SINGLE.of(trace).run(subject, curve);
    List<Sample> samples = curve.samples();

    assertThat(samples).hasSizeGreaterThan(400);
    assertThat(samples).allMatch(sample -> sample.liveBytes() == sample.residentBytes());
    assertThat(samples.get(samples.size() - 1).operation()).isEqualTo(trace.operations - 1);
    assertThat(curve.peak().liveBytes())
        .isBetween(trace.peakLiveBytes * 97 / 100, trace.peakLiveBytes);
  }

  @Test
  void theCurveOfThreadsIsInOrder() {
    CheckingSubject subject = new CheckingSubject();
    Trace trace = RandomTrace.of(SEED, 3);
    MemoryCurve curve = MemoryCurve.of(trace, subject::footprint);
    Replay.Threading.RECORDED.of(trace).run(subject, curve);

    assertThat(curve.samples())
        .isSortedAccordingTo(java.util.Comparator.comparingInt(Sample::operation));
    assertThat(curve.samples()).hasSizeGreaterThan(400);
  }

  @ParameterizedTest
  @EnumSource
  void aFailedAllocationFailsTheReplay(Replay.Threading threading) {
    Replay replay = threading.of(RandomTrace.of(SEED, 4));

    assertThatThrownBy(() -> replay.run(new Exhausted(), MemoryCurve.NONE))
        .satisfiesAnyOf(
            e -> assertThat(e).isInstanceOf(OutOfMemoryError.class),
            e -> assertThat(e).isInstanceOf(IllegalStateException.class));
  }

  private static long allocations(Trace trace) {
    long count = 0;
    for (byte kind : trace.kind) {
      count += kind == Trace.FREE ? 0 : 1;
    }
    return count;
  }

  private static long liveAtEnd(Trace trace) {
    long[] size = new long[trace.objects];
    for (int i = 0; i < trace.operations; i++) {
      size[trace.object[i]] = trace.size(i);
    }
    long sum = 0;
    for (long bytes : size) {
      sum += bytes;
    }
    return sum;
  }

  /** Has no memory. */
  private static final class Exhausted extends io.ashlar.bench.subject.Subject {

    @Override
    public long malloc(long byteSize) {
      return 0;
    }

    @Override
    public long calloc(long byteSize) {
      return 0;
    }

    @Override
    public long alignedAlloc(long byteAlignment, long byteSize) {
      return 0;
    }

    @Override
    public long realloc(long address, long newByteSize) {
      return 0;
    }

    @Override
    public void free(long address) {}
  }
}
