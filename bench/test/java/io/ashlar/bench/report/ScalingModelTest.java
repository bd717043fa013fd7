// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalingModelTest {

  private static final int[] THREADS = {1, 2, 4, 8, 16, 32, 64};

  private static Map<Integer, Double> points(IntToDoubleFunction throughput) {
    Map<Integer, Double> points = new TreeMap<>();
    for (int n : THREADS) {
      points.put(n, throughput.applyAsDouble(n));
    }
    return points;
  }

  private static IntToDoubleFunction law(double lambda, double sigma, double kappa) {
    return n -> lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1.0));
  }

  /** What the law made has the law's parameters. */
  @ParameterizedTest
  @CsvSource({
    "50, 0.05, 0.001",
    "50, 0, 0",
    "3, 0.2, 0",
    "3, 0, 0.01",
    "1000, 0.9, 0.05",
    "0.01, 1, 0"
  })
  void findsTheParameters(double lambda, double sigma, double kappa) {
    ScalingModel model = ScalingModel.fit(points(law(lambda, sigma, kappa)), 64).orElseThrow();
    assertThat(model.lambda()).isCloseTo(lambda, within(1e-4 * lambda));
    assertThat(model.sigma()).isCloseTo(sigma, within(1e-4));
    assertThat(model.kappa()).isCloseTo(kappa, within(1e-5));
    assertThat(model.worstResidual()).isLessThan(1e-4);
    assertThat(model.tellsScaling()).isTrue();
  }

  /** Noise of 2 % leaves the most threads where it was, about. */
  @Test
  void findsThePeakInNoise() {
    SplittableRandom random = new SplittableRandom(42);
    IntToDoubleFunction law = law(50, 0.05, 0.002);
    Map<Integer, Double> points =
        points(n -> law.applyAsDouble(n) * (1 + 0.02 * (2 * random.nextDouble() - 1)));
    ScalingModel model = ScalingModel.fit(points, 64).orElseThrow();
    assertThat(model.peak()).isCloseTo(Math.sqrt(0.95 / 0.002), within(2.0));
    assertThat(model.worstResidual()).isBetween(1e-4, 0.03);
  }

  /** Faster than linear is not in the law: the parameters stay at their bounds. */
  @Test
  void keepsToItsBounds() {
    ScalingModel model = ScalingModel.fit(points(n -> n * Math.sqrt(n)), 64).orElseThrow();
    assertThat(model.sigma()).isZero();
    assertThat(model.kappa()).isZero();
    assertThat(model.peak()).isInfinite();
    assertThat(model.residual(64)).isPositive();
  }

  /** Points beyond the processors do not move the fit, if there are enough others. */
  @Test
  void leavesOutWhatIsNoScaling() {
    IntToDoubleFunction law = law(50, 0.05, 0.001);
    Map<Integer, Double> points = points(n -> law.applyAsDouble(Math.min(n, 8)));
    ScalingModel model = ScalingModel.fit(points, 8).orElseThrow();
    assertThat(model.fitted()).containsExactly(1, 2, 4, 8);
    assertThat(model.sigma()).isCloseTo(0.05, within(1e-4));
    assertThat(model.isReal(8)).isTrue();
    assertThat(model.isReal(16)).isFalse();
    assertThat(model.tellsScaling()).isTrue();
  }

  @Test
  void saysSoWhereTooFewAreScaling() {
    ScalingModel model = ScalingModel.fit(points(law(50, 0.05, 0.001)), 2).orElseThrow();
    assertThat(model.fitted()).hasSameSizeAs(THREADS);
    assertThat(model.tellsScaling()).isFalse();
    assertThat(ScalingModel.fit(points(law(50, 0.05, 0.001)), 0).orElseThrow().tellsScaling())
        .isTrue();
  }

  @Test
  void needsThreePoints() {
    assertThat(ScalingModel.fit(Map.of(1, 1.0, 2, 2.0), 2)).isEmpty();
  }
}
