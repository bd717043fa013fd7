// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BitsTest {

  @Test
  void powersOfTwo() {
    for (int shift = 0; shift < 63; shift++) {
      assertTrue(Bits.isPowerOfTwo(1L << shift));
      assertFalse(Bits.isPowerOfTwo(-1L << shift));
      if (shift > 1) {
        assertFalse(Bits.isPowerOfTwo((1L << shift) - 1));
        assertFalse(Bits.isPowerOfTwo((1L << shift) + 1));
      }
    }
    assertFalse(Bits.isPowerOfTwo(0));
    assertFalse(Bits.isPowerOfTwo(Long.MIN_VALUE));
    assertFalse(Bits.isPowerOfTwo(Long.MAX_VALUE));
  }

  @Test
  void rounding() {
    for (long alignment = 1; alignment <= 64; alignment *= 2) {
      for (long value = 0; value < 300; value++) {
        long down = value / alignment * alignment;
        assertEquals(down, Bits.alignDown(value, alignment));
        assertEquals(down == value ? value : down + alignment, Bits.alignUp(value, alignment));
      }
    }
    assertTrue(Bits.alignUp(Long.MAX_VALUE, 4096) < 0);
    assertEquals(Long.MAX_VALUE - 4095, Bits.alignUp(Long.MAX_VALUE - 4095, 4096));
  }

  @Test
  void logarithms() {
    for (int value = 1; value < 5000; value++) {
      int floor = Bits.floorLog2(value);
      int ceil = Bits.ceilLog2(value);
      assertTrue(1 << floor <= value && value < 1 << (floor + 1));
      assertTrue(value <= 1 << ceil && (ceil == 0 || value > 1 << (ceil - 1)));
    }
    assertEquals(62, Bits.floorLog2(Long.MAX_VALUE));
    assertEquals(63, Bits.ceilLog2(Long.MAX_VALUE));
  }
}
