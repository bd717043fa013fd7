// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.latency.Calls;
import io.ashlar.bench.latency.LatencySeries;
import io.ashlar.bench.latency.Timing;
import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.replay.Replays.Summary;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.workload.WorkloadCell.Outcome;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.AverageTimeResult;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ResultRole;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.results.ThroughputResult;
import org.openjdk.jmh.runner.IterationType;
import org.openjdk.jmh.runner.WorkloadParams;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.util.Version;

/**
 * What is not measured by JMH in its words, so that the tools of its format can read it: each round
 * is a fork with one iteration.
 */
public final class JmhResults {

  /** Most physical memory of a replay, the allocator's records included. */
  static final String PEAK_RESIDENT = "peakResidentBytes";

  /** How much of it the records were. */
  static final String METADATA = "metadataBytes";

  /** Most requested bytes live at once. */
  static final String PEAK_LIVE = "peakLiveBytes";

  /** The metrics that tell of memory. */
  static final List<String> MEMORY = List.of(PEAK_RESIDENT, METADATA, PEAK_LIVE);

  private static final long NANOS_PER_OP_SCALE = 1_000_000;

  private JmhResults() {}

  /**
   * A workload's.
   *
   * @param series one round or more
   * @return throughput by round
   */
  public static RunResult of(WorkloadSeries series) {
    WorkloadName workload = series.workload();
    Map<String, String> parameters = new TreeMap<>();
    parameters.put("allocator", series.peer().label());
    if (!workload.parameter().isEmpty()) {
      parameters.put(workload.parameter(), Integer.toString(WorkloadName.BLOCK_BYTES));
    }
    BenchmarkParams params =
        params(
            workload.benchmark(),
            series.threads(),
            Mode.Throughput,
            TimeUnit.MICROSECONDS,
            parameters,
            series.outcomes().size());
    List<BenchmarkResult> forks = new ArrayList<>();
    for (Outcome outcome : series.outcomes()) {
      forks.add(
          fork(
              params,
              List.of(
                  new ThroughputResult(
                      ResultRole.PRIMARY,
                      workload.label(),
                      outcome.operations(),
                      outcome.nanos(),
                      TimeUnit.MICROSECONDS))));
    }
    return new RunResult(params, forks);
  }

  /**
   * A replay's.
   *
   * @param series one round or more
   * @return time of an operation by round, and the memory if it was measured
   */
  public static RunResult of(Replays series) {
    Summary summary = series.summary();
    boolean single = summary.threading().equals("single");
    String benchmark = WorkloadName.TRACE_REPLAY.benchmark();
    Map<String, String> parameters = new TreeMap<>();
    parameters.put("allocator", summary.allocator());
    parameters.put(WorkloadName.TRACE_REPLAY.parameter(), summary.trace());
    BenchmarkParams params =
        params(
            single ? benchmark : benchmark.replace("recordedOrder", "recordedThreads"),
            1,
            Mode.AverageTime,
            TimeUnit.NANOSECONDS,
            parameters,
            series.nsPerOp().length);
    List<BenchmarkResult> forks = new ArrayList<>();
    for (double nanos : series.nsPerOp()) {
      BenchmarkResult fork = fork(params, List.of(nanos(WorkloadName.TRACE_REPLAY, nanos)));
      if (summary.peakResidentBytes() > 0) {
        fork.addBenchmarkResult(bytes(PEAK_RESIDENT, summary.peakResidentBytes()));
        fork.addBenchmarkResult(bytes(METADATA, summary.metadataBytes()));
        fork.addBenchmarkResult(bytes(PEAK_LIVE, summary.peakLiveBytes()));
      }
      forks.add(fork);
    }
    return new RunResult(params, forks);
  }

  /**
   * What is to be noted of a workload's entry.
   *
   * @param series any
   * @return the command that makes it again
   */
  public static Note note(WorkloadSeries series) {
    return new Note(
        "bench/run --workloads " + series.workload().label() + " --allocators " + series.peer(),
        List.of());
  }

  /**
   * What is to be noted of a replay's entry.
   *
   * @param series any
   * @return the command that makes it again, and the memory curve
   */
  public static Note note(Replays series) {
    Summary summary = series.summary();
    String command =
        String.format(
            "bench/run replay %s%s --allocators %s --threads %s --rounds %d",
            series.trace(),
            series.first() == Replays.WHOLE ? "" : " --first " + series.first(),
            summary.allocator(),
            summary.threading(),
            series.nsPerOp().length);
    return new Note(command, series.curve());
  }

  /**
   * The times of single calls.
   *
   * @param series one round or more
   * @param timing from when on they count
   * @param calls which
   * @return the mean by round, and as secondary metrics the percentiles by round
   */
  public static RunResult of(LatencySeries series, Timing timing, Calls calls) {
    WorkloadName workload = series.workload();
    Map<String, String> parameters = new TreeMap<>();
    parameters.put("allocator", series.allocator());
    parameters.put("calls", calls.label());
    parameters.put("timing", timing.label());
    if (!workload.parameter().isEmpty()) {
      parameters.put(workload.parameter(), Integer.toString(WorkloadName.BLOCK_BYTES));
    }
    List<Histogram> rounds = series.byRound(timing, calls);
    BenchmarkParams params =
        params(
            workload.benchmark(),
            series.threads(),
            Mode.AverageTime,
            TimeUnit.NANOSECONDS,
            parameters,
            rounds.size());
    List<BenchmarkResult> forks = new ArrayList<>();
    for (Histogram round : rounds) {
      List<Result<?>> measured = new ArrayList<>();
      measured.add(nanos(workload, round.getMean()));
      LatencySeries.PERCENTILES.forEach(
          (name, percent) ->
              measured.add(
                  new ScalarResult(
                      "latency·" + name,
                      round.getValueAtPercentile(percent),
                      "ns/op",
                      percent == 100 ? AggregationPolicy.MAX : AggregationPolicy.AVG)));
      forks.add(fork(params, measured));
    }
    return new RunResult(params, forks);
  }

  private static ScalarResult bytes(String name, long bytes) {
    return new ScalarResult(name, bytes, "B", AggregationPolicy.AVG);
  }

  private static AverageTimeResult nanos(WorkloadName workload, double nanos) {
    return new AverageTimeResult(
        ResultRole.PRIMARY,
        workload.label(),
        NANOS_PER_OP_SCALE,
        Math.round(nanos * NANOS_PER_OP_SCALE),
        TimeUnit.NANOSECONDS);
  }

  private static BenchmarkResult fork(BenchmarkParams params, List<? extends Result<?>> measured) {
    IterationResult iteration = new IterationResult(params, params.getMeasurement(), null);
    measured.forEach(iteration::addResult);
    return new BenchmarkResult(params, List.of(iteration));
  }

  private static BenchmarkParams params(
      String benchmark,
      int threads,
      Mode mode,
      TimeUnit unit,
      Map<String, String> parameters,
      int rounds) {
    WorkloadParams workload = new WorkloadParams();
    int at = 0;
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      workload.put(parameter.getKey(), parameter.getValue(), at++);
    }
    TimeValue time = TimeValue.milliseconds(WorkloadSeries.MILLIS);
    return new BenchmarkParams(
        benchmark,
        benchmark,
        true,
        threads,
        new int[] {1},
        List.of(),
        rounds,
        0,
        new IterationParams(IterationType.WARMUP, 0, TimeValue.NONE, 1),
        new IterationParams(IterationType.MEASUREMENT, 1, time, 1),
        mode,
        workload,
        unit,
        1,
        System.getProperty("java.home"),
        List.of(),
        System.getProperty("java.version"),
        System.getProperty("java.vm.name"),
        System.getProperty("java.vm.version"),
        Version.getPlainVersion(),
        TimeValue.NONE);
  }
}
