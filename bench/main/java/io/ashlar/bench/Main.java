// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the comparison run. */
@Command(
    name = "bench/run",
    description = "Compares allocators: without a command, the main job of about three minutes.",
    mixinStandardHelpOptions = true,
    subcommands = {ListCommand.class, JmhCommand.class, ReplayCommand.class})
public final class Main {

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
}
