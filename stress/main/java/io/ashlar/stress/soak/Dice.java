// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

/**
 * A worker's random numbers (splitmix64: a few instructions, no object), and the sizes and
 * alignments made of them.
 */
final class Dice {

  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  Dice(long seed) {
    state = seed;
  }

  long next() {
    long z = state += GAMMA;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** Below a bound, 1 … 2^31; all but even. */
  int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }

  /** Whether a thing of which there is one in so many, a power of two, happens now. */
  boolean oneIn(int powerOfTwo) {
    return (next() >>> 20 & powerOfTwo - 1) == 0;
  }

  /**
   * Mostly up to 1 KiB, small ones more often; one in sixteen up to 32 KiB; one in 128 a run of
   * frames, up to 288 KiB; one in a million a mapping.
   */
  long size() {
    long roll = next();
    int kind = (int) roll & 127;
    roll >>>= 7;
    if (kind > 8) {
      return roll >>> 6 & (16L << (roll & 7)) - 1 & 1023;
    }
    if (kind > 0) {
      return roll & 32767;
    }
    if ((roll & 8191) != 0) {
      return (32 << 10) + (roll >>> 16 & (1L << (15 + (roll & 3))) - 1);
    }
    return (33L << 20) + (roll >>> 16 & (1 << 20) - 1);
  }

  /** Mostly up to a cache line or a page, rarely up to 2 MiB. */
  long alignment() {
    return 1L << (oneIn(256) ? below(22) : below(13));
  }
}
