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
    for (int home = 0; home <= FrameTag.MAX_SHARD; home++) {
      for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
        for (int number : NUMBERS) {
          long tag = FrameTag.slab(home, sizeClass, number);
          assertTrue(FrameTag.isSlab(tag));
          assertFalse(FrameTag.isRun(tag));
          int key = FrameTag.key(tag);
          assertTrue(FrameTag.isSlab(key));
          assertEquals(home, FrameTag.home(key));
          assertEquals(SizeClasses.code(sizeClass), FrameTag.code(key));
          assertEquals(number, FrameTag.value(tag));
        }
      }
    }
  }

  /** Of all keys only those of a shard's own slabs become a code with its home key. */
  @Test
  void aHomeKeyTellsTheSlabsOfOneShard() {
    for (int home = 0; home <= FrameTag.MAX_SHARD; home++) {
      int homeKey = FrameTag.homeKey(home);
      assertFalse(FrameTag.isCode(FrameTag.key(FrameTag.NOTHING) ^ homeKey));
      assertFalse(FrameTag.isCode(FrameTag.key(FrameTag.run(1)) ^ homeKey));
      for (int other = 0; other <= FrameTag.MAX_SHARD; other++) {
        for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
          int value = FrameTag.key(FrameTag.slab(other, sizeClass, 7)) ^ homeKey;
          assertEquals(home == other, FrameTag.isCode(value));
          if (home == other) {
            assertEquals(SizeClasses.code(sizeClass), value);
          }
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
