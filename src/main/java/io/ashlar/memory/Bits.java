// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import java.nio.ByteOrder;

/** Arithmetic on powers of two and bits. */
public final class Bits {

  private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private Bits() {}

  /**
   * Whether a value is a power of two.
   *
   * @param value any value
   * @return whether it is 1, 2, 4, …
   */
  public static boolean isPowerOfTwo(long value) {
    return value > 0 && (value & (value - 1)) == 0;
  }

  /**
   * Rounds up to a multiple.
   *
   * @param value 0 or more
   * @param alignment a power of two
   * @return the least multiple of {@code alignment} that is not below {@code value}; negative if
   *     there is none in a {@code long}
   */
  public static long alignUp(long value, long alignment) {
    return (value + alignment - 1) & -alignment;
  }

  /**
   * Rounds down to a multiple.
   *
   * @param value 0 or more
   * @param alignment a power of two
   * @return the greatest multiple of {@code alignment} that is not above {@code value}
   */
  public static long alignDown(long value, long alignment) {
    return value & -alignment;
  }

  /**
   * The order of a count: the exponent of the least power of two that is not below it.
   *
   * @param value 1 or more
   * @return ⌈log₂ value⌉
   */
  public static int ceilLog2(long value) {
    return 64 - Long.numberOfLeadingZeros(value - 1);
  }

  /**
   * The exponent of the greatest power of two that is not above a value.
   *
   * @param value 1 or more
   * @return ⌊log₂ value⌋
   */
  public static int floorLog2(long value) {
    return 63 - Long.numberOfLeadingZeros(value);
  }

  /** Where the byte at an address lies in the aligned 32-bit word around it, as a shift. */
  static int shiftInWord(long address) {
    int byteIndex = (int) address & 3;
    return 8 * (LITTLE_ENDIAN ? byteIndex : 3 - byteIndex);
  }
}
