// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.replay.Traces;
import io.ashlar.bench.report.About;
import io.ashlar.bench.report.Results;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.report.TextReport;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the whole matrix. */
@Command(
    name = "full",
    description = {
      "Runs every workload with every allocator that is installed, the gallery too, and replays "
          + "traces: hours. What is measured is kept, and a run that was interrupted goes on "
          + "where it ended."
    },
    mixinStandardHelpOptions = true)
final class FullCommand implements Callable<Integer> {

  private static final List<Integer> THREADS = List.of(1, 2, 4, 8, 16);
  private static final List<Integer> QUICK_THREADS = List.of(1, 2);
  private static final int ROUNDS = 3;

  /** What is not built here, and has a version of its own. */
  private static final Set<Peer> FOREIGN =
      EnumSet.of(
          Peer.GLIBC,
          Peer.MIMALLOC,
          Peer.JEMALLOC,
          Peer.TCMALLOC,
          Peer.NETTY_POOLED,
          Peer.NETTY_ADAPTIVE);

  @Option(
      names = "--quick",
      description =
          "A first look: one round, short, one and two threads; some three seconds a cell.")
  private boolean quick;

  @Option(names = "--again", description = "Forget what was measured before.")
  private boolean again;

  @Option(names = "--retry", description = "Run again what failed before.")
  private boolean retry;

  @Option(
      names = "--rounds",
      description = "Rounds, each in JVMs of its own; default 3, with --quick 1.")
  private int rounds;

  @Option(names = "--workloads", split = ",", description = "Workloads to run; all if not given.")
  private List<String> workloads = List.of();

  @Option(
      names = "--allocators",
      split = ",",
      description = "Allocators to run; all that are installed if not given.")
  private List<String> allocators = List.of();

  @Option(
      names = "--threads",
      split = ",",
      description = "Numbers of threads; default 1,2,4,8,16, with --quick 1,2.")
  private List<Integer> threads = List.of();

  @Option(
      names = "--traces",
      split = ",",
      description = "Traces to replay, by name or path; those shipped here if not given.")
  private List<String> traces = Traces.SHIPPED;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    check();
    Path folder = JvmCell.FOLDER.resolve("full");
    // What another build has measured is not mixed in.
    Path cells = folder.resolve("cells").resolve((quick ? "quick-" : "whole-") + JvmCell.build());
    if (again) {
      delete(cells);
    }
    About about = About.now(commandLine());
    PrintWriter out = spec.commandLine().getOut();
    out.println(about.machine());
    about.absent().forEach(out::println);
    MatrixPlan plan = plan();
    plan.leftOut().forEach(out::println);
    Matrix matrix = new Matrix(plan.cells(), cells, retry);
    int missing = matrix.missing().size();
    int kept = plan.cells().size() - missing;
    if (kept > 0) {
      out.println(kept + " cells are kept from before; --again measures all anew");
    }
    out.flush();
    run(matrix, plan, folder, missing);
    Path file = ReportCommand.results(folder);
    int failed = matrix.collect(file, about, versions());
    Results results = ResultsFile.read(file);
    new TextReport(results, out).print();
    ReportCommand.write(List.of(results), file.resolveSibling("index.html"), out);
    return failed == 0 ? 0 : 1;
  }

  private void check() {
    for (String workload : workloads) {
      if (MatrixPlan.workloads().noneMatch(workload::equals)) {
        throw new IllegalArgumentException(
            "no workload " + workload + "; there are " + MatrixPlan.workloads().toList());
      }
    }
    for (String label : allocators) {
      if (!FrameSubject.isOne(label) && !Peer.of(label).isPresent()) {
        throw new IllegalArgumentException(Peer.of(label).absence());
      }
    }
    for (String trace : traces) {
      if (!Traces.exists(trace)) {
        throw new IllegalArgumentException(
            "no trace " + trace + ": neither a file nor one of " + Traces.SHIPPED);
      }
    }
    if (threads.stream().anyMatch(n -> n < 1)) {
      throw new IllegalArgumentException("--threads " + threads);
    }
  }

  private String commandLine() {
    return String.join(
        " ",
        Stream.concat(
                Stream.of("bench/run"), spec.commandLine().getParseResult().originalArgs().stream())
            .toList());
  }

  private MatrixPlan plan() throws IOException {
    List<Integer> chosen = threads.isEmpty() ? quick ? QUICK_THREADS : THREADS : threads;
    return new MatrixPlan(
        label -> workloads.isEmpty() || workloads.contains(label),
        label -> allocators.isEmpty() || allocators.contains(label),
        chosen,
        traces,
        rounds > 0 ? rounds : quick ? 1 : ROUNDS);
  }

  private void run(Matrix matrix, MatrixPlan plan, Path folder, int missing)
      throws InterruptedException, IOException {
    try (MatrixRunner runner = new MatrixRunner(plan, quick, folder.resolve("last.log"));
        ProgressBar progress =
            new ProgressBarBuilder()
                .setTaskName("measuring")
                .setInitialMax(missing)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(1000)
                .build()) {
      matrix.run(
          cell -> {
            CellOutcome outcome = runner.run(cell);
            progress.step();
            return outcome;
          },
          cell -> progress.setExtraMessage(cell.toString()));
    }
  }

  /** What the foreign ones say. */
  private static Map<String, String> versions() throws InterruptedException {
    Map<String, String> versions = new TreeMap<>();
    for (Peer peer : FOREIGN) {
      if (peer.isPresent()) {
        WorkloadSeries series = new WorkloadSeries(WorkloadName.PAIR, peer, 1);
        WorkloadSeries.measure(List.of(series));
        versions.put(peer.label(), series.outcomes().get(0).version());
      }
    }
    return versions;
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
