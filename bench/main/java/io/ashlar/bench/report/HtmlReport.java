// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.replay.Replays.Summary;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The comparison as a page that stands alone, with its data beside it. */
public final class HtmlReport {

  private final Comparison comparison;
  private final Machine machine;
  private final Charts charts;
  private final StringBuilder html = new StringBuilder();

  /**
   * Makes a report.
   *
   * @param comparison what was measured
   * @param machine on what
   */
  public HtmlReport(Comparison comparison, Machine machine) {
    this.comparison = comparison;
    this.machine = machine;
    charts = new Charts(comparison);
  }

  /**
   * Writes {@code index.html} and {@code results.json}.
   *
   * @param folder where; it is made if it does not exist
   * @return the page
   * @throws IOException if it cannot be written
   */
  public Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (PrintStream json =
        new PrintStream(folder.resolve("results.json").toFile(), StandardCharsets.UTF_8)) {
      new JmhResults(comparison).write(json);
    }
    Path page = folder.resolve("index.html");
    return Files.writeString(page, page());
  }

  private String page() throws IOException {
    html.append(resource("head.html"));
    facts();
    for (WorkloadName workload : comparison.names()) {
      html.append("<h2>").append(workload.label()).append("</h2>\n");
      image(charts.scalability(workload), "Throughput of " + workload.label() + " by threads");
      table(workload);
    }
    for (Map.Entry<String, List<Replays>> group : comparison.replaysByTrace().entrySet()) {
      String title = "TraceReplay: " + group.getKey();
      html.append("<h2>").append(title).append("</h2>\n");
      if (group.getValue().get(0).hasMemory()) {
        image(charts.memory(title, group.getValue()), "Resident memory over the trace");
      }
      table(group.getValue());
    }
    html.append(resource("method.html"));
    return html.append("</body>\n</html>\n").toString();
  }

  private void facts() {
    html.append("<dl>\n");
    fact("Machine", machine.toString());
    fact(
        "Date",
        ZonedDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm z")));
    fact("Rounds", Integer.toString(comparison.rounds()));
    StringBuilder versions = new StringBuilder();
    comparison
        .versions()
        .forEach(
            (peer, version) ->
                versions.append(version.isEmpty() ? "" : peer + " " + version + "; "));
    fact("Peers", versions.toString());
    Arrays.stream(Peer.values())
        .filter(peer -> !peer.isPresent())
        .forEach(
            peer -> fact("Absent", peer + "; on Debian: apt-get install " + peer.debianPackage()));
    html.append("</dl>\n");
  }

  private void fact(String term, String description) {
    html.append("<dt>").append(term).append("</dt><dd>").append(escape(description));
    html.append("</dd>\n");
  }

  private void image(byte[] svg, String alternative) {
    // As an image, not inline: each keeps its own clip paths.
    html.append("<p><img alt=\"").append(alternative).append("\" src=\"data:image/svg+xml;base64,");
    html.append(Base64.getEncoder().encodeToString(svg)).append("\"></p>\n");
  }

  private void table(WorkloadName workload) {
    List<Integer> threads = comparison.threads();
    html.append("<table>\n<tr><th>threads</th>");
    threads.forEach(n -> html.append("<th>").append(n).append("</th>"));
    html.append("</tr>\n");
    for (Peer peer : comparison.peers(workload)) {
      row(peer);
      for (int n : threads) {
        html.append("<td>");
        comparison.series(workload, peer, n).ifPresent(series -> entry(series, workload, n));
        html.append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append(
        "</table>\n<p class=\"note\">Million operations a second; below, how many times the "
            + "throughput of the spin-locked baseline, and of the fastest peer.</p>\n");
  }

  private void row(Peer peer) {
    html.append(peer == Peer.ASHLAR ? "<tr class=\"ours\">" : "<tr>");
    html.append("<th>").append(peer == Peer.NONE ? "harness" : peer.label()).append("</th>");
  }

  private void entry(WorkloadSeries series, WorkloadName workload, int threads) {
    html.append(TextReport.number(series.median()));
    if (series.peer() != Peer.NONE) {
      html.append("<small>");
      ratio(series, comparison.series(workload, Peer.SPINLOCK, threads));
      html.append(" · ");
      ratio(series, comparison.best(workload, threads));
      html.append("</small>");
    }
  }

  private void ratio(WorkloadSeries series, Optional<WorkloadSeries> reference) {
    html.append(
        reference.map(other -> TextReport.times(Comparison.ratio(series, other))).orElse("–"));
  }

  private void table(List<Replays> group) {
    html.append("<table>\n<tr>");
    for (String column :
        List.of(
            "allocator",
            "ns / operation",
            "× spinlock",
            "× best peer",
            "peak resident MiB",
            "of it metadata MiB",
            "peak live MiB",
            "resident / live")) {
      html.append("<th>").append(column).append("</th>");
    }
    html.append("</tr>\n");
    for (Replays series : group) {
      Summary s = series.summary();
      row(series.peer());
      cell(TextReport.number(s.nsPerOp()));
      cell(ratio(series, Comparison.of(group, Peer.SPINLOCK)));
      cell(ratio(series, Comparison.best(group)));
      cell(mebibytes(s.peakResidentBytes()));
      cell(mebibytes(s.metadataBytes()));
      cell(mebibytes(s.peakLiveBytes()));
      cell(s.peakResidentBytes() == 0 ? "–" : TextReport.number(s.residentRatio()));
      html.append("</tr>\n");
    }
    html.append("</table>\n");
  }

  /** A figure, or a dash for what was not measured. */
  private static String mebibytes(long bytes) {
    return bytes == 0 ? "–" : String.format(Locale.ROOT, "%.1f", TextReport.mebibytes(bytes));
  }

  private void cell(String text) {
    html.append("<td>").append(text).append("</td>");
  }

  private static String ratio(Replays series, Optional<Replays> reference) {
    return reference
        .filter(any -> series.peer() != Peer.NONE)
        .map(other -> TextReport.times(Comparison.ratio(series, other)))
        .orElse("–");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HtmlReport.class.getResourceAsStream("/report/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
