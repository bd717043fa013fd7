// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** JCStress itself. */
@Command(
    name = "jcstress",
    description = "Runs JCStress with the arguments that follow; -h shows its own help.")
final class JcstressCommand implements Callable<Integer> {

  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    org.openjdk.jcstress.Main.main(arguments.toArray(String[]::new));
    return CommandLine.ExitCode.OK;
  }
}
