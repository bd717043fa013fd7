// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.replay.Replays.Summary;
import io.ashlar.bench.workload.WorkloadCell.Outcome;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.IterationType;
import org.openjdk.jmh.runner.WorkloadParams;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.util.Version;

/**
 * A comparison in the words of JMH, so that its tools can read it: each round is a fork with one
 * iteration.
 */
final class JmhResults {

  private static final long NANOS_PER_OP_SCALE = 1_000_000;

  private final Comparison comparison;

  JmhResults(Comparison comparison) {
    this.comparison = comparison;
  }

  void write(PrintStream json) {
    List<RunResult> results = new ArrayList<>();
    comparison.workloads().forEach(series -> results.add(result(series)));
    comparison.replays().forEach(series -> results.add(result(series)));
    ResultFormatFactory.getInstance(ResultFormatType.JSON, json).writeOut(results);
  }

  private RunResult result(WorkloadSeries series) {
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
            parameters);
    List<BenchmarkResult> forks = new ArrayList<>();
    for (Outcome outcome : series.outcomes()) {
      forks.add(
          fork(
              params,
              new ThroughputResult(
                  ResultRole.PRIMARY,
                  workload.label(),
                  outcome.operations(),
                  outcome.nanos(),
                  TimeUnit.MICROSECONDS)));
    }
    return new RunResult(params, forks);
  }

  private RunResult result(Replays series) {
    Summary summary = series.summary();
    boolean single = summary.threading().equals("single");
    String benchmark = WorkloadName.TRACE_REPLAY.benchmark();
    Map<String, String> parameters = new TreeMap<>();
    parameters.put("allocator", summary.allocator());
    parameters.put("trace", summary.trace());
    BenchmarkParams params =
        params(
            single ? benchmark : benchmark.replace("recordedOrder", "recordedThreads"),
            1,
            Mode.AverageTime,
            TimeUnit.NANOSECONDS,
            parameters);
    List<BenchmarkResult> forks = new ArrayList<>();
    for (double nanos : series.nsPerOp()) {
      BenchmarkResult fork =
          fork(
              params,
              new AverageTimeResult(
                  ResultRole.PRIMARY,
                  WorkloadName.TRACE_REPLAY.label(),
                  NANOS_PER_OP_SCALE,
                  Math.round(nanos * NANOS_PER_OP_SCALE),
                  TimeUnit.NANOSECONDS));
      if (summary.peakResidentBytes() > 0) {
        fork.addBenchmarkResult(bytes("peakResidentBytes", summary.peakResidentBytes()));
        fork.addBenchmarkResult(bytes("metadataBytes", summary.metadataBytes()));
        fork.addBenchmarkResult(bytes("peakLiveBytes", summary.peakLiveBytes()));
      }
      forks.add(fork);
    }
    return new RunResult(params, forks);
  }

  private static ScalarResult bytes(String name, long bytes) {
    return new ScalarResult(name, bytes, "B", AggregationPolicy.AVG);
  }

  private static BenchmarkResult fork(BenchmarkParams params, Result<?> measured) {
    IterationResult iteration = new IterationResult(params, params.getMeasurement(), null);
    iteration.addResult(measured);
    return new BenchmarkResult(params, List.of(iteration));
  }

  private BenchmarkParams params(
      String benchmark, int threads, Mode mode, TimeUnit unit, Map<String, String> parameters) {
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
        comparison.rounds(),
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
