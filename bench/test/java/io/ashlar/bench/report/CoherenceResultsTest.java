// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import io.ashlar.bench.coherence.Traffic;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoherenceResultsTest {

  /** A hundred operations, at which lines move for each other one by the number of cores. */
  private static Traffic traffic(int cores) {
    return new Traffic(200, 1_600, 5, 40L * cores, 10L * cores, 20, 2_500);
  }

  @Test
  void dividesByOperations() {
    assertThat(CoherenceResults.figures(traffic(1)))
        .containsEntry("moves", 0.5)
        .containsEntry("of it upgrades", 0.1)
        .containsEntry("accesses", 16.0)
        .containsEntry("simulated ns", 25.0);
  }

  /** A curve and a table of the report, and no figure of time. */
  @Test
  void theReportReadsThem(@TempDir Path folder) throws Exception {
    JsonArray json = new JsonArray();
    for (int cores = 1; cores <= 256; cores *= 2) {
      json.add(CoherenceResults.json(WorkloadName.LARSON, Peer.SPINLOCK, cores, traffic(cores)));
    }
    Path file = folder.resolve("coherence.json");
    About about =
        About.now("bench/run coherence")
            .with(Map.of(), List.of(), Collections.nCopies(json.size(), Note.NONE));
    ResultsFile.write(file, json, about);
    Results results = ResultsFile.read(file);
    assertThat(results.groups()).hasSize(1);
    assertThat(Scaling.of(results)).isEmpty();
    Path page = folder.resolve("index.html");
    new HtmlReport(List.of(results)).write(page);
    assertThat(Files.readString(page))
        .contains("Larson, coherence", "moves/op", "Lines that move in", "moves of blocks");
  }
}
