// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What was measured on.
 *
 * @param processor the processor's name
 * @param processors how many the JVM may use; 0 if a file does not tell, nor the rest then
 * @param memoryBytes physical memory
 * @param system name and version of the operating system
 * @param java the JVM
 * @param load load average of the last minute when the run began; -1 if unknown
 */
public record Machine(
    String processor, int processors, long memoryBytes, String system, String java, double load) {

  /**
   * Describes this machine, now.
   *
   * @return the description
   */
  public static Machine here() {
    var bean = ManagementFactory.getOperatingSystemMXBean();
    long memory =
        bean instanceof com.sun.management.OperatingSystemMXBean sun ? sun.getTotalMemorySize() : 0;
    return new Machine(
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        memory,
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        bean.getSystemLoadAverage());
  }

  private static String processorName() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return System.getProperty("os.arch");
    }
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In a line. */
  @Override
  public String toString() {
    if (processors == 0) {
      return java + "; what it ran on is not recorded";
    }
    return String.format(
        Locale.ROOT,
        "%s, %d processors, %.0f GiB; %s; %s; load at start %.2f",
        processor,
        processors,
        memoryBytes / (double) (1L << 30),
        system,
        java,
        load);
  }
}
