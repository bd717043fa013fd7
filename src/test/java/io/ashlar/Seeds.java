// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Seeds of random tests: another one at each run, named when the test fails, and set by the system
 * property {@code ashlar.test.seed} to run it once more.
 */
public final class Seeds {

  /** The system property that sets the seed of every random test. */
  private static final String PROPERTY = "ashlar.test.seed";

  /** A test over a source of random numbers. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs the test.
     *
     * @param random all that differs between two runs
     * @throws InterruptedException if it waits and is interrupted
     */
    void run(RandomGenerator random) throws InterruptedException;
  }

  private Seeds() {}

  /**
   * Runs a test with a seed of its own.
   *
   * @param body the test
   * @throws InterruptedException if the test throws it
   */
  public static void run(Body body) throws InterruptedException {
    long seed = Long.getLong(PROPERTY, new SplittableRandom().nextLong());
    try {
      body.run(new SplittableRandom(seed));
    } catch (RuntimeException | Error e) {
      throw new AssertionError("with -D" + PROPERTY + "=" + seed + ": " + e.getMessage(), e);
    }
  }
}
