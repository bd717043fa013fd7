// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.report.About;
import io.ashlar.bench.report.Results;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.report.TextReport;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Entry point of the comparison run. */
@Command(
    name = "bench/run",
    description = "Compares allocators: without a command, the main job of about three minutes.",
    mixinStandardHelpOptions = true,
    subcommands = {
      ListCommand.class,
      JmhCommand.class,
      ReplayCommand.class,
      LatencyCommand.class,
      ConvertCommand.class,
      FaultsCommand.class,
      ReportCommand.class,
      CompareCommand.class,
      CountsCommand.class,
      CoherenceCommand.class,
      ModelCommand.class,
      FullCommand.class,
    })
public final class Main implements Callable<Integer> {

  private static final long MILLIS_PER_MINUTE = 60_000;

  @Option(
      names = "--minutes",
      defaultValue = "3",
      description = "More rounds are made while they fit into this time; default 3, two rounds.")
  private double minutes = 3;

  @Option(
      names = "--allocators",
      split = ",",
      description = "Allocators to compare; all that are present but the gallery if not given.")
  private List<String> allocators = List.of();

  @Option(
      names = "--workloads",
      split = ",",
      description = "Workloads to run; all of the main job if not given.")
  private List<String> workloads = List.of();

  @Spec private CommandSpec spec;

  /** For picocli. */
  public Main() {}

  /**
   * Runs a command and ends the JVM with its exit code.
   *
   * @param args the command and its arguments
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main()).setExecutionExceptionHandler(Main::report);
  }

  /** A wrong argument is told in a line; anything else is a fault of ours and needs its trace. */
  private static int report(Exception e, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (e instanceof IllegalArgumentException || e instanceof JvmCell.FailedException) {
      command.getErr().println(e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
    throw e;
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    About about = About.now("bench/run");
    out.println(about.machine());
    about.absent().forEach(out::println);
    out.flush();
    List<Peer> peers =
        allocators.isEmpty()
            ? WorkloadName.compared().toList()
            : allocators.stream().map(Peer::of).toList();
    Duration budget = Duration.ofMillis(Math.round(minutes * MILLIS_PER_MINUTE));
    Path file = ReportCommand.results(JvmCell.FOLDER.resolve("report"));
    new MainJob(peers, names(), budget).run(about, file);
    Results results = ResultsFile.read(file);
    new TextReport(results, out).print();
    ReportCommand.write(List.of(results), file.resolveSibling("index.html"), out);
    return 0;
  }

  private Set<WorkloadName> names() {
    Set<WorkloadName> names = EnumSet.noneOf(WorkloadName.class);
    workloads.forEach(label -> names.add(WorkloadName.of(label)));
    return names.isEmpty() ? EnumSet.allOf(WorkloadName.class) : names;
  }
}
