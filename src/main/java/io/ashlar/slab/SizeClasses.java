// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameTable;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Padding;

/**
 * The sizes that blocks have: 16, 32, 48, 64 bytes, then four to each doubling up to 32 KiB (80,
 * 96, 112, 128, 160, …), so that at most a fifth of a block of more than 64 bytes is lost.
 * Alignment is kept apart from size: a block's address is a multiple of the largest power of two
 * that divides its size, so an aligned request takes the first class that is large enough and so
 * divisible.
 *
 * <p>A slab is the least power of two of frames from 64 KiB that holds at least eight blocks.
 */
public final class SizeClasses {

  /** Bytes of the largest class. */
  public static final int MAX_BLOCK_BYTES = 32 << 10;

  /** Number of classes; a class is 1 … this. */
  public static final int COUNT = 40;

  /** Length of an array that is indexed by class; place 0 is unused. */
  public static final int BOUND = COUNT + 1;

  /** Bound of an index that holds any class and fits six bits. */
  public static final int INDEX_BOUND = 64;

  /** log₂ of the smallest granule: every block begins at a multiple of 16 bytes. */
  public static final int GRANULE_SHIFT = 4;

  private static final int MIN_SLAB_BYTES = 64 << 10;

  /** Most that a code's zoom can be: that of the smallest granule. */
  static final int MAX_ZOOM = FrameTable.FRAME_SHIFT - GRANULE_SHIFT;

  /**
   * Least that it can be: that of the largest granule, of which the smallest slab has as many as
   * keep its states apart from those of other slabs, which other threads write.
   */
  static final int MIN_ZOOM =
      FrameTable.FRAME_SHIFT - Integer.numberOfTrailingZeros(MIN_SLAB_BYTES / Padding.BYTES);

  private static final int ZOOM_SHIFT = 8;

  /** Largest alignment that blocks of classes are used for: that of a frame. */
  public static final int MAX_ALIGNMENT = FrameTable.FRAME_BYTES;

  private static final int MIN_BLOCKS = 8;

  /**
   * Fraction bits of the reciprocals: an offset in a slab is below 2^18 and a reciprocal's error
   * times a block below 2^15, and 18 + 15 < 40, so the product's integer part is exact.
   */
  private static final int RECIPROCAL_SHIFT = 40;

  private static final int[] BLOCK_BYTES = new int[INDEX_BOUND];
  private static final int[] SLAB_FRAMES = new int[INDEX_BOUND];
  private static final long[] RECIPROCAL = new long[INDEX_BOUND];

  /**
   * More than granules in the largest class: what the index is masked with, so as not to be
   * checked.
   */
  private static final int CLASS_MASK = 4095;

  /** Code by size in units of 16 bytes, rounded up. */
  private static final char[] CODE = new char[CLASS_MASK + 1];

  static {
    int granules = 1;
    for (int sizeClass = 1; sizeClass < BOUND; sizeClass++) {
      int step = sizeClass - 1;
      int bytes =
          step < 4
              ? sizeClass << GRANULE_SHIFT
              : (4 + (step & 3) + 1) << (GRANULE_SHIFT + (step >> 2) - 1);
      BLOCK_BYTES[sizeClass] = bytes;
      RECIPROCAL[sizeClass] = (1L << RECIPROCAL_SHIFT) / bytes + 1;
      int slabBytes = MIN_SLAB_BYTES;
      while (slabBytes < MIN_BLOCKS * bytes) {
        slabBytes <<= 1;
      }
      SLAB_FRAMES[sizeClass] = slabBytes >> FrameTable.FRAME_SHIFT;
      while (granules <= bytes >> GRANULE_SHIFT) {
        CODE[granules++] = (char) code(sizeClass, bytes);
      }
    }
  }

  private SizeClasses() {}

  /**
   * Whether a size has a class. One comparison, since a size of 0 or less wraps around.
   *
   * @param byteSize any value
   * @return whether it is 1 … {@link #MAX_BLOCK_BYTES}
   */
  public static boolean isSmall(long byteSize) {
    return Long.compareUnsigned(byteSize - 1, MAX_BLOCK_BYTES) < 0;
  }

  /**
   * The smallest class that holds a size.
   *
   * @param byteSize 1 … {@link #MAX_BLOCK_BYTES}
   * @return the class
   */
  public static int of(long byteSize) {
    return sizeClass(codeOf(byteSize));
  }

  /**
   * The code of the smallest class that holds a size.
   *
   * @param byteSize 1 … {@link #MAX_BLOCK_BYTES}
   * @return its {@link #code}
   */
  public static int codeOf(long byteSize) {
    return CODE[(((int) byteSize + 15) >>> GRANULE_SHIFT) & CLASS_MASK];
  }

  /**
   * A class with its zoom, in 16 bits.
   *
   * <p>The class's <em>granule</em> is the largest power of two, up to 512 bytes, that divides its
   * size, so that all of its blocks begin at multiples of it; the <em>zoom</em> is how many times a
   * granule must be doubled to be as long as a frame.
   *
   * @param sizeClass a class
   * @return zoom and class
   */
  public static int code(int sizeClass) {
    return code(sizeClass, BLOCK_BYTES[sizeClass]);
  }

  private static int code(int sizeClass, int blockBytes) {
    int zoom =
        Math.max(MIN_ZOOM, FrameTable.FRAME_SHIFT - Integer.numberOfTrailingZeros(blockBytes));
    return zoom << ZOOM_SHIFT | sizeClass;
  }

  /**
   * The class in a code.
   *
   * @param code a code
   * @return 1 … {@link #COUNT}
   */
  public static int sizeClass(int code) {
    return code & 0xFF;
  }

  /** The code of no class, with a zoom. */
  static int codeOfZoom(int zoom) {
    return zoom << ZOOM_SHIFT;
  }

  /**
   * The zoom in a code.
   *
   * @param code a code
   * @return {@link #MIN_ZOOM} … {@link #MAX_ZOOM}
   */
  static int zoom(int code) {
    return code >>> ZOOM_SHIFT;
  }

  /**
   * The smallest class that holds a size at an alignment.
   *
   * @param byteSize 1 … {@link #MAX_BLOCK_BYTES}
   * @param byteAlignment a power of two up to {@link #MAX_ALIGNMENT}
   * @return the class; at most four steps from that of the size rounded up to the alignment
   */
  public static int ofAligned(long byteSize, long byteAlignment) {
    int sizeClass = of(Bits.alignUp(byteSize, byteAlignment));
    while ((BLOCK_BYTES[sizeClass] & (byteAlignment - 1)) != 0) {
      sizeClass++;
    }
    return sizeClass;
  }

  /**
   * The size of a class's blocks.
   *
   * @param sizeClass a class
   * @return bytes
   */
  public static int blockBytes(int sizeClass) {
    return BLOCK_BYTES[sizeClass];
  }

  /**
   * The size of a class's slabs.
   *
   * @param sizeClass a class
   * @return frames, a power of two
   */
  public static int slabFrames(int sizeClass) {
    return SLAB_FRAMES[sizeClass];
  }

  /**
   * How many blocks a class's slabs have.
   *
   * @param sizeClass a class
   * @return blocks
   */
  public static int slabBlocks(int sizeClass) {
    return (SLAB_FRAMES[sizeClass] << FrameTable.FRAME_SHIFT) / BLOCK_BYTES[sizeClass];
  }

  /**
   * Which block of its slab lies at an offset: a multiplication and a shift.
   *
   * @param sizeClass a class
   * @param byteOffset bytes from the slab's start, inside the slab
   * @return the block's index; the offset is inside that block
   */
  public static int blockIndex(int sizeClass, long byteOffset) {
    return (int) ((byteOffset * RECIPROCAL[sizeClass]) >>> RECIPROCAL_SHIFT);
  }
}
