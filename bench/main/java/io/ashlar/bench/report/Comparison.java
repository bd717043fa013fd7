// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.Medians;
import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * All that a main job measured.
 *
 * @param workloads a series for each workload, number of threads and allocator
 * @param replays a series for each trace, threading and allocator
 * @param rounds how often each was measured
 */
public record Comparison(List<WorkloadSeries> workloads, List<Replays> replays, int rounds) {

  /** What programs would use if there were no Ashlar: the best of them is what to beat. */
  static final Set<Peer> RIVALS =
      EnumSet.of(Peer.GLIBC, Peer.MIMALLOC, Peer.JEMALLOC, Peer.TCMALLOC, Peer.ARENA);

  /** Makes unchangeable copies of the lists. */
  public Comparison {
    workloads = List.copyOf(workloads);
    replays = List.copyOf(replays);
  }

  /** The workloads measured. */
  List<WorkloadName> names() {
    return workloads.stream().map(WorkloadSeries::workload).distinct().toList();
  }

  /** The numbers of threads measured. */
  List<Integer> threads() {
    return workloads.stream().map(WorkloadSeries::threads).distinct().sorted().toList();
  }

  /** The allocators that ran a workload. */
  List<Peer> peers(WorkloadName workload) {
    return workloads.stream()
        .filter(series -> series.workload() == workload)
        .map(WorkloadSeries::peer)
        .distinct()
        .toList();
  }

  Optional<WorkloadSeries> series(WorkloadName workload, Peer peer, int threads) {
    return cell(workload, threads).stream().filter(series -> series.peer() == peer).findFirst();
  }

  /** The series of all allocators with one workload and number of threads. */
  List<WorkloadSeries> cell(WorkloadName workload, int threads) {
    return workloads.stream()
        .filter(series -> series.workload() == workload && series.threads() == threads)
        .toList();
  }

  /** The rival with the highest throughput in a cell. */
  Optional<WorkloadSeries> best(WorkloadName workload, int threads) {
    return cell(workload, threads).stream()
        .filter(series -> RIVALS.contains(series.peer()))
        .max(Comparator.comparingDouble(WorkloadSeries::median));
  }

  /** Throughput over throughput: above 1, {@code series} is the faster. */
  static double ratio(WorkloadSeries series, WorkloadSeries reference) {
    return Medians.ofRatios(series.opsPerMicro(), reference.opsPerMicro());
  }

  /** The replays by trace and threading, in the order in which they were measured. */
  Map<String, List<Replays>> replaysByTrace() {
    Map<String, List<Replays>> groups = new TreeMap<>();
    for (Replays series : replays) {
      groups
          .computeIfAbsent(title(series.summary()), title -> new java.util.ArrayList<>())
          .add(series);
    }
    return groups;
  }

  private static String title(Replays.Summary summary) {
    return summary.trace()
        + (summary.threading().equals("single")
            ? ", one thread in recorded order"
            : ", a thread for each recorded one");
  }

  /** The rival with the lowest time in a group of replays. */
  static Optional<Replays> best(List<Replays> group) {
    return group.stream()
        .filter(series -> RIVALS.contains(series.peer()))
        .min(Comparator.comparingDouble(series -> series.summary().nsPerOp()));
  }

  static Optional<Replays> of(List<Replays> group, Peer peer) {
    return group.stream().filter(series -> series.peer() == peer).findFirst();
  }

  /** Time over time: above 1, {@code series} is the faster. */
  static double ratio(Replays series, Replays reference) {
    return Medians.ofRatios(reference.nsPerOp(), series.nsPerOp());
  }

  /** What each allocator said its version is. */
  Map<Peer, String> versions() {
    Map<Peer, String> versions = new TreeMap<>();
    for (WorkloadSeries series : workloads) {
      series.outcomes().forEach(outcome -> versions.put(series.peer(), outcome.version()));
    }
    return versions;
  }
}
