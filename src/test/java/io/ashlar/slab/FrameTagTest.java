// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FrameTagTest {

  private static final int[] NUMBERS = {0, 1, 63, 65_535, 65_536, 1 << 30, Integer.MAX_VALUE};

  @Test
  void slabsTagsSayWhatWasPutIn() {
    for (int home = 0; home <= FrameTag.MAX_SHARD; home += home < 2000 ? 1 : 977) {
      for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
        for (int number : NUMBERS) {
          long tag = FrameTag.slab(home, sizeClass, number);
          assertTrue(FrameTag.isSlab(tag));
          assertFalse(FrameTag.isRun(tag));
          assertEquals(home, FrameTag.home(tag));
          assertEquals(sizeClass, FrameTag.sizeClass(tag));
          assertEquals(number, FrameTag.value(tag));
        }
      }
    }
  }

  @Test
  void runsTagsSayTheirLength() {
    for (int frames : new int[] {1, 2, 4095, 8192, 1 << 30, Integer.MAX_VALUE}) {
      long tag = FrameTag.run(frames);
      assertTrue(FrameTag.isRun(tag));
      assertFalse(FrameTag.isSlab(tag));
      assertEquals(frames, FrameTag.value(tag));
    }
    assertFalse(FrameTag.isRun(FrameTag.NOTHING));
    assertFalse(FrameTag.isSlab(FrameTag.NOTHING));
  }
}
