// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The tables of a group. */
final class HtmlTables {

  private static final String COUNT = CountResults.PREFIX;

  private final Group group;
  private final int processors;
  private final StringBuilder html;

  HtmlTables(Group group, int processors, StringBuilder html) {
    this.group = group;
    this.processors = processors;
    this.html = html;
  }

  void write() {
    figures();
    scaling();
    if (group.entries().stream().anyMatch(entry -> entry.bytes(JmhResults.PEAK_LIVE) > 0)) {
      memory();
    }
    metrics("Counts of an operation", true);
    metrics("Other metrics", false);
    latencies();
    sources();
  }

  private void figures() {
    String unit = group.entries().get(0).primary().unit();
    html.append("<div class=\"wide\"><table>\n<caption>").append(HtmlReport.escape(unit));
    html.append(group.kind().isThroughput() ? " (more is better)" : " (less is better)");
    html.append("</caption>\n");
    header("allocator, threads");
    for (String allocator : group.allocators()) {
      html.append(HtmlReport.rowStart(allocator));
      for (int threads : group.threads()) {
        group.at(allocator, threads).ifPresentOrElse(this::cell, () -> html.append("<td>–</td>"));
      }
      html.append("</tr>\n");
    }
    html.append("</table></div>\n<p class=\"note\">Median; its interval; time relative to the");
    html.append(" best peer (▲ less, ▼ more, ≈ the intervals overlap), and to the spin-locked");
    html.append(" baseline; the entry's number.</p>\n");
  }

  private void header(String corner) {
    html.append("<tr><th>").append(corner).append("</th>");
    group.threads().forEach(n -> html.append("<th>").append(n).append("</th>"));
    html.append("</tr>\n");
  }

  private void cell(Entry entry) {
    Roles role = Roles.of(entry.allocator());
    Optional<Entry> best = role == Roles.HARNESS ? Optional.empty() : group.best(entry.threads());
    Optional<Entry> baseline =
        role == Roles.HARNESS ? Optional.empty() : group.baseline(entry.threads());
    Optional<Entry> judge = best.isPresent() ? best : baseline;
    html.append(
        role.isJudged() && judge.isPresent()
            ? "<td class=\"" + HtmlReport.verdict(entry, judge.get()) + "\">"
            : "<td>");
    Samples samples = entry.primary().samples();
    html.append("<b>").append(TextReport.number(samples.median())).append("</b>");
    html.append("<small>");
    if (samples.count() > 1) {
      html.append(TextReport.number(samples.low())).append('–');
      html.append(TextReport.number(samples.high()));
    } else {
      html.append("once");
    }
    html.append("</small><small>");
    html.append(ratio(entry, best, role)).append(" · ");
    html.append(
        ratio(entry, baseline, best.isPresent() || role == Roles.BASELINE ? Roles.OTHER : role));
    html.append("</small><small class=\"source\">#").append(entry.number()).append("</small></td>");
  }

  private static String ratio(Entry entry, Optional<Entry> reference, Roles role) {
    return reference
        .map(
            other ->
                role.isJudged()
                    ? HtmlReport.judged(entry, other)
                    : TextReport.times(entry.timeRatio(other)))
        .orElse("–");
  }

  private void scaling() {
    List<Scaling> scalings = Scaling.of(group, processors);
    if (scalings.isEmpty()) {
      return;
    }
    html.append("<div class=\"wide\"><table>\n<caption>Scaling: X(N) = λN / (1 + σ(N-1) + ");
    html.append("κN(N-1)) fitted to million operations a second</caption>\n<tr>");
    for (String column : List.of("allocator", "λ", "σ", "κ", "most at", "worst residual")) {
      html.append("<th>").append(column).append("</th>");
    }
    html.append("</tr>\n");
    for (Scaling scaling : scalings) {
      ScalingModel model = scaling.model();
      html.append(HtmlReport.rowStart(scaling.allocator()));
      cell(TextReport.number(model.lambda()));
      cell(String.format(Locale.ROOT, "%.4f", model.sigma()));
      cell(String.format(Locale.ROOT, "%.6f", model.kappa()));
      cell(
          Double.isInfinite(model.peak())
              ? "never"
              : HtmlReport.threads((int) Math.round(model.peak())));
      cell(String.format(Locale.ROOT, "%.1f %%", 100 * model.worstResidual()));
      html.append("</tr>\n");
    }
    html.append("</table></div>\n<p class=\"note\">");
    html.append(
        processors == 0
            ? "Fitted to all points: how many processors there were is not known."
            : scalings.stream().allMatch(scaling -> scaling.model().tellsScaling())
                ? "Fitted to the points with no more threads than processors."
                : "Fitted to points with more threads than the "
                    + processors
                    + " processors too, for want of others: it describes the curve, and says nothing"
                    + " of more processors.");
    html.append("</p>\n");
  }

  private void memory() {
    html.append("<div class=\"wide\"><table>\n<caption>Memory in MiB</caption>\n<tr>");
    for (String column :
        List.of("allocator", "peak resident", "of it metadata", "peak live", "resident / live")) {
      html.append("<th>").append(column).append("</th>");
    }
    html.append("</tr>\n");
    for (String allocator : group.allocators()) {
      Entry entry = group.at(allocator, group.threads().get(0)).orElseThrow();
      double live = entry.bytes(JmhResults.PEAK_LIVE);
      double resident = entry.bytes(JmhResults.PEAK_RESIDENT);
      html.append(HtmlReport.rowStart(allocator));
      cell(mebibytes(resident));
      cell(mebibytes(entry.bytes(JmhResults.METADATA)));
      cell(mebibytes(live));
      cell(resident == 0 ? "–" : TextReport.number(resident / live));
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  /** A figure, or a dash for what was not measured. */
  private static String mebibytes(double bytes) {
    return bytes == 0 ? "–" : String.format(Locale.ROOT, "%.1f", TextReport.mebibytes(bytes));
  }

  private void cell(String text) {
    html.append("<td>").append(text).append("</td>");
  }

  private void metrics(String caption, boolean counts) {
    Set<String> names = new LinkedHashSet<>();
    group.entries().forEach(entry -> names.addAll(entry.otherMetrics().keySet()));
    names.removeIf(name -> name.startsWith(COUNT) != counts);
    if (names.isEmpty()) {
      return;
    }
    html.append("<div class=\"wide\"><table>\n<caption>").append(caption).append("</caption>\n");
    header("metric, allocator, threads");
    for (String name : names) {
      String unit = unit(name);
      html.append("<tr><th class=\"metric\">");
      html.append(HtmlReport.escape(counts ? name.substring(COUNT.length()) : name));
      html.append(" <small>").append(HtmlReport.escape(unit)).append("</small></th></tr>\n");
      for (String allocator : group.allocators()) {
        if (has(allocator, name)) {
          html.append(HtmlReport.rowStart(allocator));
          group.threads().forEach(threads -> cell(metric(allocator, threads, name)));
          html.append("</tr>\n");
        }
      }
    }
    html.append("</table></div>\n");
  }

  private String unit(String name) {
    return group.entries().stream()
        .filter(entry -> entry.secondary().containsKey(name))
        .map(entry -> entry.secondary().get(name).unit())
        .findFirst()
        .orElseThrow();
  }

  private boolean has(String allocator, String name) {
    return group.entries().stream()
        .anyMatch(e -> e.allocator().equals(allocator) && e.secondary().containsKey(name));
  }

  private String metric(String allocator, int threads, String name) {
    return group
        .at(allocator, threads)
        .map(entry -> entry.secondary().get(name))
        .map(figure -> TextReport.number(figure.median()))
        .orElse("–");
  }

  private void latencies() {
    for (int threads : group.threads()) {
      Set<Double> percents = new TreeSet<>();
      group.entries().stream()
          .filter(entry -> entry.threads() == threads)
          .forEach(entry -> percents.addAll(entry.latencies().keySet()));
      percents.remove(0.0);
      if (!percents.isEmpty()) {
        latencies(threads, percents);
      }
    }
  }

  private void latencies(int threads, Set<Double> percents) {
    html.append("<div class=\"wide\"><table>\n<caption>Latency of single calls in ns, ");
    html.append(HtmlReport.threads(threads)).append("</caption>\n<tr><th>allocator</th>");
    for (double percent : percents) {
      String p = Double.toString(percent).replaceAll("\\.0$", "");
      html.append("<th>").append(percent == 100 ? "max" : "p" + p).append("</th>");
    }
    html.append("</tr>\n");
    for (String allocator : group.allocators()) {
      Map<Double, Double> latencies =
          group.at(allocator, threads).map(Entry::latencies).orElse(Map.of());
      if (!latencies.isEmpty()) {
        html.append(HtmlReport.rowStart(allocator));
        for (double percent : percents) {
          latency(allocator, threads, percent, latencies.get(percent));
        }
        html.append("</tr>\n");
      }
    }
    html.append("</table></div>\n");
  }

  private void latency(String allocator, int threads, double percent, Double nanos) {
    Optional<Double> best =
        group.entries().stream()
            .filter(e -> e.threads() == threads && Roles.of(e.allocator()) == Roles.RIVAL)
            .map(e -> e.latencies().get(percent))
            .filter(value -> value != null)
            .min(Double::compare);
    if (nanos == null) {
      cell("–");
    } else if (Roles.of(allocator).isJudged() && best.isPresent()) {
      boolean loses = nanos > best.get();
      html.append("<td class=\"").append(loses ? "lose" : "win").append("\">");
      html.append(loses ? "▼ " : "▲ ").append(TextReport.number(nanos)).append("</td>");
    } else {
      cell(TextReport.number(nanos));
    }
  }

  private void sources() {
    List<Entry> entries = new ArrayList<>(group.entries());
    html.append("<details><summary>Entries, and the commands that make them again</summary>\n");
    html.append("<table class=\"sources\">\n");
    for (Entry entry : entries) {
      html.append("<tr><td>#").append(entry.number()).append("</td><td>");
      html.append(HtmlReport.escape(entry.allocator())).append(", ");
      html.append(HtmlReport.threads(entry.threads())).append("</td><td><code>");
      html.append(HtmlReport.escape(entry.command())).append("</code></td></tr>\n");
    }
    html.append("</table></details>\n");
  }
}
