// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/**
 * A word of the lock-free buddy system as a value: 64 bits, one for each of 64 neighbouring
 * <em>units</em>, set if the unit is free and nobody's. A buddy of order {@code j} in it is {@code
 * 2^j} set bits from a multiple of {@code 2^j} on. Pure functions: every change of a word is one
 * compare-and-set from a value to what one of these makes of it.
 *
 * <p>The <em>bound</em> of a word is one more than the order of the largest buddy in it, 0 if there
 * is none:
 *
 * <pre>
 *   bits 0…63   0000… → 0    0100… → 1    0011… → 2 (pair at 2)    0110… → 1    1111…(64) → 7
 * </pre>
 */
final class FreeBits {

  /** log₂ of the bits in a word. */
  static final int LOG_BITS = 6;

  /** Bits in a word. */
  static final int BITS = 1 << LOG_BITS;

  /** All units are free. */
  static final long ALL = -1L;

  /** The bound of {@link #ALL}. */
  static final int MAX_BOUND = LOG_BITS + 1;

  /** For each order the bits at which a buddy may begin. */
  private static final long[] STARTS = {
    0xFFFF_FFFF_FFFF_FFFFL,
    0x5555_5555_5555_5555L,
    0x1111_1111_1111_1111L,
    0x0101_0101_0101_0101L,
    0x0001_0001_0001_0001L,
    0x0000_0001_0000_0001L,
    0x0000_0000_0000_0001L,
  };

  private FreeBits() {}

  /** The bits of {@code count} units from {@code at} on, {@code count} being 1 … 64 - at. */
  static long mask(int at, int count) {
    return ALL >>> (BITS - count) << at;
  }

  /** The first unit of the lowest buddy of an order; 64 if there is none. */
  static int find(long bits, int order) {
    return Long.numberOfTrailingZeros(buddies(bits, order));
  }

  /** Whether there is a buddy of an order. */
  static boolean has(long bits, int order) {
    return buddies(bits, order) != 0;
  }

  /** A bit at the start of each buddy of an order. */
  private static long buddies(long bits, int order) {
    // After i rounds: at which bits 2^i set ones begin, aligned or not.
    long runs = bits;
    for (int i = 0; i < order; i++) {
      runs &= runs >>> (1 << i);
    }
    return runs & STARTS[order];
  }

  /** One more than the order of the largest buddy; 0 if there is none. */
  static int bound(long bits) {
    long buddies = bits;
    int bound = 0;
    while (buddies != 0) {
      bound++;
      if (bound > LOG_BITS) {
        return bound;
      }
      buddies &= buddies >>> (1 << (bound - 1)) & STARTS[bound];
    }
    return bound;
  }

  /** How many set bits follow one another from a bit on. */
  static int run(long bits, int at) {
    return Math.min(BITS - at, Long.numberOfTrailingZeros(~(bits >>> at)));
  }
}
