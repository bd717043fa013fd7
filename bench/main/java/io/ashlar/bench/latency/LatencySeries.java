// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.latency;

import io.ashlar.bench.Medians;
import io.ashlar.bench.workload.WorkloadName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.HdrHistogram.Histogram;

/** The rounds of one workload with one allocator. */
public final class LatencySeries {

  /** What stands in place of an allocator where no calls are timed. */
  public static final String EMPTY = "empty call";

  /** The percentiles that are told, by their names in results: parts of 1, as JMH has them. */
  public static final SortedMap<String, Double> PERCENTILES =
      java.util.Collections.unmodifiableSortedMap(
          new TreeMap<>(
              Map.of(
                  "p0.50", 50.0,
                  "p0.90", 90.0,
                  "p0.99", 99.0,
                  "p0.999", 99.9,
                  "p0.9999", 99.99,
                  "p1.00", 100.0)));

  /** The percentile by which allocators are compared. */
  public static final double COMPARED = 99.9;

  private final WorkloadName workload;
  private final String allocator;
  private final int threads;
  private final List<LatencyRound> rounds = new ArrayList<>();

  /**
   * Makes an empty series.
   *
   * @param workload what is run
   * @param allocator its label
   * @param threads how many
   */
  public LatencySeries(WorkloadName workload, String allocator, int threads) {
    this.workload = workload;
    this.allocator = allocator;
    this.threads = threads;
  }

  /**
   * The empty calls of all series together, as a series of its own.
   *
   * @param all of one workload
   * @return by round what their JVMs measured
   */
  public static LatencySeries ofEmptyCalls(List<LatencySeries> all) {
    LatencySeries any = all.get(0);
    LatencySeries empty = new LatencySeries(any.workload, EMPTY, any.threads);
    for (int round = 0; round < any.rounds.size(); round++) {
      Map<Timing, CallTimes> times = new TreeMap<>();
      for (Timing timing : Timing.values()) {
        CallTimes sum = new CallTimes();
        for (LatencySeries series : all) {
          sum.add(series.rounds.get(round).empty().get(timing));
        }
        times.put(timing, sum);
      }
      empty.add(new LatencyRound(times, times, 0, ""));
    }
    return empty;
  }

  /**
   * What is run.
   *
   * @return the workload
   */
  public WorkloadName workload() {
    return workload;
  }

  /**
   * The allocator.
   *
   * @return its label, or {@link #EMPTY}
   */
  public String allocator() {
    return allocator;
  }

  /**
   * How many threads call.
   *
   * @return their number
   */
  public int threads() {
    return threads;
  }

  /**
   * Adds what a JVM measured.
   *
   * @param round the next
   */
  public void add(LatencyRound round) {
    rounds.add(round);
  }

  /**
   * What was measured.
   *
   * @return in order
   */
  public List<LatencyRound> rounds() {
    return List.copyOf(rounds);
  }

  /**
   * The times by round.
   *
   * @param timing from when on
   * @param calls which
   * @return a histogram for each round
   */
  public List<Histogram> byRound(Timing timing, Calls calls) {
    return rounds.stream().map(round -> round.calls().get(timing).of(calls)).toList();
  }

  /**
   * The times of all rounds together.
   *
   * @param timing from when on
   * @param calls which
   * @return their histogram
   */
  public Histogram merged(Timing timing, Calls calls) {
    CallTimes sum = new CallTimes();
    rounds.forEach(round -> sum.add(round.calls().get(timing)));
    return sum.of(calls);
  }

  /** The compared percentile by round. */
  private double[] compared(Timing timing, Calls calls) {
    return byRound(timing, calls).stream()
        .mapToDouble(histogram -> histogram.getValueAtPercentile(COMPARED))
        .toArray();
  }

  /**
   * The compared percentile over that of another series: above 1, this one is the slower.
   *
   * @param other of the same workload
   * @param timing from when on
   * @param calls which
   * @return the median of the rounds' quotients
   */
  public double ratio(LatencySeries other, Timing timing, Calls calls) {
    return Medians.ofRatios(compared(timing, calls), other.compared(timing, calls));
  }

  /**
   * The series with the lowest compared percentile, as the median of the rounds.
   *
   * @param all of one workload
   * @param candidate tells by their labels which to look at
   * @param timing from when on
   * @param calls which
   * @return the best, if there is any
   */
  public static Optional<LatencySeries> best(
      List<LatencySeries> all, Predicate<String> candidate, Timing timing, Calls calls) {
    return all.stream()
        .filter(series -> candidate.test(series.allocator))
        .min(Comparator.comparingDouble(series -> Medians.of(series.compared(timing, calls))));
  }

  /**
   * How far behind the schedule the threads were at the end, in the best of the rounds. Behind by a
   * good part of the time means that the rate was too high for the allocator.
   *
   * @return nanoseconds
   */
  public long behindNanos() {
    return rounds.stream().mapToLong(LatencyRound::behindNanos).min().orElse(0);
  }
}
