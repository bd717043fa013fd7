// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.memory.Padding;

/**
 * A cheap sequence of random numbers, the same in each run: a linear congruential generator modulo
 * 2^64, of which only the high half is used. One multiplication and one addition a step, which a
 * processor does while it waits for the allocator.
 */
final class Sequence extends Padding {

  private long state;

  /**
   * Starts a sequence.
   *
   * @param number which; the sequences of different numbers do not resemble each other
   */
  Sequence(int number) {
    state = (number + 1) * 0x9E3779B97F4A7C15L;
    next();
    next();
  }

  /**
   * The next number.
   *
   * @return uniform in [0, 2^32)
   */
  long next() {
    state = state * 6364136223846793005L + 1442695040888963407L;
    return state >>> 32;
  }

  /**
   * The next number below a bound.
   *
   * @param bound at most 2^31
   * @return uniform in [0, bound), but for a bias below bound / 2^32
   */
  int below(int bound) {
    return (int) ((next() * bound) >>> 32);
  }
}
