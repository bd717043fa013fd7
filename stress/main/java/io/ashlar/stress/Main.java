// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the stress tests. */
@Command(
    name = "stress/run",
    description = {
      "Stress tests of the hand-overs between threads. Without a command: the quick set of a few",
      "minutes, which is `handover`, `controls` and a soak of half a minute. The exit code is 1 if",
      "anything is broken, or a negative control is not found out."
    },
    mixinStandardHelpOptions = true,
    subcommands = {
      HandoverCommand.class,
      ControlsCommand.class,
      SoakCommand.class,
      JcstressCommand.class
    })
public final class Main implements Callable<Integer> {

  private static final Duration QUICK_SOAK = Duration.ofSeconds(30);

  /** For picocli. */
  public Main() {}

  /**
   * Runs a command and ends the JVM with its exit code.
   *
   * @param args the command and its arguments
   */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    boolean sound = HandoverCommand.run(false);
    sound &= ControlsCommand.run();
    sound &= new SoakCommand().run(QUICK_SOAK);
    return sound ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }
}
