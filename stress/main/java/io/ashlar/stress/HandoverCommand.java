// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The JCStress tests of the hand-overs, all of which must pass. */
@Command(
    name = "handover",
    description = "Tests each hand-over between threads under JCStress; all must pass.",
    mixinStandardHelpOptions = true)
final class HandoverCommand implements Callable<Integer> {

  @Option(
      names = "--thorough",
      description = "Every combination of compilers for the two threads, and longer: half an hour.")
  private boolean thorough;

  @Override
  public Integer call() throws Exception {
    return run(thorough) ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  static boolean run(boolean thorough) throws IOException, InterruptedException {
    System.out.println("Hand-overs: each must pass");
    List<Handover> tests = Handover.run(Handover.TESTS, thorough);
    boolean sound = !tests.isEmpty();
    for (Handover test : tests) {
      System.out.printf(
          "  %-6s %-34s %,14d samples  %s%n",
          test.passed() ? "passed" : "FAILED", test.name(), test.samples(), test.forbidden());
      sound &= test.passed();
    }
    return sound;
  }
}
