// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import java.util.Arrays;
import java.util.Collection;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/** The middle of repeated measurements. */
public final class Medians {

  private Medians() {}

  /**
   * The median.
   *
   * @param values at least one
   * @return the middle one, or the mean of the middle two
   */
  public static double of(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    return new Median().evaluate(values);
  }

  /**
   * The median.
   *
   * @param values at least one
   * @return the middle one, or the mean of the middle two
   */
  public static double of(Collection<? extends Number> values) {
    return of(values.stream().mapToDouble(Number::doubleValue).toArray());
  }

  /**
   * The median of ratios inside rounds: each round's value over the same round's reference, so that
   * what slows the machine down for a while slows both.
   *
   * @param values by round
   * @param references by round
   * @return the median of the quotients
   */
  public static double ofRatios(double[] values, double[] references) {
    int rounds = Math.min(values.length, references.length);
    double[] ratios = new double[rounds];
    Arrays.setAll(ratios, round -> values[round] / references[round]);
    return of(ratios);
  }
}
