// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.frame.FrameTable;
import io.ashlar.memory.Bits;
import org.junit.jupiter.api.Test;

/** Everything there is to know of the size classes, exhausted. */
class SizeClassesTest {

  private static final int MAX = SizeClasses.MAX_BLOCK_BYTES;

  @Test
  void sizesGrowFromClassToClass() {
    assertEquals(16, SizeClasses.blockBytes(1));
    assertEquals(MAX, SizeClasses.blockBytes(SizeClasses.COUNT));
    for (int c = 1; c < SizeClasses.BOUND; c++) {
      assertEquals(0, SizeClasses.blockBytes(c) % 16);
      if (c > 1) {
        assertTrue(SizeClasses.blockBytes(c) > SizeClasses.blockBytes(c - 1));
      }
    }
  }

  @Test
  void fourClassesToADoubling() {
    for (int from = 64; from < MAX; from *= 2) {
      int classes = 0;
      for (int c = 1; c < SizeClasses.BOUND; c++) {
        classes +=
            SizeClasses.blockBytes(c) > from && SizeClasses.blockBytes(c) <= 2 * from ? 1 : 0;
      }
      assertEquals(4, classes, "classes from " + from);
    }
  }

  @Test
  void everySizeHasTheSmallestClassThatHoldsIt() {
    for (int size = 1; size <= MAX; size++) {
      assertTrue(SizeClasses.isSmall(size));
      int c = SizeClasses.of(size);
      assertTrue(c >= 1 && c < SizeClasses.BOUND);
      assertTrue(SizeClasses.blockBytes(c) >= size);
      assertTrue(c == 1 || SizeClasses.blockBytes(c - 1) < size);
    }
    for (long size : new long[] {0, -1, MAX + 1, 1L << 32, (1L << 32) + 1, Long.MIN_VALUE}) {
      assertFalse(SizeClasses.isSmall(size));
    }
  }

  /** Above 64 bytes at most a fifth of a block, below less than a granule. */
  @Test
  void littleOfABlockIsLost() {
    double lost = 0;
    for (int size = 1; size <= MAX; size++) {
      int block = SizeClasses.blockBytes(SizeClasses.of(size));
      int waste = block - size;
      assertTrue(size <= 64 ? waste < 16 : 5 * waste <= block, "size " + size);
      lost += (double) waste / block;
    }
    assertTrue(lost / MAX < 0.125);
  }

  @Test
  void everySizeAtEveryAlignment() {
    for (int alignment = 1; alignment <= SizeClasses.MAX_ALIGNMENT; alignment *= 2) {
      for (int size = 1; size <= MAX; size++) {
        int c = SizeClasses.ofAligned(size, alignment);
        assertTrue(c < SizeClasses.BOUND);
        assertTrue(SizeClasses.blockBytes(c) >= size);
        assertEquals(0, SizeClasses.blockBytes(c) % alignment);
        assertTrue(c - SizeClasses.of(Bits.alignUp(size, alignment)) <= 4);
      }
    }
  }

  /** A block begins at a granule, also inside of a slab; a longer granule would not do. */
  @Test
  void granulesDivideAllBlocks() {
    for (int c = 1; c < SizeClasses.BOUND; c++) {
      int code = SizeClasses.code(c);
      assertEquals(c, SizeClasses.sizeClass(code));
      assertEquals(code, (char) code, "fits a frame's key");
      int zoom = SizeClasses.zoom(code);
      assertTrue(zoom >= SizeClasses.MIN_ZOOM && zoom <= SizeClasses.MAX_ZOOM);
      int granule = FrameTable.FRAME_BYTES >> zoom;
      assertTrue(granule >= 16);
      for (int i = 0; i < SizeClasses.slabBlocks(c); i++) {
        assertEquals(0, i * SizeClasses.blockBytes(c) % granule);
      }
      int granules = SizeClasses.blockBytes(c) / granule;
      assertTrue((granules & 1) == 1 || zoom == SizeClasses.MIN_ZOOM, "class " + c);
    }
  }

  @Test
  void everySizeHasTheCodeOfItsClass() {
    for (int size = 1; size <= MAX; size++) {
      assertEquals(SizeClasses.code(SizeClasses.of(size)), SizeClasses.codeOf(size));
    }
  }

  @Test
  void slabsArePowersOfTwoThatHoldEightBlocks() {
    for (int c = 1; c < SizeClasses.BOUND; c++) {
      int bytes = SizeClasses.slabFrames(c) * FrameTable.FRAME_BYTES;
      assertTrue(Bits.isPowerOfTwo(SizeClasses.slabFrames(c)));
      assertTrue(bytes >= 64 << 10);
      assertEquals(bytes / SizeClasses.blockBytes(c), SizeClasses.slabBlocks(c));
      assertTrue(SizeClasses.slabBlocks(c) >= 8);
    }
  }

  /** A slab begins at a multiple of its length, so a block is as aligned as its offset. */
  @Test
  void everyOffsetOfEverySlab() {
    for (int c = 1; c < SizeClasses.BOUND; c++) {
      int bytes = SizeClasses.slabFrames(c) * FrameTable.FRAME_BYTES;
      int block = SizeClasses.blockBytes(c);
      for (int offset = 0; offset < bytes; offset++) {
        assertEquals(offset / block, SizeClasses.blockIndex(c, offset));
      }
    }
  }
}
