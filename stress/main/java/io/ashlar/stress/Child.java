// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM that runs one command of this program: what goes wrong there ends that one alone. */
final class Child {

  private Child() {}

  /** Where results and logs go. */
  static Path target() {
    return Path.of(System.getProperty("ashlar.stress.target", "target")).toAbsolutePath();
  }

  /**
   * Runs a command to its end.
   *
   * @param folder its working directory
   * @param log the file in it that gets its output
   * @param arguments the command and its arguments
   * @return its exit code
   */
  static int run(Path folder, String log, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(log).toFile())
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    return process.waitFor();
  }
}
