// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.math3.fitting.leastsquares.LeastSquaresBuilder;
import org.apache.commons.math3.fitting.leastsquares.LeastSquaresOptimizer.Optimum;
import org.apache.commons.math3.fitting.leastsquares.LevenbergMarquardtOptimizer;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.apache.commons.math3.util.Pair;

/**
 * Gunther's Universal Scalability Law, fitted to throughputs X of N threads:
 *
 * <pre>
 *   X(N) = λ N / (1 + σ (N - 1) + κ N (N - 1))
 * </pre>
 *
 * <p>The squares of the relative residuals are made least, under σ, κ ≥ 0. Only points with no more
 * threads than processors tell how a program scales; with more, threads share processors. So the
 * others are left out of the fit if three are left without them; if not, which is so on a machine
 * with two processors, all points are used, and what comes out describes the measured curve but
 * says nothing of more processors.
 *
 * @param lambda throughput of one thread, in the unit of the points
 * @param sigma share of the work that is done by one thread at a time (contention)
 * @param kappa what each pair of threads costs each other (coherence)
 * @param points measured, by threads
 * @param fitted threads of those points that the parameters were fitted to
 * @param processors of the machine; 0 if unknown
 */
public record ScalingModel(
    double lambda,
    double sigma,
    double kappa,
    Map<Integer, Double> points,
    List<Integer> fitted,
    int processors) {

  /** Points that three parameters need. */
  public static final int MIN_POINTS = 3;

  private static final int MOST_STEPS = 10_000;
  private static final double FIRST_SIGMA = 0.1;
  private static final double FIRST_KAPPA = 0.01;

  /** Makes unchangeable copies. */
  public ScalingModel {
    points = Collections.unmodifiableMap(new TreeMap<>(points));
    fitted = List.copyOf(fitted);
  }

  /**
   * Fits the law.
   *
   * @param points throughputs by threads, all above 0
   * @param processors of the machine; 0 if unknown, and then all points are taken for real
   * @return the model; empty if there are fewer than {@link #MIN_POINTS} points
   */
  public static Optional<ScalingModel> fit(Map<Integer, Double> points, int processors) {
    if (points.size() < MIN_POINTS) {
      return Optional.empty();
    }
    List<Integer> all = points.keySet().stream().sorted().toList();
    List<Integer> real = all.stream().filter(n -> processors == 0 || n <= processors).toList();
    List<Integer> fitted = real.size() >= MIN_POINTS ? real : all;
    double[] n = fitted.stream().mapToDouble(Integer::doubleValue).toArray();
    double[] x = fitted.stream().mapToDouble(points::get).toArray();
    // Bounds by cases: of the fits without the one, the other, both or none, the best within them.
    List<double[]> fits = new ArrayList<>();
    for (boolean contention : new boolean[] {true, false}) {
      for (boolean coherence : new boolean[] {true, false}) {
        fits.add(new Fit(n, x, contention, coherence).parameters());
      }
    }
    return fits.stream()
        .filter(p -> p[0] > 0 && p[1] >= 0 && p[2] >= 0)
        .min(Comparator.comparingDouble(p -> squares(n, x, p)))
        .map(p -> new ScalingModel(p[0], p[1], p[2], points, fitted, processors));
  }

  /** The model of what one allocator did. */
  static Optional<ScalingModel> of(Group group, String allocator, int processors) {
    Map<Integer, Double> points = new TreeMap<>();
    for (int threads : group.threads()) {
      group
          .at(allocator, threads)
          .flatMap(Entry::opsPerMicro)
          .ifPresent(speed -> points.put(threads, speed));
    }
    return fit(points, processors);
  }

  private static double throughput(double n, double[] p) {
    return p[0] * n / (1 + p[1] * (n - 1) + p[2] * n * (n - 1));
  }

  private static double squares(double[] n, double[] x, double[] p) {
    double sum = 0;
    for (int i = 0; i < n.length; i++) {
      double residual = throughput(n[i], p) / x[i] - 1;
      sum += residual * residual;
    }
    return sum;
  }

  /**
   * The law's throughput.
   *
   * @param threads 1 or more
   * @return in the unit of the points
   */
  public double throughput(double threads) {
    return throughput(threads, new double[] {lambda, sigma, kappa});
  }

  /**
   * How far a point lies from the law.
   *
   * @param threads of one of the points
   * @return measured ÷ model - 1
   */
  public double residual(int threads) {
    return points.get(threads) / throughput(threads) - 1;
  }

  /**
   * The largest residual of the points that were fitted.
   *
   * @return its magnitude
   */
  public double worstResidual() {
    return fitted.stream().mapToDouble(n -> Math.abs(residual(n))).max().orElseThrow();
  }

  /**
   * The number of threads at which throughput is most.
   *
   * @return 1 or more; infinite if it never falls
   */
  public double peak() {
    if (sigma >= 1) {
      return 1;
    }
    return kappa == 0 ? Double.POSITIVE_INFINITY : Math.max(1, Math.sqrt((1 - sigma) / kappa));
  }

  /**
   * Whether a point has no more threads than there are processors.
   *
   * @param threads of the point
   * @return true also if the number of processors is unknown
   */
  public boolean isReal(int threads) {
    return processors == 0 || threads <= processors;
  }

  /**
   * Whether the parameters tell how the program scales.
   *
   * @return false if they were fitted to points with more threads than processors
   */
  public boolean tellsScaling() {
    return fitted.stream().allMatch(this::isReal);
  }

  /** One fit without bounds, of λ and those of the others that are not held at 0. */
  private static final class Fit {

    private final double[] n;
    private final double[] x;
    private final boolean contention;
    private final boolean coherence;

    Fit(double[] n, double[] x, boolean contention, boolean coherence) {
      this.n = n;
      this.x = x;
      this.contention = contention;
      this.coherence = coherence;
    }

    double[] parameters() {
      double[] start = free(new double[] {x[0] / n[0], FIRST_SIGMA, FIRST_KAPPA});
      double[] ones = new double[n.length];
      Arrays.fill(ones, 1);
      Optimum optimum =
          new LevenbergMarquardtOptimizer()
              .optimize(
                  new LeastSquaresBuilder()
                      .start(start)
                      .target(ones)
                      .model(this::valueAndJacobian)
                      .lazyEvaluation(false)
                      .maxEvaluations(MOST_STEPS)
                      .maxIterations(MOST_STEPS)
                      .build());
      return whole(optimum.getPoint().toArray());
    }

    private double[] free(double[] all) {
      double[] some = new double[1 + (contention ? 1 : 0) + (coherence ? 1 : 0)];
      int at = 0;
      some[at++] = all[0];
      if (contention) {
        some[at++] = all[1];
      }
      if (coherence) {
        some[at] = all[2];
      }
      return some;
    }

    private double[] whole(double[] some) {
      return new double[] {
        some[0], contention ? some[1] : 0, coherence ? some[some.length - 1] : 0
      };
    }

    /** Model ÷ measured, whose target is 1. */
    private Pair<RealVector, RealMatrix> valueAndJacobian(RealVector point) {
      double[] p = whole(point.toArray());
      double[] values = new double[n.length];
      double[][] jacobian = new double[n.length][];
      for (int i = 0; i < n.length; i++) {
        double pairs = n[i] * (n[i] - 1);
        double under = 1 + p[1] * (n[i] - 1) + p[2] * pairs;
        values[i] = throughput(n[i], p) / x[i];
        jacobian[i] =
            free(
                new double[] {
                  n[i] / under / x[i], -values[i] * (n[i] - 1) / under, -values[i] * pairs / under
                });
      }
      return new Pair<>(new ArrayRealVector(values), new Array2DRowRealMatrix(jacobian));
    }
  }
}
