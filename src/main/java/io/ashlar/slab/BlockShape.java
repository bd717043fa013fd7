// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameTable;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Padding;

/**
 * How the slabs of a typed cache are cut: blocks of any size, one right behind the other, from the
 * start of a slab that begins at a multiple of a power of two. So all blocks keep an alignment that
 * divides their size, and which block lies at an address follows from the low bits of the address,
 * by a multiplication and a shift.
 *
 * <pre>
 *   slab at a multiple of 2^slabShift
 *   │ block 0 │ block 1 │ …… │ block slabBlocks - 1 │ unused, less than a frame │ not the slab's │
 *   0         blockBytes                            └ slabBlocks · blockBytes               2^slabShift
 * </pre>
 *
 * @param blockBytes bytes of a block, 1 … {@link #MAX_BYTES}
 * @param slabShift log₂ of the bytes from one possible slab to the next
 * @param slabBlocks blocks of a full slab, 1 or more
 * @param reciprocal 2^(2 · slabShift) / blockBytes, rounded down, plus 1
 */
record BlockShape(int blockBytes, int slabShift, int slabBlocks, long reciprocal) {

  /** Most bytes, and largest alignment, of a block: those of the frame allocator's longest run. */
  static final long MAX_BYTES = 32 << 20;

  /** Slabs of a cache that grows, unless blocks or the region ask for others. */
  static final int DEFAULT_SLAB_BYTES = 64 << 10;

  private static final int MIN_BLOCKS = 8;

  /** Beyond, a slab has fewer than {@link #MIN_BLOCKS} blocks rather than more bytes. */
  private static final int MAX_SHARED_BYTES = 1 << 20;

  /**
   * Cuts slabs for a layout.
   *
   * @param byteSize bytes of the layout, 0 or more
   * @param byteAlignment its alignment, a power of two
   * @param leastSlabBytes bytes that a slab should have at least, a power of two, from a frame on
   * @return the shape: the size is rounded up to the alignment and to nothing else
   * @throws IllegalArgumentException if size or alignment are above {@link #MAX_BYTES}
   */
  static BlockShape of(long byteSize, long byteAlignment, long leastSlabBytes) {
    if (byteSize > MAX_BYTES || byteAlignment > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a layout of %,d bytes aligned to %,d; the most are %,d"
              .formatted(byteSize, byteAlignment, MAX_BYTES));
    }
    long block = Math.max(Bits.alignUp(byteSize, byteAlignment), byteAlignment);
    long slab = leastSlabBytes;
    while (slab < block || slab < Math.min(MIN_BLOCKS * block, MAX_SHARED_BYTES)) {
      slab <<= 1;
    }
    int shift = Bits.floorLog2(slab);
    return new BlockShape(
        (int) block, shift, (int) (slab / block), (1L << (2 * shift)) / block + 1);
  }

  /**
   * Which block lies at an offset. Exact: the reciprocal is too large by at most 1, an offset is
   * below 2^slabShift, so the product is too large by less than 2^(2 · slabShift) / blockBytes. It
   * does not overflow: a slab of more than 64 KiB has at most 16 blocks.
   *
   * @param slabOffset bytes from the slab's start, below 2^slabShift
   * @return the block's index; perhaps of one behind the slab's last
   */
  int index(long slabOffset) {
    return (int) ((slabOffset * reciprocal) >>> (2 * slabShift));
  }

  /** Bytes from one possible slab to the next. */
  long slabBytes() {
    return 1L << slabShift;
  }

  /**
   * States of a slab, as a power of two: more than the largest {@link #index}, and as many as fill
   * lines of their own, since other threads write those of other slabs.
   */
  int stateShift() {
    return Bits.ceilLog2(Math.max(index(slabBytes() - 1) + 1L, Padding.BYTES));
  }

  /** Frames of a slab of so many blocks. */
  int frames(int blocks) {
    return (int) FrameTable.framesFor((long) blocks * blockBytes);
  }
}
