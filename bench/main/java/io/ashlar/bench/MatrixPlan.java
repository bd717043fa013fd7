// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.frame.FrameWorkload;
import io.ashlar.bench.replay.Traces;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The cells of the whole matrix: every workload with every allocator that is installed and fits it,
 * at every number of threads that makes sense for both; and every trace.
 */
final class MatrixPlan {

  /** What a replay is called as a workload, before trace and threading. */
  private static final String REPLAY = WorkloadName.TRACE_REPLAY.label();

  /** The harness alone explains the others, and needs no more than one and two threads. */
  private static final int EXPLAINING_THREADS = 2;

  /**
   * Long mixes of sizes, for which a list without merging is no allocator: what it has free becomes
   * ever more and ever smaller ranges, and every search goes through them.
   */
  private static final Set<WorkloadName> WITH_MERGING =
      Set.of(WorkloadName.LARSON, WorkloadName.MALLOC_LARGE, WorkloadName.TRACE_REPLAY);

  private final Predicate<String> isWorkload;
  private final Predicate<String> isAllocator;
  private final List<Integer> threads;
  private final Map<String, Replay> replays = new LinkedHashMap<>();
  private final List<MatrixCell> cells = new ArrayList<>();

  /**
   * Plans.
   *
   * @param isWorkload which workloads, by name
   * @param isAllocator which allocators, by label
   * @param threads how many
   * @param traces which traces, by name or path
   * @param rounds how often
   * @throws IOException if a trace cannot be read
   */
  MatrixPlan(
      Predicate<String> isWorkload,
      Predicate<String> isAllocator,
      List<Integer> threads,
      List<String> traces,
      int rounds)
      throws IOException {
    this.isWorkload = isWorkload;
    this.isAllocator = isAllocator;
    this.threads = List.copyOf(threads);
    for (String trace : traces) {
      add(new Replay(trace, "single"));
      if (Traces.isThreaded(trace)) {
        add(new Replay(trace, "recorded"));
      }
    }
    for (int round = 1; round <= rounds; round++) {
      round(round);
    }
  }

  /**
   * A replay.
   *
   * @param trace name or path
   * @param threading {@code single} or {@code recorded}
   */
  record Replay(String trace, String threading) {}

  private void add(Replay replay) {
    String name = REPLAY + " " + Traces.name(replay.trace()) + " " + replay.threading();
    if (replays.put(name, replay) != null) {
      throw new IllegalArgumentException("two traces are named " + Traces.name(replay.trace()));
    }
  }

  /** All that can be asked for. */
  static Stream<String> workloads() {
    return Stream.concat(
        Arrays.stream(WorkloadName.values()).map(WorkloadName::label),
        FrameWorkload.LABELS.stream());
  }

  /** What is left out although it could be run, a line each. */
  List<String> leftOut() {
    return WITH_MERGING.stream()
        .map(WorkloadName::label)
        .filter(label -> isWorkload.test(label) && isAllocator.test(Peer.LIST.label()))
        .map(label -> "without: " + label + " with list, slower and slower as it merges nothing")
        .sorted()
        .toList();
  }

  /** In order. */
  List<MatrixCell> cells() {
    return List.copyOf(cells);
  }

  /** What a cell replays; null if it does not. */
  Replay replay(MatrixCell cell) {
    return replays.get(cell.workload());
  }

  private void round(int round) {
    for (WorkloadName workload : WorkloadName.values()) {
      if (workload != WorkloadName.TRACE_REPLAY && isWorkload.test(workload.label())) {
        workload(workload, round);
      }
    }
    for (String label : FrameWorkload.LABELS) {
      if (isWorkload.test(label)) {
        frames(label, round);
      }
    }
    if (isWorkload.test(REPLAY)) {
      replays.forEach((name, replay) -> replay(name, replay, round));
    }
  }

  private Stream<Peer> peers() {
    return Arrays.stream(Peer.values())
        .filter(peer -> peer.isPresent() && isAllocator.test(peer.label()));
  }

  private void workload(WorkloadName workload, int round) {
    for (int n : threads) {
      if (workload.runsWith(n)) {
        peers()
            .filter(peer -> isFor(peer, workload) && isFor(peer, n))
            .forEach(peer -> add(workload.label(), peer.label(), n, round));
      }
    }
  }

  /** Whether an allocator is measured with a workload. */
  static boolean isFor(Peer peer, WorkloadName workload) {
    return workload.fits(peer) && (peer != Peer.LIST || !WITH_MERGING.contains(workload));
  }

  private static boolean isFor(Peer peer, int threads) {
    return threads == 1
        || (peer.isForThreads() && (peer != Peer.NONE || threads <= EXPLAINING_THREADS));
  }

  private void frames(String label, int round) {
    for (int n : threads) {
      if (n > 1 && label.equals(FrameWorkload.FRAGMENTATION)) {
        continue; // its threads take turns
      }
      Arrays.stream(FrameSubject.values())
          .filter(subject -> isAllocator.test(subject.label()))
          .filter(subject -> subject.reuses() || !label.equals(FrameWorkload.FRAGMENTATION))
          .forEach(subject -> add(label, subject.label(), n, round));
    }
  }

  private void replay(String name, Replay replay, int round) {
    peers()
        .filter(peer -> isFor(peer, WorkloadName.TRACE_REPLAY))
        .filter(peer -> replay.threading().equals("single") || peer.isForThreads())
        .forEach(peer -> add(name, peer.label(), 1, round));
  }

  private void add(String workload, String allocator, int n, int round) {
    cells.add(new MatrixCell(workload, allocator, n, round));
  }
}
