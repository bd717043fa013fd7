// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.report.HtmlReport;
import io.ashlar.bench.report.Results;
import io.ashlar.bench.report.ResultsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes the page from files of results. */
@Command(
    name = "report",
    description = {
      "Makes a page that stands alone from files in JMH's JSON format: of bench/run, of "
          + "bench/run full, of bench/run jmh -rf json, or of any other."
    },
    mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {

  /** Where the main job and the whole matrix leave theirs. */
  private static final List<Path> USUAL =
      Stream.of("report", "full").map(folder -> results(JvmCell.FOLDER.resolve(folder))).toList();

  @Parameters(
      arity = "0..*",
      paramLabel = "FILE",
      description =
          "Files of results; what the last bench/run and bench/run full left if not given.")
  private List<Path> files = List.of();

  @Option(
      names = "--page",
      description = "Where to write it; default: index.html beside the first file.")
  private Path page;

  @Spec private CommandSpec spec;

  /** The file of results in a folder. */
  static Path results(Path folder) {
    return folder.resolve("results.json");
  }

  @Override
  public Integer call() throws IOException {
    List<Path> chosen = chosen(files);
    List<Results> runs = new ArrayList<>();
    for (Path file : chosen) {
      runs.add(ResultsFile.read(file));
    }
    Path target = page == null ? chosen.get(0).resolveSibling("index.html") : page;
    write(runs, target, spec.commandLine().getOut());
    return 0;
  }

  /** The files asked for, which can be read; the usual ones that exist if none are. */
  static List<Path> chosen(List<Path> files) {
    List<Path> chosen =
        files.isEmpty() ? USUAL.stream().filter(Files::exists).toList() : List.copyOf(files);
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException("no results yet: neither of " + USUAL + " exists");
    }
    for (Path file : chosen) {
      if (!Files.isReadable(file)) {
        throw new IllegalArgumentException("cannot read " + file);
      }
    }
    return chosen;
  }

  static void write(List<Results> runs, Path page, PrintWriter out) throws IOException {
    new HtmlReport(runs).write(page);
    out.println();
    out.println("Report: " + page);
    out.flush();
  }
}
