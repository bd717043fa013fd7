// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.bench.report.About;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.report.JmhResults;
import io.ashlar.bench.report.Results;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadCell;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MatrixTest {

  private static final MatrixCell FIRST = new MatrixCell("Pair", "ashlar", 1, 1);
  private static final MatrixCell SECOND = new MatrixCell("Pair", "glibc", 1, 1);
  private static final MatrixCell AGAIN = new MatrixCell("Pair", "ashlar", 1, 2);
  private static final List<MatrixCell> CELLS = List.of(FIRST, SECOND, AGAIN);

  @TempDir private Path folder;
  private final List<MatrixCell> run = new ArrayList<>();

  private CellOutcome measure(MatrixCell cell) {
    run.add(cell);
    Peer peer = Peer.of(cell.allocator());
    WorkloadSeries series =
        new WorkloadSeries(WorkloadName.of(cell.workload()), peer, cell.threads());
    series.add(new WorkloadCell.Outcome(1000L * cell.round(), 1000, ""));
    Note note = new Note("bench/run again", List.of(new long[] {1, 2, 3}));
    return new CellOutcome(List.of(JmhResults.of(series)), List.of(note), "");
  }

  private Matrix matrix() {
    return new Matrix(CELLS, folder.resolve("cells"), false);
  }

  private Results results(int failures) throws IOException {
    Path file = folder.resolve("results.json");
    assertThat(matrix().collect(file, About.now("bench/run full"), Map.of())).isEqualTo(failures);
    return ResultsFile.read(file);
  }

  @Test
  void anInterruptedRunGoesOnWhereItEnded() throws Exception {
    assertThatThrownBy(
            () ->
                matrix()
                    .run(
                        cell -> {
                          if (cell.equals(SECOND)) {
                            throw new InterruptedException();
                          }
                          return measure(cell);
                        },
                        cell -> {}))
        .isInstanceOf(InterruptedException.class);
    assertThat(run).containsExactly(FIRST);
    assertThat(matrix().missing()).containsExactly(SECOND, AGAIN);

    matrix().run(this::measure, cell -> {});
    assertThat(run).containsExactly(FIRST, SECOND, AGAIN);
    assertThat(matrix().missing()).isEmpty();
  }

  @Test
  void roundsAreForksOfOneEntry() throws Exception {
    matrix().run(this::measure, cell -> {});

    Results results = results(0);
    assertThat(results.entries()).hasSize(2);
    assertThat(Files.readString(folder.resolve("results.json")))
        .containsPattern("\"forks\" : 2")
        .containsPattern("\"score\" : 1500");
    assertThat(results.about().notes())
        .hasSize(2)
        .allSatisfy(note -> assertThat(note.command()).isEqualTo("bench/run again"));
    assertThat(results.about().notes().get(0).curve()).containsExactly(new long[] {1, 2, 3});
  }

  @Test
  void whatFailsIsNamedAndTriedAgainIfAskedFor() throws Exception {
    matrix()
        .run(
            cell -> cell.equals(SECOND) ? CellOutcome.failed("memory is out") : measure(cell),
            cell -> {});
    assertThat(run).containsExactly(FIRST, AGAIN);

    Results results = results(1);
    assertThat(results.entries()).hasSize(1);
    assertThat(results.about().failures())
        .containsExactly(new About.Failure("Pair", "glibc", 1, "memory is out"));

    assertThat(matrix().missing()).isEmpty();
    new Matrix(CELLS, folder.resolve("cells"), true).run(this::measure, cell -> {});
    assertThat(run).containsExactly(FIRST, AGAIN, SECOND);
    assertThat(results(0).entries()).hasSize(2);
  }

  @Test
  void whatAnotherVersionKeptIsMeasuredAgain() throws Exception {
    matrix().run(this::measure, cell -> {});
    Files.writeString(SECOND.file(folder.resolve("cells")), "of another time");

    assertThat(matrix().missing()).containsExactly(SECOND);
  }

  @Test
  void everyWorkloadIsPlannedWithEveryAllocatorThatFits() throws Exception {
    MatrixPlan plan =
        new MatrixPlan(name -> true, label -> true, List.of(1, 2), List.of("redis"), 1);
    List<MatrixCell> cells = plan.cells();

    assertThat(cells).doesNotHaveDuplicates();
    assertThat(cells.stream().map(cell -> cell.file(folder))).doesNotHaveDuplicates();
    for (WorkloadName workload : WorkloadName.values()) {
      for (Peer peer : Peer.values()) {
        assertThat(
                cells.stream()
                    .anyMatch(
                        cell ->
                            (cell.workload() + " ").startsWith(workload.label() + " ")
                                && cell.allocator().equals(peer.label())))
            .as("%s with %s", workload, peer)
            .isEqualTo(MatrixPlan.isFor(peer, workload) && peer.isPresent());
      }
    }
    assertThat(cells)
        .contains(
            new MatrixCell("Larson", "list-coalescing", 1, 1),
            new MatrixCell("Larson", "header-agent", 2, 1),
            new MatrixCell("FrameRandom", "lock-free-buddy", 2, 1),
            new MatrixCell("TraceReplay redis recorded", "glibc", 1, 1))
        .doesNotContain(
            new MatrixCell("Larson", "list", 1, 1),
            new MatrixCell("Larson", "list-coalescing", 2, 1),
            new MatrixCell("FirstTouch", "ashlar", 2, 1),
            new MatrixCell("FrameFragmentation", "lock-free-buddy", 2, 1),
            new MatrixCell("TraceReplay redis recorded", "list", 1, 1));
  }
}
