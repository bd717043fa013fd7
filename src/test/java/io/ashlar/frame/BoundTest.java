// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** Every transition from every state, with a few versions. */
class BoundTest {

  private static void everyState(LongConsumer body) {
    for (long version : new long[] {0, 1, 77, (1L << 56) - 1}) {
      for (int state = 0; state < 32; state++) {
        body.accept(version << 8 | state);
      }
    }
  }

  @Test
  void examining() {
    everyState(
        entry -> {
          long examined = Bound.examine(entry);
          assertEquals(Bound.bound(entry), Bound.bound(examined));
          assertEquals(Bound.isHeld(entry), Bound.isHeld(examined));
          assertEquals(true, Bound.isExamined(examined));
          // Another look, or the same state once more, is another value.
          assertNotEquals(examined, Bound.examine(examined));
          for (int bound = 0; bound <= 7; bound++) {
            assertEquals(false, Bound.covers(examined, bound));
            assertNotEquals(examined, Bound.examine(Bound.raised(examined, bound)));
            assertNotEquals(examined, Bound.examine(Bound.lowered(examined, bound)));
          }
        });
  }

  @Test
  void loweringAndRaising() {
    everyState(
        entry -> {
          for (int bound = 0; bound <= 7; bound++) {
            long lowered = Bound.lowered(entry, bound);
            long raised = Bound.raised(entry, bound);
            assertEquals(bound, Bound.bound(lowered));
            assertEquals(Math.max(bound, Bound.bound(entry)), Bound.bound(raised));
            assertEquals(true, Bound.covers(raised, bound));
            for (long after : new long[] {lowered, raised}) {
              assertEquals(false, Bound.isExamined(after));
              assertEquals(Bound.isHeld(entry), Bound.isHeld(after));
              assertEquals(entry >>> 8, after >>> 8);
            }
            boolean covers = !Bound.isExamined(entry) && Bound.bound(entry) >= bound;
            assertEquals(covers, Bound.covers(entry, bound));
          }
        });
  }

  @Test
  void holding() {
    everyState(
        entry -> {
          assertEquals(true, Bound.isHeld(Bound.hold(entry)));
          assertEquals(false, Bound.isHeld(Bound.leave(entry)));
          assertEquals(entry & ~16, Bound.leave(Bound.hold(entry)));
          assertEquals(entry | 16, Bound.hold(Bound.leave(entry)));
        });
  }
}
