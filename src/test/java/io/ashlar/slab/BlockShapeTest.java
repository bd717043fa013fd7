// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.memory.Padding;
import org.junit.jupiter.api.Test;

class BlockShapeTest {

  private static final int DEFAULT = BlockShape.DEFAULT_SLAB_BYTES;

  /** The size is rounded up to the alignment and to nothing else; a slab can begin aligned. */
  @Test
  void sizesAreExact() {
    for (long alignment = 1; alignment <= BlockShape.MAX_BYTES; alignment <<= 1) {
      for (long size : new long[] {0, 1, 2, 17, 24, 100, 4095, 4097, 65_537, 3 << 20, 32 << 20}) {
        BlockShape shape = BlockShape.of(size, alignment, DEFAULT);
        long expected = Math.max(alignment, (size + alignment - 1) / alignment * alignment);
        assertEquals(expected, shape.blockBytes());
        assertEquals(0, shape.slabBytes() % alignment);
        assertTrue(shape.slabBlocks() >= 1);
        assertEquals(shape.slabBytes() / expected, shape.slabBlocks());
        assertTrue(shape.slabBytes() <= BlockShape.MAX_BYTES, "the longest run holds a slab");
      }
    }
  }

  @Test
  void smallSlabsWhereTheyAreAskedFor() {
    assertEquals(4096, BlockShape.of(24, 8, 4096).slabBytes());
    assertEquals(170, BlockShape.of(24, 8, 4096).slabBlocks());
    assertEquals(8192, BlockShape.of(1000, 8, 4096).slabBytes());
  }

  /** The multiplication finds what the division would, at every byte of a slab. */
  @Test
  void indexIsExactEverywhere() {
    for (int size = 1; size <= 1100; size++) {
      checkAllOffsets(BlockShape.of(size, 1, DEFAULT));
    }
    for (int size : new int[] {4095, 4096, 4097, 8191, 32_767, 32_769, 65_535, 100_003}) {
      checkAllOffsets(BlockShape.of(size, 1, DEFAULT));
    }
  }

  private static void checkAllOffsets(BlockShape shape) {
    int block = shape.blockBytes();
    for (int offset = 0, index = 0, left = block; offset < shape.slabBytes(); offset++) {
      if (shape.index(offset) != index) {
        throw new AssertionError(block + " bytes, offset " + offset + ": " + shape.index(offset));
      }
      if (--left == 0) {
        index++;
        left = block;
      }
    }
  }

  /** Where an error would show first: at the ends of blocks, of any size. */
  @Test
  void indexIsExactAtTheEndsOfBlocks() {
    for (int size = 1; size < BlockShape.MAX_BYTES; size += 1 + size / 64) {
      BlockShape shape = BlockShape.of(size, 1, DEFAULT);
      for (long index = 0; index <= shape.slabBlocks(); index++) {
        long start = index * size;
        if (start < shape.slabBytes()) {
          assertEquals(index, shape.index(start), size + " bytes");
        }
        if (start > 0 && start <= shape.slabBytes()) {
          assertEquals(index - 1, shape.index(start - 1), size + " bytes");
        }
      }
      assertTrue(shape.index(shape.slabBytes() - 1) < 1L << shape.stateShift());
      assertEquals(0, (1L << shape.stateShift()) % Padding.BYTES, "lines of their own");
    }
  }

  @Test
  void whatNoRunHoldsIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BlockShape.of(BlockShape.MAX_BYTES + 1, 1, DEFAULT));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BlockShape.of(Long.MAX_VALUE, 1, DEFAULT))
        .withMessageContaining("33,554,432");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BlockShape.of(8, 2 * BlockShape.MAX_BYTES, DEFAULT));
    assertThat(BlockShape.of(BlockShape.MAX_BYTES, BlockShape.MAX_BYTES, DEFAULT).slabBlocks())
        .isEqualTo(1);
  }
}
