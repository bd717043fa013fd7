// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ashlar.Seeds;
import org.junit.jupiter.api.Test;

/** Every function against a definition that goes bit by bit. */
class FreeBitsTest {

  private static boolean isFree(long bits, int at, int count) {
    for (int bit = at; bit < at + count; bit++) {
      if ((bits >>> bit & 1) == 0) {
        return false;
      }
    }
    return true;
  }

  private static int lowest(long bits, int order) {
    for (int at = 0; at < 64; at += 1 << order) {
      if (isFree(bits, at, 1 << order)) {
        return at;
      }
    }
    return 64;
  }

  private static void check(long bits) {
    int bound = 0;
    for (int order = 0; order <= 6; order++) {
      int lowest = lowest(bits, order);
      assertEquals(lowest, FreeBits.find(bits, order), () -> Long.toBinaryString(bits));
      assertEquals(lowest < 64, FreeBits.has(bits, order));
      bound = lowest < 64 ? order + 1 : bound;
    }
    assertEquals(bound, FreeBits.bound(bits), () -> Long.toBinaryString(bits));
  }

  /** All of 16 bits, at every fourth place, alone and with what is around them free. */
  @Test
  void everySmallPattern() {
    for (long pattern = 0; pattern < 1 << 16; pattern++) {
      for (int at = 0; at <= 48; at += 4) {
        check(pattern << at);
        check(~(pattern << at));
      }
    }
  }

  @Test
  void randomPatterns() throws InterruptedException {
    Seeds.run(
        random -> {
          for (int i = 0; i < 100_000; i++) {
            long bits = random.nextLong();
            check(bits);
            check(bits | bits << 1 | bits << 2 | random.nextLong());
          }
        });
  }

  @Test
  void everyMaskAndRun() {
    for (int at = 0; at < 64; at++) {
      for (int count = 1; count <= 64 - at; count++) {
        long mask = FreeBits.mask(at, count);
        assertEquals(count, Long.bitCount(mask));
        assertEquals(at, Long.numberOfTrailingZeros(mask));
        assertEquals(count, FreeBits.run(mask, at));
        for (int from = 0; from < 64; from++) {
          int expected = from < at || from >= at + count ? 0 : at + count - from;
          assertEquals(expected, FreeBits.run(mask, from));
        }
      }
    }
  }
}
