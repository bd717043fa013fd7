// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;

/**
 * What JCStress found of one test, over all its configurations.
 *
 * @param name the test's class, without the package
 * @param passed whether nothing forbidden was seen, and the JVM lived
 * @param samples how often it was run
 * @param forbidden the forbidden outcomes seen, how often, and what else went wrong; empty if none
 * @param forbiddenSeen how often a forbidden outcome was seen
 */
record Handover(String name, boolean passed, long samples, String forbidden, long forbiddenSeen) {

  private static final String PACKAGE = "io.ashlar.stress.handover.";

  /** Names of all negative controls, and of all tests. */
  static final String CONTROLS = "\\w+\\.Control\\w+";

  static final String TESTS = "\\w+\\.(?!Control)\\w+";

  /**
   * Runs tests, and tells what was found, by name.
   *
   * @param names which, as a regular expression
   * @param thorough whether it may take long
   */
  static List<Handover> run(String names, boolean thorough)
      throws IOException, InterruptedException {
    Path folder = Child.target().resolve(names.equals(TESTS) ? "jcstress" : "jcstress-controls");
    Files.createDirectories(folder);
    removeResults(folder);
    List<String> arguments = new ArrayList<>(List.of("jcstress", "-r", "report", "-f", "1"));
    arguments.addAll(List.of("-jvmArgs", "--enable-native-access=ALL-UNNAMED"));
    arguments.addAll(
        thorough
            ? List.of("-iters", "5", "-time", "1000")
            : List.of("-iters", "3", "-time", "300", "-sc", "false"));
    arguments.add("-t");
    arguments.add(PACKAGE.replace(".", "\\.") + "(?:" + names + ")$");
    // JCStress ends with an error where a test has failed; its results tell more.
    Child.run(folder, "jcstress.log", arguments);
    return read(folder);
  }

  private static void removeResults(Path folder) throws IOException {
    for (Path old : results(folder)) {
      Files.delete(old);
    }
  }

  private static List<Path> results(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().endsWith(".bin.gz")).toList();
    }
  }

  private static List<Handover> read(Path folder) throws IOException {
    TreeMap<String, List<TestResult>> byName = new TreeMap<>();
    for (Path file : results(folder)) {
      DiskReadCollector collector =
          new DiskReadCollector(
              file.toString(),
              result ->
                  byName.computeIfAbsent(result.getName(), name -> new ArrayList<>()).add(result));
      try {
        collector.dump();
      } catch (ClassNotFoundException e) {
        throw new UncheckedIOException(new IOException(file + " is of another JCStress", e));
      } finally {
        collector.close();
      }
    }
    List<Handover> tests = new ArrayList<>();
    byName.forEach((name, results) -> tests.add(of(name, results)));
    tests.sort(Comparator.comparing(Handover::name));
    return tests;
  }

  private static Handover of(String name, List<TestResult> results) {
    long samples = 0;
    long seen = 0;
    boolean passed = true;
    TreeMap<String, Long> bad = new TreeMap<>();
    for (TestResult result : results) {
      samples += result.getTotalCount();
      if (result.status() != Status.NORMAL) {
        passed = false;
        bad.merge(result.status().toString(), 1L, Long::sum);
      }
      for (GradingResult grade : result.grading().gradingResults.values()) {
        if (grade.expect == Expect.FORBIDDEN && grade.count > 0) {
          passed = false;
          seen += grade.count;
          bad.merge("(" + grade.id + ") " + grade.description, grade.count, Long::sum);
        }
      }
    }
    StringBuilder text = new StringBuilder();
    bad.forEach((what, times) -> text.append("%s: %,d times; ".formatted(what, times)));
    return new Handover(name.substring(PACKAGE.length()), passed, samples, text.toString(), seen);
  }
}
