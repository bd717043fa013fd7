// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;

/**
 * Where the live blocks of a region begin and end: two bits for every 16 bytes, apart from the
 * region, so that no write through a block's address can damage them.
 *
 * <pre>
 *   granule      0   1   2   3   4   5   6   7        16 bytes each
 *   memory     [ block     ][blk]          [ block ]
 *   starts       1           1               1         the even bits of a word
 *   ends                 1   1                   1     the odd bits of it
 * </pre>
 *
 * <p>It takes the place of a header before each block. A bare address is a live block's if its bit
 * is set among the starts, whatever has been written around it; its size is the distance to the
 * next bit among the ends, found by one load for each 512 bytes of the block. Both bits of a small
 * block are mostly in one word, which then is all that changes. 1/64 of the region is reserved for
 * them, and as much of it resident as blocks have been in.
 *
 * <p>Offsets are from the start of the region, lengths in bytes, both multiples of {@link
 * #GRANULE_BYTES}. Not thread-safe.
 */
final class LiveBlocks {

  /** Blocks begin and end at multiples of this. */
  static final int GRANULE_BYTES = 16;

  private static final int GRANULE_SHIFT = 4;

  /** Bytes of a region to a word, as a power of two. */
  private static final int WORD_SHIFT = GRANULE_SHIFT + 5;

  private static final long STARTS = 0x5555_5555_5555_5555L;
  private static final long ENDS = ~STARTS;

  private final long table;

  // Words beyond these have never been written; walks keep between them.
  private long lowestWord = Long.MAX_VALUE;
  private long highestWord = -1;

  /** Receives blocks or ranges of the region. */
  @FunctionalInterface
  interface Visitor {
    void visit(long offset, long bytes);
  }

  /**
   * Makes the record of a region without blocks.
   *
   * @param metadata where it lies
   * @param regionBytes bytes of the region
   */
  LiveBlocks(Metadata metadata, long regionBytes) {
    table = metadata.allocate(byteSize(regionBytes));
  }

  /** The metadata that the record of a region needs. */
  static long byteSize(long regionBytes) {
    return ((regionBytes + (1L << WORD_SHIFT) - 1) >>> WORD_SHIFT) * Long.BYTES;
  }

  private long word(long index) {
    return Memory.getLong(table + index * Long.BYTES);
  }

  private void flip(long index, long bits) {
    Memory.putLong(table + index * Long.BYTES, word(index) ^ bits);
  }

  /** Says in its word that a block starts with the granule at an offset. */
  private static long startBit(long offset) {
    return 1L << (offset >>> (GRANULE_SHIFT - 1));
  }

  /** Says in its word that a block ends with the granule at an offset. */
  private static long endBit(long offset) {
    return 2L << (offset >>> (GRANULE_SHIFT - 1));
  }

  /** The offset of the granule that the lowest of some bits of a word is about. */
  private static long offsetOf(long index, long bits) {
    int granule = Long.numberOfTrailingZeros(bits) >>> 1;
    return (index << WORD_SHIFT) + ((long) granule << GRANULE_SHIFT);
  }

  void add(long offset, long bytes) {
    flipBounds(offset, bytes);
    long lastWord = (offset + bytes - GRANULE_BYTES) >>> WORD_SHIFT;
    if (offset >>> WORD_SHIFT < lowestWord) {
      lowestWord = offset >>> WORD_SHIFT;
    }
    if (lastWord > highestWord) {
      highestWord = lastWord;
    }
  }

  void remove(long offset, long bytes) {
    flipBounds(offset, bytes);
  }

  private void flipBounds(long offset, long bytes) {
    long last = offset + bytes - GRANULE_BYTES;
    long firstWord = offset >>> WORD_SHIFT;
    long lastWord = last >>> WORD_SHIFT;
    if (firstWord == lastWord) {
      flip(firstWord, startBit(offset) | endBit(last));
    } else {
      flip(firstWord, startBit(offset));
      flip(lastWord, endBit(last));
    }
  }

  void resize(long offset, long oldBytes, long newBytes) {
    remove(offset, oldBytes);
    add(offset, newBytes);
  }

  /** Whether a live block begins at an offset inside the region. */
  boolean contains(long offset) {
    return (word(offset >>> WORD_SHIFT) & startBit(offset)) != 0;
  }

  /** Bytes of the live block that begins at an offset. */
  long bytes(long offset) {
    long index = offset >>> WORD_SHIFT;
    long ends = word(index) & ENDS & -startBit(offset);
    while (ends == 0) {
      ends = word(++index) & ENDS;
    }
    return offsetOf(index, ends) + GRANULE_BYTES - offset;
  }

  /** Whether any byte of a range belongs to a live block. */
  boolean overlaps(long offset, long bytes) {
    long to = offset + bytes;
    long from = Math.max(offset, lowestWord << WORD_SHIFT);
    if (highestWord < 0 || from >>> WORD_SHIFT > highestWord) {
      return false;
    }
    long start = next(STARTS, from);
    long end = next(ENDS, from);
    // The first end at or behind the range's first byte is that of a block begun before it, or of
    // one that begins behind it.
    return start < to || end < start;
  }

  /** The first granule with a bit of a kind at or behind an offset; beyond all if there is none. */
  private long next(long kind, long offset) {
    long mask = kind & -startBit(offset);
    for (long index = offset >>> WORD_SHIFT; index <= highestWord; index++) {
      long found = word(index) & mask;
      if (found != 0) {
        return offsetOf(index, found);
      }
      mask = kind;
    }
    return Long.MAX_VALUE;
  }

  /**
   * Visits all live blocks, lowest first.
   *
   * @throws IllegalStateException if starts and ends do not take turns
   */
  void visit(Visitor visitor) {
    if (highestWord < 0) {
      return;
    }
    long before = lowestWord << WORD_SHIFT;
    long at = next(STARTS, before);
    while (at != Long.MAX_VALUE) {
      long firstEnd = next(ENDS, before);
      if (firstEnd < at || firstEnd == Long.MAX_VALUE) {
        throw new IllegalStateException("a block ends that has not begun, before offset " + at);
      }
      before = firstEnd + GRANULE_BYTES;
      visitor.visit(at, before - at);
      long following = next(STARTS, at + GRANULE_BYTES);
      if (following < before) {
        throw new IllegalStateException("blocks overlap at offset " + following);
      }
      at = following;
    }
  }
}
