// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.latency.CallTimes;
import io.ashlar.bench.latency.Calls;
import io.ashlar.bench.latency.LatencyRound;
import io.ashlar.bench.latency.LatencySeries;
import io.ashlar.bench.latency.Timing;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.RunResult;

class LatencyReportTest {

  /** Times of 10 ns, one in 500 slow: by round so much slower. */
  private static LatencySeries series(String allocator, long... slowNanos) {
    LatencySeries series = new LatencySeries(WorkloadName.LARSON, allocator, 2);
    for (long slow : slowNanos) {
      CallTimes times = new CallTimes();
      times.mallocs().recordValueWithCount(10, 998);
      times.mallocs().recordValueWithCount(slow, 2);
      times.frees().recordValueWithCount(20, 1_000);
      CallTimes empty = new CallTimes();
      empty.mallocs().recordValueWithCount(7, 10);
      series.add(
          new LatencyRound(
              Map.of(Timing.SERVICE, times, Timing.SCHEDULE, times),
              Map.of(Timing.SERVICE, empty, Timing.SCHEDULE, empty),
              slow,
              "1.0"));
    }
    return series;
  }

  private static List<LatencySeries> all() {
    return List.of(
        series("ashlar", 100, 300, 1_000),
        series("glibc", 200, 600, 500),
        series("mimalloc", 400, 1_200, 1_000),
        series("none", 10, 10, 10));
  }

  private static String table(List<LatencySeries> all, long measuredNanos) {
    StringWriter text = new StringWriter();
    new LatencyReport(all, measuredNanos, new PrintWriter(text)).print();
    return text.toString();
  }

  @Test
  void theTableHasTheRatioToTheBestPeer() {
    assertThat(table(all(), 1_000_000).lines())
        .anyMatch(line -> line.matches("malloc +calls +p50 +p90 +p99 +p99.9 +p99.99 +maximum.*"))
        .anyMatch(line -> line.matches("ashlar +3,000 +10 +10 +10 +300 +1,000 +1,000 +0.50x"))
        .anyMatch(line -> line.matches("glibc +3,000 +10 +10 +10 +500 +600 +600 +1.00x"))
        .anyMatch(line -> line.matches("none +3,000 +10 +10 +10 +10 +10 +10 +-"))
        .anyMatch(line -> line.matches("empty call +120 +7 +7 +7 +7 +7 +7"))
        .noneMatch(line -> line.contains("did not keep"));
  }

  @Test
  void whoCannotKeepToTheScheduleIsNamed() {
    assertThat(table(all(), 5_000).lines())
        .filteredOn(line -> line.contains("did not keep"))
        .singleElement()
        .asString()
        .startsWith("mimalloc");
  }

  @Test
  void theFiguresAreReadBackFromTheFile(@TempDir Path folder) throws Exception {
    List<RunResult> results = new ArrayList<>();
    for (LatencySeries series : all()) {
      results.add(JmhResults.of(series, Timing.SCHEDULE, Calls.MALLOC));
    }
    results.add(JmhResults.of(LatencySeries.ofEmptyCalls(all()), Timing.SCHEDULE, Calls.MALLOC));
    Path file = folder.resolve("latency.json");
    ResultsFile.write(file, results, About.now("here"));
    List<Entry> entries = ResultsFile.read(file).entries();

    assertThat(entries)
        .extracting(Entry::allocator)
        .containsExactly("ashlar", "glibc", "mimalloc", "none", LatencySeries.EMPTY);
    Entry ashlar = entries.get(0);
    assertThat(ashlar.kind().params()).isEqualTo(Map.of("calls", "malloc", "timing", "schedule"));
    assertThat(ashlar.threads()).isEqualTo(2);
    assertThat(ashlar.latencies())
        .as("medians of three rounds")
        .isEqualTo(
            Map.of(50.0, 10.0, 90.0, 10.0, 99.0, 10.0, 99.9, 300.0, 99.99, 300.0, 100.0, 300.0));
    assertThat(ashlar.secondary().get("latency·p1.00").samples().values())
        .containsExactly(100.0, 300.0, 1_000.0);
    assertThat(ashlar.otherMetrics()).isEmpty();
  }

  @Test
  void theReportDrawsThem(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("latency.json");
    List<RunResult> results =
        all().stream().map(s -> JmhResults.of(s, Timing.SERVICE, Calls.BOTH)).toList();
    ResultsFile.write(file, results, About.now("here"));
    Path page = folder.resolve("index.html");
    new HtmlReport(List.of(ResultsFile.read(file))).write(page);

    assertThat(page)
        .content()
        .contains("Latency of single calls in ns, 2 threads", "calls both, timing service")
        .contains("Latency of Larson");
  }
}
