// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.google.gson.JsonArray;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.CountsCell.Outcome;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.memory.Counts.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountResultsTest {

  /** Of 640 operations half were remote frees, in five batches. */
  private static Outcome outcome() {
    Map<Event, Long> counts = new EnumMap<>(Event.class);
    for (Event event : Event.values()) {
      counts.put(event, 0L);
    }
    counts.put(Event.LOCK, 32L);
    counts.put(Event.LOCK_WRITE, 64L);
    counts.put(Event.OFFER, 5L);
    counts.put(Event.BATCH, 5L);
    counts.put(Event.BLOCK, 320L);
    counts.put(Event.QUEUE_WRITE, 96L);
    return new Outcome(640, counts);
  }

  @Test
  void dividesByOperationsAndByRemoteFrees() {
    assertThat(CountResults.figures(WorkloadName.XMALLOC_TEST, outcome()))
        .contains(
            entry("lock acquisitions", 0.05),
            entry("queue offers", 5 / 640.0),
            entry("shared writes", 0.25),
            entry("writes: queues", 0.15),
            entry("writes: states", 0.0),
            entry("blocks in a batch", 64.0),
            entry("shared writes, remote free", 0.5));
    assertThat(CountResults.figures(WorkloadName.RANDOM_REPLACE, outcome()))
        .doesNotContainKey("shared writes, remote free");
  }

  /** What is written is a table of counts in the report, and no figure of time. */
  @Test
  void theReportReadsThem(@TempDir Path folder) throws Exception {
    JsonArray json = new JsonArray();
    json.add(CountResults.json(WorkloadName.XMALLOC_TEST, Peer.ASHLAR, 2, outcome()));
    json.add(CountResults.json(WorkloadName.XMALLOC_TEST, Peer.ASHLAR, 4, outcome()));
    json.add(CountResults.json(WorkloadName.XMALLOC_TEST, Peer.ASHLAR, 8, outcome()));
    Path file = folder.resolve("counts.json");
    About about =
        About.now("bench/run counts")
            .with(Map.of(), List.of(), List.of(Note.NONE, Note.NONE, Note.NONE));
    ResultsFile.write(file, json, about);
    Results results = ResultsFile.read(file);
    assertThat(results.groups()).hasSize(1);
    assertThat(Scaling.of(results)).isEmpty();
    Entry first = results.entries().get(0);
    assertThat(first.primary().median()).isEqualTo(0.25);
    assertThat(first.secondary().get("count·writes: queues").median()).isEqualTo(0.15);
    Path page = folder.resolve("index.html");
    new HtmlReport(List.of(results)).write(page);
    assertThat(Files.readString(page))
        .contains("Counts of an operation", "shared writes, remote free", "XmallocTest, counts");
  }
}
