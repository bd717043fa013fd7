// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ashlar.bench.replay.ReplayCell;
import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.report.About.Failure;
import io.ashlar.bench.report.About.Note;
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
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.RunResult;

class ReportTest {

  private static final long MILLION = 1_000_000;

  @TempDir private Path folder;
  private Path file;
  private Results results;

  /**
   * Two rounds, in which ashlar is 8 times as fast as the baseline, and at one thread twice as fast
   * as glibc, at two threads half as fast.
   */
  @BeforeEach
  void write() throws Exception {
    List<RunResult> all = new ArrayList<>();
    List<Note> notes = new ArrayList<>();
    for (int threads : new int[] {1, 2}) {
      for (WorkloadSeries series :
          List.of(
              series(Peer.ASHLAR, threads, 80, 8),
              series(Peer.SPINLOCK, threads, 10, 1),
              series(Peer.GLIBC, threads, threads == 1 ? 40 : 160, threads == 1 ? 4 : 16),
              series(Peer.BUMP, threads, 20, 2),
              series(Peer.NONE, threads, 1000, 100))) {
        all.add(JmhResults.of(series));
        notes.add(JmhResults.note(series));
      }
    }
    for (Replays replays :
        List.of(replays(Peer.ASHLAR, 10), replays(Peer.SPINLOCK, 80), replays(Peer.GLIBC, 20))) {
      all.add(JmhResults.of(replays));
      notes.add(JmhResults.note(replays));
    }
    About about =
        About.now("bench/run")
            .with(
                Map.of("glibc", "2.0"),
                List.of(new Failure("Pair", "header", 4, "memory is <out>")),
                notes);
    file = folder.resolve("results.json");
    ResultsFile.write(file, all, about);
    results = ResultsFile.read(file);
  }

  private static WorkloadSeries series(Peer peer, int threads, long... opsPerMicro) {
    WorkloadSeries series = new WorkloadSeries(WorkloadName.LARSON, peer, threads);
    for (long ops : opsPerMicro) {
      series.add(new WorkloadCell.Outcome(ops * MILLION, 1000 * MILLION, "2.0"));
    }
    return series;
  }

  private static Replays replays(Peer peer, double nanos) {
    Replays replays = new Replays("redis", Replays.WHOLE, peer, "single");
    replays.add(
        ReplayCell.Measure.TIME, new ReplayCell.Outcome(nanos, 0, 0, 4 * MILLION, 1000, List.of()));
    List<long[]> curve = List.of(new long[] {0, 1, 2}, new long[] {999, MILLION, 6 * MILLION});
    replays.add(
        ReplayCell.Measure.MEMORY,
        new ReplayCell.Outcome(0, 6 * MILLION, MILLION, 4 * MILLION, 1000, curve));
    return replays;
  }

  private String page(Results... runs) throws Exception {
    Path page = folder.resolve("index.html");
    new HtmlReport(List.of(runs)).write(page);
    return Files.readString(page);
  }

  @Test
  void whatIsReadIsWhatWasWritten() {
    assertThat(results.entries()).hasSize(13);
    Entry first = results.entries().get(0);
    assertThat(first.kind().workload()).isEqualTo("Larson");
    assertThat(first.kind().isThroughput()).isTrue();
    assertThat(first.allocator()).isEqualTo("ashlar");
    assertThat(first.threads()).isEqualTo(1);
    assertThat(first.primary().samples().values()).containsExactly(80.0, 8.0);
    assertThat(first.primary().samples().ofForks()).isTrue();
    assertThat(first.command()).isEqualTo("bench/run --workloads Larson --allocators ashlar");
    Entry replay = results.entries().get(10);
    assertThat(replay.primary().median()).isEqualTo(10);
    assertThat(replay.bytes(JmhResults.PEAK_RESIDENT)).isEqualTo(6 * MILLION);
    assertThat(replay.note().curve()).hasSize(2).contains(new long[] {999, MILLION, 6 * MILLION});
    assertThat(replay.command())
        .isEqualTo("bench/run replay redis --allocators ashlar --threads single --rounds 1");
    assertThat(results.about().failures()).hasSize(1);
    assertThat(results.about().machine()).isNotNull();
  }

  @Test
  void theFileIsInTheFormOfJmh() throws Exception {
    JsonArray array = JsonParser.parseString(Files.readString(file)).getAsJsonArray();

    assertThat(array).hasSize(13);
    JsonObject first = array.get(0).getAsJsonObject();
    assertThat(first.get("benchmark").getAsString())
        .isEqualTo("io.ashlar.bench.workload.Larson.larson");
    assertThat(first.get("mode").getAsString()).isEqualTo("thrpt");
    assertThat(first.get("forks").getAsInt()).isEqualTo(2);
    assertThat(first.getAsJsonObject("params").get("allocator").getAsString()).isEqualTo("ashlar");
    JsonObject metric = first.getAsJsonObject("primaryMetric");
    assertThat(metric.get("score").getAsDouble()).isEqualTo(44);
    assertThat(metric.getAsJsonArray("rawData")).hasSize(2);
    JsonObject replay = array.get(10).getAsJsonObject();
    assertThat(replay.getAsJsonObject("secondaryMetrics").has("peakResidentBytes")).isTrue();
  }

  @Test
  void theTableHasRatiosToTheBaselineAndTheBestPeer() {
    StringWriter text = new StringWriter();
    new TextReport(results, new PrintWriter(text)).print();

    assertThat(text.toString().lines())
        .anyMatch(line -> line.matches("ashlar +44.0 0.13x 0.50x +44.0 0.13x 2.00x"))
        .anyMatch(line -> line.matches("glibc +22.0 0.25x 1.00x +88.0 0.0625x 1.00x"))
        .anyMatch(line -> line.matches("none +550 +550"))
        .anyMatch(line -> line.matches("ashlar +10.0 0.13x 0.50x +5.7 +3.8 +1.500"))
        .contains("failed: Pair, header, 4 threads: memory is <out>");
  }

  @Test
  void thePageStandsAlone() throws Exception {
    assertThat(page(results))
        .contains("Larson", "TraceReplay", "glibc 2.0; ", "How the figures were taken")
        .contains("data:image/svg+xml;base64,", "memory is &lt;out>")
        .doesNotContain("src=\"http", "<script", "<link")
        .endsWith("</html>\n");
  }

  @Test
  void eachFigureIsOnThePageWithItsEntryAndCommand() throws Exception {
    String page = page(results);
    for (Entry entry : results.entries()) {
      assertThat(page)
          .contains("<b>" + TextReport.number(entry.primary().median()) + "</b>")
          .contains("#" + entry.number() + "</small>")
          .contains("<code>" + entry.command() + "</code>");
    }
  }

  @Test
  void whatLosesIsMarkedAsWhatWins() throws Exception {
    String row =
        page(results)
            .lines()
            .filter(line -> line.contains("<th>ashlar</th>") && line.contains("#0"))
            .findFirst()
            .orElseThrow();

    assertThat(row)
        .containsSubsequence("class=\"win\"", "▲ 0.50x", "#0<", "class=\"lose\"", "▼ 2.00x", "#5<");
  }

  @Test
  void theMeanIsOverWorkloads() {
    Overview overview = Overview.of(results);

    assertThat(overview.groups()).hasSize(2);
    assertThat(Overview.mean(overview.ratios("ashlar", 1))).isCloseTo(0.5, within(1e-9));
    assertThat(Overview.mean(overview.ratios("ashlar", 2))).isCloseTo(2, within(1e-9));
    assertThat(Overview.mean(overview.ratios("spinlock", 1))).isCloseTo(4, within(1e-9));
  }

  @Test
  void filesOfJmhAloneAreReadToo() throws Exception {
    Path other = folder.resolve("jmh.json");
    Files.writeString(
        other,
        """
        [{"benchmark": "io.ashlar.bench.workload.Larson.larson", "mode": "avgt", "threads": 2,
          "forks": 1, "warmupIterations": 3, "warmupTime": "500 ms",
          "params": {"allocator": "ashlar", "size": "64"},
          "primaryMetric": {"score": 5.0, "scoreError": "NaN", "scoreUnit": "ns/op",
            "rawData": [[4.0, 5.0, 9.0]]},
          "secondaryMetrics": {
            "latency·p0.50": {"score": 70.0, "scoreUnit": "ns", "rawData": [[70.0]]},
            "latency·p0.9999": {"score": 4321.0, "scoreUnit": "ns", "rawData": [[4321.0]]},
            "latency·p1.00": {"score": 98765.0, "scoreUnit": "ns", "rawData": [[98765.0]]},
            "count·casAttempts": {"score": 0.125, "scoreUnit": "#", "rawData": [[0.125]]},
            "gc.time": {"score": "NaN", "scoreUnit": "ms", "rawData": [["NaN"]]}}}]
        """);
    Results read = ResultsFile.read(other);

    Entry entry = read.entries().get(0);
    assertThat(entry.primary().median()).isEqualTo(5);
    assertThat(entry.primary().samples().ofForks()).isFalse();
    assertThat(entry.latencies()).containsOnlyKeys(50.0, 99.99, 100.0);
    assertThat(entry.opsPerMicro()).hasValue(400.0);
    assertThat(entry.command())
        .isEqualTo(
            "bench/run jmh 'workload.Larson.larson$' -bm avgt -t 2 -f 1 -wi 3 -w 500ms"
                + " -p allocator=ashlar -p size=64");
    assertThat(page(read, results))
        .contains("casAttempts", "0.13", "p99.99", "4,321", "98,765", "Larson, size 64")
        .doesNotContain("gc.time");
  }

  @Test
  void whatIsNoResultsFileIsNamed() throws Exception {
    Path wrong = folder.resolve("wrong.json");
    for (String text : List.of("{}", "[", "[{}]")) {
      Files.writeString(wrong, text);
      assertThatThrownBy(() -> ResultsFile.read(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("wrong.json");
    }
  }
}
