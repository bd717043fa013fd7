// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ashlar.bench.replay.ReplayCell;
import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadCell;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  private static final long MILLION = 1_000_000;

  /** Two rounds, in which ashlar is 8 times as fast as the baseline, and twice as fast as glibc. */
  private static Comparison comparison() {
    List<WorkloadSeries> workloads = new ArrayList<>();
    for (int threads : new int[] {1, 2}) {
      workloads.add(series(Peer.ASHLAR, threads, 80, 8));
      workloads.add(series(Peer.SPINLOCK, threads, 10, 1));
      workloads.add(series(Peer.GLIBC, threads, 40, 4));
      workloads.add(series(Peer.NONE, threads, 1000, 100));
    }
    List<Replays> replays =
        List.of(replays(Peer.ASHLAR, 10), replays(Peer.SPINLOCK, 80), replays(Peer.GLIBC, 20));
    return new Comparison(workloads, replays, 2);
  }

  private static WorkloadSeries series(Peer peer, int threads, long... opsPerMicro) {
    WorkloadSeries series = new WorkloadSeries(WorkloadName.LARSON, peer, threads);
    for (long ops : opsPerMicro) {
      series.add(new WorkloadCell.Outcome(ops * MILLION, 1000 * MILLION, "2.0"));
    }
    return series;
  }

  private static Replays replays(Peer peer, double nanos) {
    Replays replays = new Replays("redis", peer, "single");
    replays.add(
        ReplayCell.Measure.TIME, new ReplayCell.Outcome(nanos, 0, 0, 4 * MILLION, 1000, List.of()));
    List<long[]> curve = List.of(new long[] {0, 1, 2}, new long[] {999, MILLION, 6 * MILLION});
    replays.add(
        ReplayCell.Measure.MEMORY,
        new ReplayCell.Outcome(0, 6 * MILLION, MILLION, 4 * MILLION, 1000, curve));
    return replays;
  }

  @Test
  void theTableHasRatiosToTheBaselineAndTheBestPeer() {
    StringWriter text = new StringWriter();
    new TextReport(comparison(), new PrintWriter(text)).print();

    assertThat(text.toString().lines())
        .anyMatch(line -> line.matches("ashlar +44.0 8.00x 2.00x +44.0 8.00x 2.00x"))
        .anyMatch(line -> line.matches("glibc +22.0 4.00x 1.00x +22.0 4.00x 1.00x"))
        .anyMatch(line -> line.matches("none +550 +550"))
        .anyMatch(line -> line.matches("ashlar +10.00 +8.00x +2.00x +5.7 +3.8 +1.500"));
  }

  @Test
  void thePageStandsAlone(@TempDir Path folder) throws Exception {
    Path page = new HtmlReport(comparison(), Machine.here()).write(folder);
    String html = Files.readString(page);

    assertThat(html)
        .contains(
            "Larson", "TraceReplay", "glibc 2.0", "8.00x · 2.00x", "How the figures were taken")
        .contains("data:image/svg+xml;base64,")
        .doesNotContain("src=\"http")
        .endsWith("</html>\n");
  }

  @Test
  void theDataIsInTheFormOfJmh(@TempDir Path folder) throws Exception {
    new HtmlReport(comparison(), Machine.here()).write(folder);
    JsonArray results =
        JsonParser.parseString(Files.readString(folder.resolve("results.json"))).getAsJsonArray();

    assertThat(results).hasSize(11);
    JsonObject first = results.get(0).getAsJsonObject();
    assertThat(first.get("benchmark").getAsString())
        .isEqualTo("io.ashlar.bench.workload.Larson.larson");
    assertThat(first.get("mode").getAsString()).isEqualTo("thrpt");
    assertThat(first.get("forks").getAsInt()).isEqualTo(2);
    assertThat(first.getAsJsonObject("params").get("allocator").getAsString()).isEqualTo("ashlar");
    JsonObject metric = first.getAsJsonObject("primaryMetric");
    assertThat(metric.get("score").getAsDouble()).isEqualTo(44);
    assertThat(metric.getAsJsonArray("rawData")).hasSize(2);
    JsonObject replay = results.get(8).getAsJsonObject();
    assertThat(replay.getAsJsonObject("primaryMetric").get("score").getAsDouble()).isEqualTo(10);
    assertThat(replay.getAsJsonObject("secondaryMetrics").has("peakResidentBytes")).isTrue();
  }
}
