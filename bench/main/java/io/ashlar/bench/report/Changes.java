// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.report.Entry.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.stat.inference.MannWhitneyUTest;

/**
 * What changed from one file of results to another, beyond noise.
 *
 * <p>A figure has changed if the intervals of its medians are apart, and the medians themselves
 * further than noise would put them. How much noise there is cannot be told from two or three
 * rounds of one figure, but from those of all figures together: so the medians must differ by more
 * than {@value #STANDARD_ERRORS} standard errors, of a deviation that is the root mean square of
 * all figures' of both files, or this figure's own if that is larger. Where there are {@value
 * #MANY} rounds or more of both, the test of Mann and Whitney must agree. A figure that one of the
 * files has but once is not judged.
 */
public final class Changes {

  private static final double STANDARD_ERRORS = 2.5;

  /** The standard error of a median over that of a mean, of values that are normal. */
  private static final double OF_MEDIAN = Math.sqrt(Math.PI / 2);

  private static final int MANY = 8;
  private static final double SIGNIFICANCE = 0.01;

  private final List<Change> changed = new ArrayList<>();
  private final List<Change> slower = new ArrayList<>();
  private final List<String> onlyBefore = new ArrayList<>();
  private final List<String> onlyAfter = new ArrayList<>();
  private int judged;
  private int unjudged;

  /**
   * Compares two files.
   *
   * @param before the first
   * @param after the second
   */
  public Changes(Results before, Results after) {
    Map<Cell, Entry> first = cells(before);
    Map<Cell, Entry> second = cells(after);
    double noise = noise(first, second);
    first.forEach(
        (cell, entry) -> {
          if (second.containsKey(cell)) {
            judge(cell, entry, second.get(cell), noise);
          } else {
            onlyBefore.add(cell.toString());
          }
        });
    second.keySet().stream()
        .filter(cell -> !first.containsKey(cell))
        .forEach(cell -> onlyAfter.add(cell.toString()));
    changed.sort(Comparator.comparingDouble(Change::size).reversed());
  }

  /** What an entry is of. */
  private record Cell(Kind kind, String allocator, int threads) {

    @Override
    public String toString() {
      return new Group(kind, List.of()).title()
          + ", "
          + allocator
          + ", "
          + HtmlReport.threads(threads);
    }
  }

  /**
   * A figure that changed.
   *
   * @param cell what it is of
   * @param before the median in the first file
   * @param after the median in the second
   * @param unit of both
   * @param timeRatio time over time: above 1 it became slower
   */
  public record Change(String cell, double before, double after, String unit, double timeRatio) {

    double size() {
      return Math.abs(Math.log(timeRatio));
    }
  }

  private static Map<Cell, Entry> cells(Results results) {
    Map<Cell, Entry> cells = new LinkedHashMap<>();
    results
        .entries()
        .forEach(
            entry -> cells.put(new Cell(entry.kind(), entry.allocator(), entry.threads()), entry));
    return cells;
  }

  /** The variance of the logarithm of a figure, over all figures measured more than once. */
  private static double noise(Map<Cell, Entry> first, Map<Cell, Entry> second) {
    return java.util.stream.Stream.of(first, second)
        .flatMap(cells -> cells.values().stream())
        .map(entry -> entry.primary().samples())
        .filter(samples -> samples.count() > 1 && samples.ofForks())
        .mapToDouble(Samples::logVariance)
        .average()
        .orElse(0);
  }

  private void judge(Cell cell, Entry before, Entry after, double noise) {
    Samples a = before.primary().samples();
    Samples b = after.primary().samples();
    // What two measurements of one JVM differ by tells nothing of what two JVMs do.
    if (Math.min(a.count(), b.count()) < 2 || !a.ofForks() || !b.ofForks()) {
      unjudged++;
      return;
    }
    judged++;
    if (!a.isApartFrom(b)) {
      return;
    }
    double variance = Math.max(noise, Math.max(a.logVariance(), b.logVariance()));
    double error = OF_MEDIAN * Math.sqrt(variance * (1.0 / a.count() + 1.0 / b.count()));
    double quotient = b.median() / a.median();
    if (Math.abs(Math.log(quotient)) <= STANDARD_ERRORS * error || !isSignificant(a, b)) {
      return;
    }
    double timeRatio = cell.kind().isThroughput() ? 1 / quotient : quotient;
    Change change =
        new Change(cell.toString(), a.median(), b.median(), before.primary().unit(), timeRatio);
    changed.add(change);
    if (timeRatio > 1) {
      slower.add(change);
    }
  }

  private static boolean isSignificant(Samples a, Samples b) {
    return Math.min(a.count(), b.count()) < MANY
        || new MannWhitneyUTest().mannWhitneyUTest(array(a), array(b)) < SIGNIFICANCE;
  }

  private static double[] array(Samples samples) {
    return samples.values().stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * What changed.
   *
   * @return the largest change first
   */
  public List<Change> changed() {
    return List.copyOf(changed);
  }

  /**
   * By how much what became slower did so.
   *
   * @return the largest ratio of times; 1 if nothing became slower
   */
  public double worst() {
    return slower.stream().mapToDouble(Change::timeRatio).max().orElse(1);
  }

  /**
   * What the first file alone has.
   *
   * @return a line for each figure
   */
  public List<String> onlyBefore() {
    return List.copyOf(onlyBefore);
  }

  /**
   * What the second file alone has.
   *
   * @return a line for each figure
   */
  public List<String> onlyAfter() {
    return List.copyOf(onlyAfter);
  }

  /**
   * How many figures both files have more than once.
   *
   * @return those that changed and those that did not
   */
  public int judged() {
    return judged;
  }

  /**
   * How many figures both files have, but one of them once.
   *
   * @return those of which nothing can be said
   */
  public int unjudged() {
    return unjudged;
  }
}
