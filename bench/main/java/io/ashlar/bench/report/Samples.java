// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.Medians;
import java.util.List;
import org.apache.commons.math3.distribution.BinomialDistribution;

/**
 * Repeated measurements of one figure: one of each JVM, which is the median of its iterations; or
 * the iterations themselves, where there was but one JVM, so that they say nothing about how JVMs
 * differ.
 *
 * @param values one or more, in the order in which they were measured
 * @param ofForks whether each is of a JVM of its own
 */
record Samples(List<Double> values, boolean ofForks) {

  private static final double CONFIDENCE = 0.95;

  Samples {
    values = List.copyOf(values);
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no values");
    }
  }

  int count() {
    return values.size();
  }

  double median() {
    return Medians.of(values);
  }

  double low() {
    return sorted().get(rank());
  }

  double high() {
    return sorted().get(count() - 1 - rank());
  }

  /**
   * With which probability the median of all that could be measured lies from {@link #low} to
   * {@link #high}, if the values are independent: at least 95 % where there are six or more; with
   * fewer the interval is from the least to the most, and this says how little that is.
   */
  double confidence() {
    return confidence(count(), rank());
  }

  /** Of the two values that bound the interval, how many lie outside on either side. */
  private int rank() {
    int rank = 0;
    while (2 * (rank + 1) < count() && confidence(count(), rank + 1) >= CONFIDENCE) {
      rank++;
    }
    return rank;
  }

  private static double confidence(int count, int rank) {
    return 1 - 2 * new BinomialDistribution(null, count, 0.5).cumulativeProbability(rank);
  }

  boolean isApartFrom(Samples other) {
    return low() > other.high() || high() < other.low();
  }

  /** The variance of the values' logarithms: of what noise there is in relation to the figure. */
  double logVariance() {
    double mean = values.stream().mapToDouble(Math::log).average().orElseThrow();
    double squares = values.stream().mapToDouble(v -> Math.pow(Math.log(v) - mean, 2)).sum();
    return squares / (count() - 1);
  }

  private List<Double> sorted() {
    return values.stream().sorted().toList();
  }
}
