// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Tags of typed caches' slabs are told from all others, and from each other's. */
class FrameTagObjectTest {

  private static final int[] NUMBERS = {0, 1, 65_536, Integer.MAX_VALUE};
  private static final int[] CACHES = {1, 2, 40, 255, ObjectSpaces.BOUND - 1, 0xFFFF};

  @Test
  void tagsSayWhatWasPutIn() {
    for (int home = 0; home <= FrameTag.MAX_SHARD; home++) {
      for (int cache : CACHES) {
        for (int number : NUMBERS) {
          long tag = FrameTag.object(home, cache, number);
          int key = FrameTag.key(tag);
          assertTrue(FrameTag.isObject(tag));
          assertFalse(FrameTag.isSlab(tag));
          assertFalse(FrameTag.isRun(tag));
          assertEquals(FrameTag.objectKey(home, cache), key);
          assertEquals(home, FrameTag.objectHome(key));
          assertEquals(cache, FrameTag.cache(tag));
          assertEquals(number, FrameTag.value(tag));
          for (int other : CACHES) {
            assertEquals(cache == other, FrameTag.isObject(key, other));
          }
        }
      }
    }
  }

  @Test
  void noOtherTagIsAnObjects() {
    assertFalse(FrameTag.isObject(FrameTag.NOTHING));
    for (int frames : new int[] {1, 8192, Integer.MAX_VALUE}) {
      assertFalse(FrameTag.isObject(FrameTag.run(frames)));
    }
    for (int home = 0; home <= FrameTag.MAX_SHARD; home++) {
      for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
        assertFalse(FrameTag.isObject(FrameTag.slab(home, sizeClass, 7)));
      }
    }
  }

  /** A home key of the size classes makes no code of it, nor does that of the strict setting. */
  @Test
  void noHomeKeyTakesItForASlab() {
    for (int home = 0; home <= FrameTag.MAX_SHARD; home++) {
      for (int other = 0; other <= FrameTag.MAX_SHARD; other++) {
        int key = FrameTag.objectKey(other, 3);
        assertFalse(FrameTag.isCode(key ^ FrameTag.homeKey(home)));
        assertFalse(FrameTag.isCode(key ^ 0x8000_0000));
      }
    }
  }
}
