// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ashlar.bench.report.Entry.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Two files with noise of about 3 %; in the second what is planted. */
class ChangesTest {

  private static final int WORKLOADS = 40;
  private static final double NOISE = 0.03;

  private final SplittableRandom random = new SplittableRandom(20261121);

  private Results results(String mode, int rounds, Map<Integer, Double> factors) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < WORKLOADS; i++) {
      List<Double> values = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        values.add(10 * factors.getOrDefault(i, 1.0) * Math.exp(NOISE * random.nextGaussian()));
      }
      entries.add(entry("a.Workload" + i + ".run", mode, values));
    }
    return new Results(Path.of("results.json"), null, entries);
  }

  private static Entry entry(String benchmark, String mode, List<Double> values) {
    Figure figure = new Figure(new Samples(values, true), "ns/op", Map.of());
    Kind kind = new Kind(benchmark, mode, Map.of());
    return new Entry(0, kind, "ashlar", 1, figure, Map.of(), "", About.Note.NONE);
  }

  @Test
  void whatIsPlantedIsFoundAndNothingElse() {
    for (int rounds : new int[] {2, 3, 5, 10}) {
      Changes changes =
          new Changes(
              results("avgt", rounds, Map.of()), results("avgt", rounds, Map.of(7, 1.5, 9, 0.4)));

      assertThat(changes.changed())
          .extracting(Changes.Change::cell)
          .containsExactly("Workload9, ashlar, 1 thread", "Workload7, ashlar, 1 thread");
      assertThat(changes.judged()).isEqualTo(WORKLOADS);
      assertThat(changes.worst()).isCloseTo(1.5, within(0.2));
    }
  }

  @Test
  void withoutAChangeNothingIsReported() {
    for (int rounds : new int[] {2, 3, 5, 10}) {
      assertThat(
              new Changes(results("avgt", rounds, Map.of()), results("avgt", rounds, Map.of()))
                  .changed())
          .isEmpty();
    }
  }

  @Test
  void lessThroughputIsSlower() {
    Changes changes =
        new Changes(results("thrpt", 5, Map.of()), results("thrpt", 5, Map.of(3, 0.5)));

    assertThat(changes.changed()).hasSize(1);
    assertThat(changes.worst()).isCloseTo(2, within(0.3));
  }

  @Test
  void whatWasMeasuredOnceIsNotJudged() {
    Changes changes = new Changes(results("avgt", 1, Map.of()), results("avgt", 1, Map.of(3, 2.0)));

    assertThat(changes.changed()).isEmpty();
    assertThat(changes.unjudged()).isEqualTo(WORKLOADS);
    assertThat(changes.worst()).isEqualTo(1);
  }

  @Test
  void whatOneFileHasAloneIsNamed() {
    Results before = new Results(Path.of("a"), null, List.of(entry("a.B.c", "avgt", List.of(1.0))));
    Results after = new Results(Path.of("b"), null, List.of(entry("a.D.e", "avgt", List.of(1.0))));
    Changes changes = new Changes(before, after);

    assertThat(changes.onlyBefore()).containsExactly("B, ashlar, 1 thread");
    assertThat(changes.onlyAfter()).containsExactly("D, ashlar, 1 thread");
  }
}
