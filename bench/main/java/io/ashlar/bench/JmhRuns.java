// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.frame.FrameWorkload;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs of JMH with one allocator each, and what they come to together. */
final class JmhRuns {

  /** Matches every benchmark that is not one of frame allocators. */
  private static final String NO_FRAMES = "^(?!io\\.ashlar\\.bench\\.frame\\.)";

  private final List<RunResult> results = new ArrayList<>();

  /**
   * Runs JMH with one allocator, in JVMs that are fit for it.
   *
   * @param options all else
   * @param peer the allocator
   * @return what was measured
   * @throws RunnerException if JMH fails
   */
  Collection<RunResult> run(Options options, Peer peer) throws RunnerException {
    OptionsBuilder builder = new OptionsBuilder();
    builder.parent(options).param("allocator", peer.label());
    builder.jvm(JvmCell.launcher(peer, options.getJvm().orElse(JvmCell.java())));
    if (options.getParameter("verify").orElse(List.of()).contains("true")) {
      builder.shouldFailOnError(true); // else JMH goes on, and ends as if nothing had been
    }
    List<String> excludes = new ArrayList<>(options.getExcludes());
    excludes.addAll(WorkloadName.unfit(peer));
    excludes.add(FrameWorkload.PATTERN);
    excludes.forEach(builder::exclude);
    Collection<RunResult> measured = new Runner(builder.build()).run();
    results.addAll(measured);
    return measured;
  }

  /**
   * Runs JMH with one frame allocator.
   *
   * @param options all else
   * @param subject the allocator
   * @throws RunnerException if JMH fails
   */
  void run(Options options, FrameSubject subject) throws RunnerException {
    OptionsBuilder builder = new OptionsBuilder();
    builder.parent(options).param("allocator", subject.label());
    options.getExcludes().forEach(builder::exclude);
    builder.exclude(NO_FRAMES);
    if (!subject.reuses()) {
      builder.exclude(FrameWorkload.OF_REUSE);
    }
    if (!options.getParameter("order").hasValue()) {
      builder.param("order", subject.orders());
    }
    results.addAll(new Runner(builder.build()).run());
  }

  /**
   * Adds what was measured before.
   *
   * @param result of a run like these
   */
  void add(RunResult result) {
    results.add(result);
  }

  /**
   * All runs so far. Those of the same benchmark with the same parameters are one result, each run
   * a fork of it.
   *
   * @return in JMH's order
   */
  Collection<RunResult> merged() {
    Map<String, List<RunResult>> groups = new LinkedHashMap<>();
    for (RunResult result : results) {
      groups.computeIfAbsent(key(result.getParams()), key -> new ArrayList<>()).add(result);
    }
    return groups.values().stream()
        .map(JmhRuns::merge)
        .sorted(RunResult.DEFAULT_SORT_COMPARATOR)
        .toList();
  }

  private static RunResult merge(List<RunResult> rounds) {
    if (rounds.size() == 1) {
      return rounds.get(0);
    }
    List<BenchmarkResult> forks = new ArrayList<>();
    rounds.forEach(round -> forks.addAll(round.getBenchmarkResults()));
    return new RunResult(withForks(rounds.get(0).getParams(), forks.size()), forks);
  }

  /** What two runs of the same benchmark with the same parameters have in common. */
  static String key(BenchmarkParams params) {
    StringBuilder key = new StringBuilder();
    key.append(params.getBenchmark()).append(' ').append(params.getMode());
    key.append(' ').append(params.getThreads());
    for (String name : params.getParamsKeys()) {
      key.append(' ').append(name).append('=').append(params.getParam(name));
    }
    return key.toString();
  }

  private static BenchmarkParams withForks(BenchmarkParams params, int forks) {
    org.openjdk.jmh.runner.WorkloadParams workload = new org.openjdk.jmh.runner.WorkloadParams();
    int at = 0;
    for (String name : params.getParamsKeys()) {
      workload.put(name, params.getParam(name), at++);
    }
    return new BenchmarkParams(
        params.getBenchmark(),
        params.generatedBenchmark(),
        params.shouldSynchIterations(),
        params.getThreads(),
        params.getThreadGroups(),
        params.getThreadGroupLabels(),
        forks,
        params.getWarmupForks(),
        params.getWarmup(),
        params.getMeasurement(),
        params.getMode(),
        workload,
        params.getTimeUnit(),
        params.getOpsPerInvocation(),
        params.getJvm(),
        params.getJvmArgs(),
        params.getJdkVersion(),
        params.getVmName(),
        params.getVmVersion(),
        params.getJmhVersion(),
        params.getTimeout());
  }
}
