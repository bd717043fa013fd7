// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.latency.Calls;
import io.ashlar.bench.latency.LatencySeries;
import io.ashlar.bench.latency.Timing;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/** Percentiles of single calls as tables for a terminal. */
public final class LatencyReport {

  /** A thread so much of the measured time behind its schedule at the end could not keep to it. */
  private static final double SATURATED = 0.05;

  private final List<LatencySeries> all;
  private final LatencySeries empty;
  private final long measuredNanos;
  private final PrintWriter out;

  /**
   * Makes a report.
   *
   * @param all of one workload
   * @param measuredNanos time of each measurement
   * @param out where to print
   */
  public LatencyReport(List<LatencySeries> all, long measuredNanos, PrintWriter out) {
    this.all = List.copyOf(all);
    this.measuredNanos = measuredNanos;
    this.out = out;
    empty = LatencySeries.ofEmptyCalls(all);
  }

  /** Prints it. */
  public void print() {
    for (Timing timing : Timing.values()) {
      out.printf(
          "%n%s, %s, %s time in ns: %s%n",
          empty.workload().label(),
          HtmlReport.threads(empty.threads()),
          timing.label(),
          timing.meaning());
      for (Calls calls : Calls.values()) {
        table(timing, calls);
      }
    }
    for (LatencySeries series : all) {
      if (series.behindNanos() > SATURATED * measuredNanos) {
        out.printf(
            Locale.ROOT,
            "%n%s did not keep to the schedule: it was %.0f ms behind after %.0f ms, and its times say"
                + " little else. Lower the --rate, or, if the empty call is late as well, the load"
                + " of the machine.%n",
            series.allocator(),
            series.behindNanos() / 1e6,
            measuredNanos / 1e6);
      }
    }
    out.flush();
  }

  private void table(Timing timing, Calls calls) {
    out.printf("%-16s%12s", calls.meaning(), "calls");
    LatencySeries.PERCENTILES.values().forEach(percent -> out.printf("%12s", heading(percent)));
    out.printf("%15s%n", "x best p99.9");
    Optional<LatencySeries> best =
        LatencySeries.best(all, label -> Roles.of(label) == Roles.RIVAL, timing, calls);
    for (LatencySeries series : all) {
      row(series, timing, calls);
      boolean compared = best.isPresent() && Roles.of(series.allocator()) != Roles.HARNESS;
      out.printf(
          "%15s%n",
          compared ? TextReport.times(series.ratio(best.orElseThrow(), timing, calls)) : "-");
    }
    row(empty, timing, calls);
    out.println();
  }

  private void row(LatencySeries series, Timing timing, Calls calls) {
    Histogram times = series.merged(timing, calls);
    out.printf(Locale.ROOT, "%-16s%,12d", series.allocator(), times.getTotalCount());
    LatencySeries.PERCENTILES
        .values()
        .forEach(percent -> out.printf(Locale.ROOT, "%,12d", times.getValueAtPercentile(percent)));
  }

  private static String heading(double percent) {
    return percent == 100 ? "maximum" : "p" + Double.toString(percent).replaceAll("\\.0$", "");
  }
}
