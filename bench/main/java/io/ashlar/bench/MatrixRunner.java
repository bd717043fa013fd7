// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.frame.FrameWorkload;
import io.ashlar.bench.replay.ReplayCell.Measure;
import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.report.JmhResults;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.openjdk.jmh.runner.BenchmarkException;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Measures cells of the whole matrix: by JMH with one fork each, and replays in their own JVMs. */
final class MatrixRunner implements Matrix.Runner, AutoCloseable {

  /**
   * Many and short: the compiler catches up between them. Together more than a second, before which
   * half of what two threads run is not compiled yet.
   */
  private static final int QUICK_WARMUPS = 10;

  private static final TimeValue QUICK_WARMUP = TimeValue.milliseconds(120);
  private static final int QUICK_TIMES = 3;
  private static final TimeValue QUICK_TIME = TimeValue.milliseconds(80);

  /** Operations of a trace: searches through lists take minutes for all. */
  private static final int QUICK_OPERATIONS = 50_000;

  /** After these a cell's JVM is ended, and the cell has failed. */
  private static final Duration QUICK_LIMIT = Duration.ofSeconds(60);

  private static final Duration LIMIT = Duration.ofMinutes(30);

  /** Of a JVM that was told to end, from the terminal or otherwise: so is this one, or will be. */
  private static final Pattern TOLD_TO_END = Pattern.compile("exit code (130|143)\\b");

  private final MatrixPlan plan;
  private final boolean quick;
  private final Path log;
  private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

  /**
   * Makes a runner.
   *
   * @param plan what replays stand for
   * @param quick whether to be short rather than exact
   * @param log for what JMH prints of the last cell
   */
  MatrixRunner(MatrixPlan plan, boolean quick, Path log) {
    this.plan = plan;
    this.quick = quick;
    this.log = log;
    System.setProperty("jmh.ignoreLock", "true");
  }

  @Override
  public CellOutcome run(MatrixCell cell) throws InterruptedException, IOException {
    Duration limit = quick ? QUICK_LIMIT : LIMIT;
    AtomicBoolean late = new AtomicBoolean();
    Future<?> end =
        watch.schedule(
            () -> {
              late.set(true);
              ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
            },
            limit.toSeconds(),
            TimeUnit.SECONDS);
    try {
      MatrixPlan.Replay replay = plan.replay(cell);
      return replay == null ? benchmark(cell) : replay(cell, replay);
    } catch (RunnerException | JvmCell.FailedException e) {
      String reason = reason(e);
      if (TOLD_TO_END.matcher(reason).find()) {
        throw new InterruptedException(cell + ": " + reason);
      }
      return CellOutcome.failed(
          late.get() ? "ended after " + limit.toSeconds() + " s; " + reason : reason);
    } finally {
      end.cancel(false);
    }
  }

  private CellOutcome benchmark(MatrixCell cell) throws RunnerException, IOException {
    Files.createDirectories(log.getParent());
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + cell.workload() + "\\.")
            .threads(cell.threads())
            .forks(1)
            .shouldFailOnError(true)
            .output(log.toString());
    if (quick) {
      options
          .warmupIterations(QUICK_WARMUPS)
          .warmupTime(QUICK_WARMUP)
          .measurementIterations(QUICK_TIMES)
          .measurementTime(QUICK_TIME);
      quickParameters(cell.workload()).forEach(options::param);
    }
    JmhRuns runs = new JmhRuns();
    if (FrameSubject.isOne(cell.allocator())) {
      runs.run(options.build(), FrameSubject.of(cell.allocator()));
    } else {
      runs.run(options.build(), Peer.of(cell.allocator()));
    }
    return new CellOutcome(List.copyOf(runs.merged()), List.of(), "");
  }

  private static Map<String, String> quickParameters(String workload) {
    return FrameWorkload.LABELS.contains(workload)
        ? FrameWorkload.quick(workload)
        : WorkloadName.of(workload).quick();
  }

  private CellOutcome replay(MatrixCell cell, MatrixPlan.Replay replay)
      throws InterruptedException {
    int first = quick ? QUICK_OPERATIONS : Replays.WHOLE;
    Peer peer = Peer.of(cell.allocator());
    Replays series = new Replays(replay.trace(), first, peer, replay.threading());
    series.measure(Measure.TIME);
    series.measure(Measure.MEMORY);
    return new CellOutcome(List.of(JmhResults.of(series)), List.of(JmhResults.note(series)), "");
  }

  /** The innermost cause in a line: what is around it says that a benchmark failed. */
  private static String reason(Exception failure) {
    if (failure instanceof NoBenchmarksException) {
      return "no benchmark of JMH fits";
    }
    Throwable cause = failure;
    for (Throwable next = inner(cause); next != null; next = inner(cause)) {
      cause = next;
    }
    return cause.toString().strip().replaceAll("\\s+", " ");
  }

  private static Throwable inner(Throwable failure) {
    return failure instanceof BenchmarkException && failure.getSuppressed().length > 0
        ? failure.getSuppressed()[0]
        : failure.getCause();
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
