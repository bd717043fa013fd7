// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SamplesTest {

  private static Samples samples(double... values) {
    return new Samples(DoubleStream.of(values).boxed().toList(), true);
  }

  @Test
  void fewHaveAnIntervalFromTheLeastToTheMost() {
    Samples two = samples(5, 3);
    assertThat(List.of(two.low(), two.median(), two.high())).containsExactly(3.0, 4.0, 5.0);
    assertThat(two.confidence()).isCloseTo(0.5, within(1e-12));
    assertThat(samples(1, 2, 3, 4, 5).confidence()).isCloseTo(0.9375, within(1e-12));
    assertThat(samples(7).confidence()).isCloseTo(0, within(1e-12));
  }

  /** The table of order statistics: of nine the second and the eighth, of twenty the sixth. */
  @Test
  void manyHaveOneOfOrderStatistics() {
    Samples nine = samples(9, 8, 7, 6, 5, 4, 3, 2, 1);
    assertThat(List.of(nine.low(), nine.high())).containsExactly(2.0, 8.0);
    assertThat(nine.confidence()).isBetween(0.96, 0.962);
    Samples twenty = samples(DoubleStream.iterate(1, i -> i + 1).limit(20).toArray());
    assertThat(List.of(twenty.low(), twenty.high())).containsExactly(6.0, 15.0);
  }

  @Test
  void intervalsAreApartOrNot() {
    assertThat(samples(1, 2).isApartFrom(samples(3, 4))).isTrue();
    assertThat(samples(3, 4).isApartFrom(samples(1, 2))).isTrue();
    assertThat(samples(1, 3).isApartFrom(samples(2, 4))).isFalse();
  }
}
