// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.subject.Peer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

/** Starts JVMs that measure one allocator each. */
public final class JvmCell {

  /** What each JVM that measures is started with. */
  public static final List<String> ARGUMENTS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-XX:MaxDirectMemorySize=8g", // of Netty's buffers, which else is that of the heap
          // No collector's threads beside the workload's: nothing here makes garbage to speak of.
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "-Xlog:cds=off",
          "-Xlog:aot=off");

  /** For what is built and written here. */
  public static final Path FOLDER =
      Path.of(System.getProperty("ashlar.bench.target", System.getProperty("java.io.tmpdir")));

  private static final Map<Peer, String> LAUNCHERS = new ConcurrentHashMap<>();

  private JvmCell() {}

  /**
   * The command that starts a JVM fit for a peer: {@code java} itself, or a script that adds to the
   * environment first.
   *
   * @param peer the allocator that the JVM will open
   * @param java the {@code java} to start
   * @return the command's path
   */
  static String launcher(Peer peer, String java) {
    return peer.environment().isEmpty()
        ? java
        : LAUNCHERS.computeIfAbsent(peer, absent -> writeLauncher(peer, java));
  }

  private static String writeLauncher(Peer peer, String java) {
    StringBuilder script = new StringBuilder("#!/bin/sh\n");
    peer.environment().forEach((name, value) -> script.append(name + "='" + value + "' "));
    script.append("exec '").append(java).append("' \"$@\"\n");
    try {
      Path file =
          Files.createTempFile(
              "java-" + peer.label() + "-",
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      file.toFile().deleteOnExit();
      return Files.writeString(file, script).toString();
    } catch (IOException e) {
      throw new FailedException("cannot write a launcher for " + peer, e);
    }
  }

  /**
   * The {@code java} that runs this program.
   *
   * @return its path
   */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /**
   * Measures in a fresh JVM.
   *
   * @param peer the allocator that the JVM will open
   * @param jvmArguments beyond {@link #ARGUMENTS}
   * @param main the class that measures
   * @param arguments of the class; one more is added, the file for what comes out
   * @return what the class wrote into the file
   * @throws FailedException with what the JVM printed, if it failed
   * @throws InterruptedException if interrupted
   */
  public static String measure(
      Peer peer, List<String> jvmArguments, Class<?> main, String... arguments)
      throws InterruptedException {
    try {
      Path file = Files.createTempFile("cell-", "");
      try {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add(file.toString());
        run(peer, jvmArguments, main, all);
        return Files.readString(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new FailedException("cannot read what " + peer + " measured", e);
    }
  }

  /** Runs a class of this program in a fresh JVM, and waits for it. */
  private static void run(
      Peer peer, List<String> jvmArguments, Class<?> main, List<String> arguments)
      throws InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(launcher(peer, java()));
    command.addAll(ARGUMENTS);
    command.addAll(StartupCache.of(main));
    command.addAll(jvmArguments);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        throw new FailedException(peer + " failed with exit code " + code + ":\n" + output, null);
      }
    } catch (IOException e) {
      throw new FailedException("cannot start " + command.get(0), e);
    }
  }

  /** A JVM that could not be started, or ended with an error. */
  public static final class FailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    FailedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Tells builds of what is measured apart.
   *
   * @return a checksum of it, in hexadecimal figures
   * @throws IOException if it cannot be read
   */
  static String build() throws IOException {
    CRC32C sum = new CRC32C();
    Path jar = Path.of(System.getProperty("java.class.path"));
    if (Files.isRegularFile(jar)) {
      sum.update(Files.readAllBytes(jar));
    }
    return Long.toHexString(sum.getValue());
  }
}
