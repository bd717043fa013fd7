// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.report.Changes;
import io.ashlar.bench.report.Changes.Change;
import io.ashlar.bench.report.ResultsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what changed from one file of results to another. */
@Command(
    name = "compare",
    description = {
      "Says what changed beyond noise from one file of results to another: figures whose intervals "
          + "are apart and whose medians differ by more than the rounds of all figures explain."
    },
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "BEFORE", description = "In JMH's JSON format.")
  private Path before;

  @Parameters(index = "1", paramLabel = "AFTER", description = "In JMH's JSON format.")
  private Path after;

  @Option(
      names = "--fail-above",
      paramLabel = "RATIO",
      description = "Exit with 1 if anything became slower by more than this, 1.10 for a tenth.")
  private double failAbove = Double.POSITIVE_INFINITY;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    for (Path file : List.of(before, after)) {
      if (!java.nio.file.Files.isReadable(file)) {
        throw new IllegalArgumentException("cannot read " + file);
      }
    }
    Changes changes = new Changes(ResultsFile.read(before), ResultsFile.read(after));
    print(changes, spec.commandLine().getOut());
    return changes.worst() > failAbove ? 1 : 0;
  }

  private void print(Changes changes, PrintWriter out) {
    for (Change change : changes.changed()) {
      out.printf(
          Locale.ROOT,
          "%-6s %6.3f x the time  %12.4g -> %-12.4g %-8s %s%n",
          change.timeRatio() > 1 ? "slower" : "faster",
          change.timeRatio(),
          change.before(),
          change.after(),
          change.unit(),
          change.cell());
    }
    out.printf(
        "%d of %d figures changed beyond noise%n", changes.changed().size(), changes.judged());
    if (changes.unjudged() > 0) {
      out.printf(
          "%d more were measured in one JVM in one of the files, which tells nothing of noise%n",
          changes.unjudged());
    }
    changes.onlyBefore().forEach(cell -> out.println("only in " + before + ": " + cell));
    changes.onlyAfter().forEach(cell -> out.println("only in " + after + ": " + cell));
    out.flush();
  }
}
