// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Results as tables for a terminal. */
public final class TextReport {

  private final Results results;
  private final PrintWriter out;

  /**
   * Makes a report.
   *
   * @param results what was measured
   * @param out where to print
   */
  public TextReport(Results results, PrintWriter out) {
    this.results = results;
    this.out = out;
  }

  /** Prints it. */
  public void print() {
    results.groups().forEach(this::print);
    results
        .about()
        .failures()
        .forEach(
            f ->
                out.printf(
                    "%nfailed: %s, %s, %s: %s%n",
                    f.workload(), f.allocator(), HtmlReport.threads(f.threads()), f.reason()));
    out.flush();
  }

  private void print(Group group) {
    List<Integer> threads = group.threads();
    out.printf(
        "%n%s, %s; time relative to: spinlock, best peer%n",
        group.title(), group.entries().get(0).primary().unit());
    out.printf("%-19s", "threads");
    threads.forEach(n -> out.printf("%23d", n));
    out.println(group.isReplay() ? "  resident MiB      live MiB     ratio" : "");
    for (String allocator : group.allocators()) {
      out.printf("%-19s", allocator);
      threads.forEach(
          n -> out.printf("%23s", group.at(allocator, n).map(e -> cell(group, e)).orElse("-")));
      if (group.isReplay()) {
        group.at(allocator, threads.get(0)).ifPresent(this::memory);
      }
      out.println();
    }
  }

  private static String cell(Group group, Entry entry) {
    return number(entry.primary().median())
        + ratio(entry, group.baseline(entry.threads()))
        + ratio(entry, group.best(entry.threads()));
  }

  private static String ratio(Entry entry, Optional<Entry> reference) {
    return reference
        .filter(any -> Roles.of(entry.allocator()) != Roles.HARNESS)
        .map(other -> " " + times(entry.timeRatio(other)))
        .orElse("");
  }

  private void memory(Entry entry) {
    double resident = entry.bytes(JmhResults.PEAK_RESIDENT);
    double live = entry.bytes(JmhResults.PEAK_LIVE);
    if (live > 0) {
      out.printf(
          Locale.ROOT, "%14.1f%14.1f%10.3f", mebibytes(resident), mebibytes(live), resident / live);
    }
  }

  static double mebibytes(double bytes) {
    return bytes / (1 << 20);
  }

  /** Three digits that count. */
  static String number(double value) {
    double size = Math.abs(value);
    if (size >= 1e7 || (size > 0 && size < 1e-3)) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.4f";
    return String.format(Locale.ROOT, format, value);
  }

  /** Two digits after the point: the time as a part, or a multiple, of another's. */
  static String times(double ratio) {
    return (ratio >= 0.1 && ratio < 100 ? String.format(Locale.ROOT, "%.2f", ratio) : number(ratio))
        + "x";
  }
}
