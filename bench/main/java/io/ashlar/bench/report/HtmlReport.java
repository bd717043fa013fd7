// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.report.About.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Results as a page that stands alone. Each file is a section of its own: figures of two runs are
 * not compared with each other here, as the machine may have been another, or busier.
 */
public final class HtmlReport {

  private final List<Results> runs;
  private final StringBuilder html = new StringBuilder();

  /**
   * Makes a report.
   *
   * @param runs what was measured
   */
  public HtmlReport(List<Results> runs) {
    this.runs = List.copyOf(runs);
  }

  /**
   * Writes the page.
   *
   * @param page where; its folder is made if it does not exist
   * @throws IOException if it cannot be written
   */
  public void write(Path page) throws IOException {
    html.append(resource("head.html"));
    contents();
    for (int run = 0; run < runs.size(); run++) {
      run(runs.get(run), run);
    }
    html.append(resource("method.html"));
    html.append("</body>\n</html>\n");
    Files.createDirectories(page.toAbsolutePath().getParent());
    Files.writeString(page, html);
    html.setLength(0);
  }

  private void contents() {
    html.append("<nav>\n");
    for (int run = 0; run < runs.size(); run++) {
      Results results = runs.get(run);
      html.append("<p><a href=\"#run").append(run).append("\">").append(name(results));
      html.append("</a>: <a href=\"#overview").append(run).append("\">overview</a>");
      for (String workload : workloads(results)) {
        html.append(" · <a href=\"#").append(anchor(workload, run)).append("\">");
        html.append(escape(workload)).append("</a>");
      }
      html.append("</p>\n");
    }
    html.append("<p><a href=\"#method\">How the figures were taken</a></p>\n</nav>\n");
  }

  private static Set<String> workloads(Results results) {
    Set<String> workloads = new LinkedHashSet<>();
    results.groups().forEach(group -> workloads.add(group.kind().workload()));
    return workloads;
  }

  private static String anchor(String workload, int run) {
    return workload.replaceAll("\\W", "") + "-" + run;
  }

  private static String name(Results results) {
    String command = results.about().command();
    String start = command.replaceFirst(" -.*", ""); // all of it stands among the facts
    return escape(start.isEmpty() ? results.file().getFileName().toString() : start)
        + ", "
        + escape(results.about().date());
  }

  private void run(Results results, int run) throws IOException {
    html.append("<h2 id=\"run").append(run).append("\">").append(name(results)).append("</h2>\n");
    facts(results);
    failures(results.about().failures());
    overview(Overview.of(results), run);
    String workload = "";
    for (Group group : results.groups()) {
      if (!group.kind().workload().equals(workload)) {
        workload = group.kind().workload();
        html.append("<h3 id=\"").append(anchor(workload, run)).append("\">");
        html.append(escape(workload)).append("</h3>\n");
      }
      group(group, Scaling.processorsOf(results));
    }
  }

  private void facts(Results results) {
    About about = results.about();
    html.append("<dl>\n");
    fact("Date", about.date());
    if (about.machine() != null) {
      fact("Machine", about.machine().toString());
    }
    if (!about.command().isEmpty()) {
      fact("Command", about.command());
    }
    StringBuilder versions = new StringBuilder();
    about.versions().entrySet().stream()
        .filter(version -> !version.getValue().isEmpty())
        .sorted(Map.Entry.comparingByKey())
        .forEach(v -> versions.append(v.getKey() + " " + v.getValue() + "; "));
    if (!versions.isEmpty()) {
      fact("Versions", versions.toString());
    }
    about.absent().forEach(line -> fact("Absent", line));
    fact("Figures", results.file().getFileName() + ": " + results.entries().size() + " entries");
    fact("Intervals", confidence(results.entries()));
    html.append("</dl>\n");
  }

  private void fact(String term, String description) {
    html.append("<dt>").append(term).append("</dt><dd>").append(escape(description));
    html.append("</dd>\n");
  }

  /** What the intervals are worth, in words. */
  private static String confidence(List<Entry> entries) {
    Comparator<Samples> byCount = Comparator.comparingInt(Samples::count);
    List<Samples> all = entries.stream().map(entry -> entry.primary().samples()).toList();
    if (all.isEmpty()) {
      return "none: there are no figures";
    }
    Samples most = all.stream().max(byCount).orElseThrow();
    if (most.count() == 1) {
      return "none: each figure was measured once";
    }
    Samples least = all.stream().filter(s -> s.count() > 1).min(byCount).orElseThrow();
    String counts =
        least.count() == most.count()
            ? Integer.toString(least.count())
            : least.count() + " to " + most.count();
    String of =
        all.stream().allMatch(Samples::ofForks)
            ? "rounds, each in a JVM of its own"
            : all.stream().noneMatch(Samples::ofForks)
                ? "iterations in a single JVM, which tell nothing of how JVMs differ"
                : "rounds in JVMs of their own, or iterations where there was one JVM";
    return String.format(
        java.util.Locale.ROOT,
        "for the median, from %s %s; %s covers it with a probability of %.0f %%",
        counts,
        of,
        least.confidence() < 0.95 ? "with so few, from the least to the most, which" : "each",
        100 * least.confidence());
  }

  private void failures(List<Failure> failures) {
    if (failures.isEmpty()) {
      return;
    }
    html.append("<p class=\"lose\">▼ ").append(failures.size());
    html.append(" cells failed, and are missing from the tables:</p>\n<ul class=\"failed\">\n");
    for (Failure failure : failures) {
      html.append("<li>").append(escape(failure.workload())).append(", ");
      html.append(escape(failure.allocator())).append(", ").append(threads(failure.threads()));
      html.append(": ").append(escape(failure.reason())).append("</li>\n");
    }
    html.append("</ul>\n");
  }

  private void overview(Overview overview, int run) {
    html.append("<h3 id=\"overview").append(run).append("\">Overview</h3>\n");
    if (overview.groups().isEmpty()) {
      html.append("<p>No peer was measured: there is nothing to be relative to.</p>\n");
      return;
    }
    Set<Integer> threads = overview.threads();
    for (int n : threads) {
      if (n <= 2) {
        byte[] chart = OverviewChart.of(overview, n);
        image(chart, "Time relative to the best peer, " + threads(n));
      }
    }
    ours(overview, threads);
    means(overview, threads);
  }

  private void ours(Overview overview, Set<Integer> threads) {
    html.append(
        "<div class=\"wide\"><table>\n<caption>ashlar's time relative to that of the best ");
    html.append("peer, which is named below it</caption>\n");
    header("workload, threads", threads);
    for (Group group : overview.groups()) {
      html.append("<tr><th>").append(escape(group.title())).append("</th>");
      for (int n : threads) {
        Optional<Entry> ours = group.ours(n);
        Optional<Entry> best = group.best(n);
        if (ours.isPresent() && best.isPresent()) {
          html.append("<td class=\"").append(verdict(ours.get(), best.get())).append("\">");
          html.append(judged(ours.get(), best.get()));
          html.append("<small>").append(best.get().allocator()).append("</small></td>");
        } else {
          html.append("<td>–</td>");
        }
      }
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private void means(Overview overview, Set<Integer> threads) {
    html.append("<div class=\"wide\"><table>\n<caption>Geometric mean over the workloads, each ");
    html.append("counting once; below, how many the allocator ran</caption>\n");
    header("allocator, threads", threads);
    for (String allocator : overview.allocators()) {
      if (Roles.of(allocator) == Roles.HARNESS) {
        continue;
      }
      row(allocator);
      for (int n : threads) {
        Map<Group, Double> ratios = overview.ratios(allocator, n);
        if (ratios.isEmpty()) {
          html.append("<td>–</td>");
          continue;
        }
        double mean = Overview.mean(ratios);
        boolean judged = Roles.of(allocator).isJudged();
        html.append(judged ? "<td class=\"" + (mean > 1 ? "lose" : "win") + "\">" : "<td>");
        html.append(judged ? mean > 1 ? "▼ " : "▲ " : "").append(TextReport.times(mean));
        html.append("<small>").append(Overview.workloads(ratios)).append("</small></td>");
      }
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private void header(String corner, Set<Integer> threads) {
    html.append("<tr><th>").append(corner).append("</th>");
    threads.forEach(n -> html.append("<th>").append(n).append("</th>"));
    html.append("</tr>\n");
  }

  private void group(Group group, int processors) throws IOException {
    html.append("<h4>").append(escape(group.title())).append("</h4>\n");
    Optional<byte[]> curves = Charts.scalability(group);
    if (curves.isPresent()) {
      image(curves.get(), "Throughput of " + group.title() + " by threads");
    }
    Optional<byte[]> moves = Charts.moves(group);
    if (moves.isPresent()) {
      image(moves.get(), "Lines that move in " + group.title() + " by cores");
    }
    Optional<byte[]> memory = group.isReplay() ? Charts.memory(group) : Optional.empty();
    if (memory.isPresent()) {
      image(memory.get(), "Resident memory over " + group.title());
    }
    new HtmlTables(group, processors, html).write();
    for (int threads : group.threads()) {
      Optional<byte[]> latencies = Charts.latency(group, threads);
      if (latencies.isPresent()) {
        image(latencies.get(), "Latency of " + group.title() + ", " + threads(threads));
      }
    }
  }

  private void image(byte[] svg, String alternative) {
    // As an image, not inline: each keeps its own clip paths.
    html.append("<p><img alt=\"").append(escape(alternative));
    html.append("\" src=\"data:image/svg+xml;base64,");
    html.append(Base64.getEncoder().encodeToString(svg)).append("\"></p>\n");
  }

  private void row(String allocator) {
    html.append(rowStart(allocator));
  }

  /** The beginning of an allocator's row. */
  static String rowStart(String allocator) {
    String label = allocator.isEmpty() ? "–" : escape(allocator);
    return switch (Roles.of(allocator)) {
      case OURS -> "<tr class=\"ours\"><th>" + label + "</th>";
      case HARNESS -> "<tr><th>harness</th>";
      case GALLERY -> "<tr class=\"gallery\"><th>" + label + "</th>";
      default -> "<tr><th>" + label + "</th>";
    };
  }

  /** Whether an entry loses against another, wins, or does so within what is noise. */
  static String verdict(Entry entry, Entry reference) {
    return entry.timeRatio(reference) > 1 ? "lose" : "win";
  }

  /** The ratio with a mark that can be told without colors. */
  static String judged(Entry entry, Entry reference) {
    double ratio = entry.timeRatio(reference);
    boolean apart = entry.primary().samples().isApartFrom(reference.primary().samples());
    return (ratio > 1 ? "▼ " : "▲ ") + TextReport.times(ratio) + (apart ? "" : " ≈");
  }

  static String threads(int threads) {
    return threads == 1 ? "1 thread" : threads + " threads";
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HtmlReport.class.getResourceAsStream("/report/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
