// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.replay.Replays.Summary;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The comparison as a table for a terminal. */
public final class TextReport {

  private final Comparison comparison;
  private final PrintWriter out;

  /**
   * Makes a report.
   *
   * @param comparison what was measured
   * @param out where to print
   */
  public TextReport(Comparison comparison, PrintWriter out) {
    this.comparison = comparison;
    this.out = out;
  }

  /** Prints it. */
  public void print() {
    comparison.names().forEach(this::print);
    comparison.replaysByTrace().forEach(this::print);
    out.flush();
  }

  private void print(WorkloadName workload) {
    List<Integer> threads = comparison.threads();
    out.printf(
        "%n%s, millions of operations a second; ratios: spinlock, best peer%n", workload.label());
    out.printf("%-14s", "threads");
    threads.forEach(n -> out.printf("%22d", n));
    out.println();
    for (Peer peer : comparison.peers(workload)) {
      out.printf("%-14s", peer);
      threads.forEach(n -> out.printf("%22s", entry(workload, peer, n)));
      out.println();
    }
  }

  private String entry(WorkloadName workload, Peer peer, int threads) {
    WorkloadSeries series = comparison.series(workload, peer, threads).orElse(null);
    if (series == null) {
      return "-";
    }
    return number(series.median())
        + ratio(series, comparison.series(workload, Peer.SPINLOCK, threads))
        + ratio(series, comparison.best(workload, threads));
  }

  private static String ratio(WorkloadSeries series, Optional<WorkloadSeries> reference) {
    return reference
        .filter(any -> series.peer() != Peer.NONE)
        .map(other -> " " + times(Comparison.ratio(series, other)))
        .orElse("");
  }

  private void print(String title, List<Replays> group) {
    out.printf("%nTraceReplay %s%n", title);
    boolean memory = group.get(0).hasMemory();
    out.printf("%-14s%12s%12s%12s", "allocator", "ns/op", "x spinlock", "x best");
    out.println(memory ? "  resident MiB      live MiB     ratio" : "");
    Optional<Replays> spinlock = Comparison.of(group, Peer.SPINLOCK);
    Optional<Replays> best = Comparison.best(group);
    for (Replays series : group) {
      Summary s = series.summary();
      out.printf(
          Locale.ROOT,
          "%-14s%12.2f%12s%12s",
          s.allocator(),
          s.nsPerOp(),
          ratio(series, spinlock),
          ratio(series, best));
      if (memory) {
        out.printf(
            Locale.ROOT,
            "%14.1f%14.1f%10.3f",
            mebibytes(s.peakResidentBytes()),
            mebibytes(s.peakLiveBytes()),
            s.residentRatio());
      }
      out.println();
    }
  }

  private static String ratio(Replays series, Optional<Replays> reference) {
    return reference
        .filter(any -> series.peer() != Peer.NONE)
        .map(other -> times(Comparison.ratio(series, other)))
        .orElse("-");
  }

  static double mebibytes(long bytes) {
    return bytes / (double) (1 << 20);
  }

  /** Three digits that count. */
  static String number(double value) {
    String format = value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }

  static String times(double ratio) {
    return number(ratio) + "x";
  }
}
