// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.report.Comparison;
import io.ashlar.bench.report.HtmlReport;
import io.ashlar.bench.report.Machine;
import io.ashlar.bench.report.TextReport;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
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
    subcommands = {ListCommand.class, JmhCommand.class, ReplayCommand.class, FaultsCommand.class})
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
    Machine machine = Machine.here();
    out.println(machine);
    Arrays.stream(Peer.values())
        .filter(peer -> !peer.isPresent())
        .forEach(peer -> out.println(peer.absence()));
    out.flush();
    List<Peer> peers =
        allocators.isEmpty()
            ? WorkloadName.compared().toList()
            : allocators.stream().map(Peer::of).toList();
    Duration budget = Duration.ofMillis(Math.round(minutes * MILLIS_PER_MINUTE));
    Comparison comparison = new MainJob(peers, budget).run();
    new TextReport(comparison, out).print();
    Path page = new HtmlReport(comparison, machine).write(JvmCell.FOLDER.resolve("report"));
    out.println();
    out.println("Report: " + page);
    out.flush();
    return 0;
  }
}
