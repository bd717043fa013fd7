// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.replay.ReplayCell.Measure;
import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.replay.Traces;
import io.ashlar.bench.report.About;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.report.JmhResults;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.openjdk.jmh.results.RunResult;

/**
 * The main job: every workload at every number of threads and every trace, with every allocator
 * that is present, in rounds. A round measures each cell once, in a JVM of its own: a workload with
 * an allocator at all numbers of threads, or a trace with an allocator. The allocators of a
 * workload come one after the other, so that what disturbs the machine for a while disturbs all of
 * them; ratios are taken inside a round.
 */
final class MainJob {

  private static final int[] THREADS = {1, 2, 4, 8, 16};
  private static final int EXPLAINING_THREADS = 2;
  private static final int MIN_ROUNDS = 2;
  private static final String THREADED_TRACE = "redis";

  /** Measured otherwise, or by JMH alone. */
  private static final Set<WorkloadName> APART =
      EnumSet.complementOf(
          EnumSet.of(
              WorkloadName.PAIR,
              WorkloadName.RANDOM_REPLACE,
              WorkloadName.LARSON,
              WorkloadName.XMALLOC_TEST));

  /** By workload and allocator those of each number of threads. */
  private final List<List<WorkloadSeries>> workloads = new ArrayList<>();

  private final List<Replays> replays = new ArrayList<>();
  private final Duration budget;

  /**
   * Plans the job.
   *
   * @param peers the allocators
   * @param names the workloads
   * @param budget time after which no round is begun that would not end in it, beyond the second
   */
  MainJob(List<Peer> peers, Set<WorkloadName> names, Duration budget) {
    this.budget = budget;
    for (WorkloadName workload : names) {
      for (Peer peer : peers) {
        List<WorkloadSeries> series =
            Arrays.stream(THREADS)
                .filter(threads -> isPlanned(workload, peer, threads))
                .mapToObj(threads -> new WorkloadSeries(workload, peer, threads))
                .toList();
        if (!series.isEmpty()) {
          workloads.add(series);
        }
      }
    }
    if (names.contains(WorkloadName.TRACE_REPLAY)) {
      for (String trace : Traces.SHIPPED) {
        plan(trace, peers, trace.equals(THREADED_TRACE) ? "recorded" : "single");
      }
    }
  }

  /** The rows that explain the others need no more than one and two threads. */
  private static boolean isPlanned(WorkloadName workload, Peer peer, int threads) {
    boolean explains = peer == Peer.NONE || peer == Peer.ASHLAR_HANDLE;
    return !APART.contains(workload)
        && workload.fits(peer)
        && (threads <= EXPLAINING_THREADS || !explains);
  }

  private void plan(String trace, List<Peer> peers, String threading) {
    for (Peer peer : peers) {
      if (WorkloadName.TRACE_REPLAY.fits(peer)) {
        replays.add(new Replays(trace, Replays.WHOLE, peer, threading));
      }
    }
  }

  /**
   * Runs the job.
   *
   * @param about the run, as it begins
   * @param file for what is measured
   * @throws InterruptedException if interrupted
   * @throws IOException if the file cannot be written
   */
  void run(About about, Path file) throws InterruptedException, IOException {
    int round = 0;
    long start = System.nanoTime();
    long cells = (long) workloads.size() + replays.size();
    try (ProgressBar progress =
        new ProgressBarBuilder()
            .setTaskName("comparing")
            .setInitialMax(MIN_ROUNDS * cells + replays.size())
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(500)
            .build()) {
      do {
        if (round >= MIN_ROUNDS) {
          progress.maxHint(progress.getMax() + cells);
        }
        round(round++, progress);
      } while (round < MIN_ROUNDS || hasTimeFor(start, round));
    }
    List<WorkloadSeries> series = workloads.stream().flatMap(List::stream).toList();
    List<RunResult> results = new ArrayList<>();
    List<Note> notes = new ArrayList<>();
    Map<String, String> versions = new TreeMap<>();
    for (WorkloadSeries one : series) {
      results.add(JmhResults.of(one));
      notes.add(JmhResults.note(one));
      versions.put(one.peer().label(), one.outcomes().get(0).version());
    }
    for (Replays one : replays) {
      results.add(JmhResults.of(one));
      notes.add(JmhResults.note(one));
    }
    ResultsFile.write(file, results, about.with(versions, List.of(), notes));
  }

  private boolean hasTimeFor(long start, int rounds) {
    long spent = System.nanoTime() - start;
    return spent + spent / rounds < budget.toNanos();
  }

  private void round(int round, ProgressBar progress) throws InterruptedException {
    for (List<WorkloadSeries> series : workloads) {
      WorkloadSeries any = series.get(0);
      progress.setExtraMessage(any.workload().label() + " " + any.peer());
      WorkloadSeries.measure(series);
      progress.step();
    }
    for (Replays series : replays) {
      progress.setExtraMessage("replay " + series.peer());
      series.measure(Measure.TIME);
      progress.step();
      // Memory hardly differs from round to round, and is compared at one and the same order.
      if (round == 0) {
        series.measure(Measure.MEMORY);
        progress.step();
      }
    }
  }
}
