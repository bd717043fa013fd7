// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.report.About;
import io.ashlar.bench.report.About.Failure;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.report.ResultsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.openjdk.jmh.results.RunResult;

/**
 * Runs cells one after the other and keeps the outcome of each as soon as it is there, so that a
 * run that was interrupted goes on where it ended. A cell that fails does not end the run, and is
 * kept as failed.
 */
final class Matrix {

  private final List<MatrixCell> cells;
  private final Path folder;
  private final boolean retry;

  /**
   * Plans a run.
   *
   * @param cells what to run, in order
   * @param folder where outcomes are kept
   * @param retry whether to run those again that failed before
   */
  Matrix(List<MatrixCell> cells, Path folder, boolean retry) {
    this.cells = List.copyOf(cells);
    this.folder = folder;
    this.retry = retry;
  }

  /** Measures a cell. */
  @FunctionalInterface
  interface Runner {
    CellOutcome run(MatrixCell cell) throws InterruptedException, IOException;
  }

  /** The cells that are still to be run. */
  List<MatrixCell> missing() throws IOException {
    List<MatrixCell> missing = new ArrayList<>();
    for (MatrixCell cell : cells) {
      if (outcome(cell).filter(outcome -> !(retry && outcome.hasFailed())).isEmpty()) {
        missing.add(cell);
      }
    }
    return missing;
  }

  private Optional<CellOutcome> outcome(MatrixCell cell) throws IOException {
    return CellOutcome.read(cell.file(folder));
  }

  /**
   * Runs what is missing.
   *
   * @param runner measures
   * @param begun told of each cell before it is run
   */
  void run(Runner runner, Consumer<MatrixCell> begun) throws InterruptedException, IOException {
    for (MatrixCell cell : missing()) {
      begun.accept(cell);
      runner.run(cell).write(cell.file(folder));
    }
  }

  /**
   * Puts all outcomes together in one file.
   *
   * @param file for the results
   * @param about the run
   * @param versions of the allocators
   * @return how many cells failed, each counted once for all its rounds
   */
  int collect(Path file, About about, Map<String, String> versions) throws IOException {
    JmhRuns runs = new JmhRuns();
    Map<String, Note> notes = new HashMap<>();
    Set<Failure> failures = new LinkedHashSet<>();
    for (MatrixCell cell : cells) {
      CellOutcome outcome = outcome(cell).orElse(CellOutcome.failed("not run"));
      if (outcome.hasFailed()) {
        failures.add(
            new Failure(cell.workload(), cell.allocator(), cell.threads(), outcome.failure()));
      }
      for (int i = 0; i < outcome.results().size(); i++) {
        RunResult result = outcome.results().get(i);
        runs.add(result);
        notes.putIfAbsent(JmhRuns.key(result.getParams()), outcome.note(i));
      }
    }
    List<RunResult> merged = List.copyOf(runs.merged());
    List<Note> ofMerged =
        merged.stream().map(result -> notes.get(JmhRuns.key(result.getParams()))).toList();
    ResultsFile.write(file, merged, about.with(versions, List.copyOf(failures), ofMerged));
    return failures.size();
  }
}
