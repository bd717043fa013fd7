// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

import io.ashlar.stress.soak.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The negative controls: each has a fault put in, which must be seen. */
@Command(
    name = "controls",
    description = "Runs the negative controls of hand-overs and soak; each fault must be seen.",
    mixinStandardHelpOptions = true)
final class ControlsCommand implements Callable<Integer> {

  private static final String SOAK_SECONDS = "30";

  /** How often a control is run before it counts as unseen. */
  private static final int TIMES = 3;

  private static final String BROKEN = "broken: ";

  @Override
  public Integer call() throws Exception {
    return run() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  static boolean run() throws IOException, InterruptedException {
    System.out.println("Negative controls of the hand-overs: each fault must be seen");
    boolean sound = runHandovers();
    System.out.println("Negative controls of the soak: each fault must be seen");
    for (Fault fault : Fault.values()) {
      sound &= isSeen(fault);
    }
    return sound;
  }

  /**
   * Runs all, and again those whose faults were not seen: beside other work the two threads of a
   * test may hardly ever run at the same time.
   */
  private static boolean runHandovers() throws IOException, InterruptedException {
    List<Handover> controls = Handover.run(Handover.CONTROLS, false);
    Set<String> unseen = new TreeSet<>();
    controls.forEach(control -> unseen.add(control.name()));
    print(controls, unseen);
    for (int time = 2; time <= TIMES && !unseen.isEmpty(); time++) {
      System.out.println("Those not seen once more");
      print(Handover.run(String.join("|", unseen).replace(".", "\\."), false), unseen);
    }
    return unseen.isEmpty() && !controls.isEmpty();
  }

  /** Takes those out of the unseen that were seen. */
  private static void print(List<Handover> controls, Set<String> unseen) {
    for (Handover control : controls) {
      boolean seen = control.forbiddenSeen() > 0;
      System.out.printf(
          "  %-6s %-42s %,14d samples  %s%n",
          seen ? "seen" : "UNSEEN", control.name(), control.samples(), control.forbidden());
      if (seen) {
        unseen.remove(control.name());
      }
    }
  }

  private static boolean isSeen(Fault fault) throws IOException, InterruptedException {
    Path folder = Child.target().resolve("soak-controls");
    Files.createDirectories(folder);
    String name = fault.name().toLowerCase(Locale.ROOT);
    String log = name + ".log";
    int exitCode =
        Child.run(
            folder,
            log,
            List.of("soak", "--seconds", SOAK_SECONDS, "--interval", "1", "--fault", name));
    List<String> found;
    try (var lines = Files.lines(folder.resolve(log))) {
      found = lines.filter(line -> line.startsWith(BROKEN)).toList();
    }
    boolean seen = exitCode == CommandLine.ExitCode.SOFTWARE && !found.isEmpty();
    System.out.printf(
        "  %-6s soak with fault %-18s %s%n",
        seen ? "seen" : "UNSEEN", name, seen ? found.get(0) : "exit code " + exitCode);
    return seen;
  }
}
