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
 *   starts       1           1               1
 *   ends                 1   1                   1
 * </pre>
 *
 * <p>It takes the place of a header before each block. A bare address is a live block's if its bit
 * is set in {@code starts}, whatever has been written around it; its size is the distance to the
 * next bit in {@code ends}, found by one load for each KiB of the block. A word of starts and the
 * word of ends of the same KiB lie side by side. 1/64 of the region is reserved for them, and as
 * much of it resident as blocks have been in.
 *
 * <p>Offsets are from the start of the region, lengths in bytes, both multiples of {@link
 * #GRANULE_BYTES}. Not thread-safe.
 */
final class LiveBlocks {

  /** Blocks begin and end at multiples of this. */
  static final int GRANULE_BYTES = 16;

  private static final int GRANULE_SHIFT = 4;

  /** Bytes of a region to a word, as a power of two. */
  private static final int WORD_SHIFT = GRANULE_SHIFT + 6;

  private static final int PAIR_BYTES = 2 * Long.BYTES;

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
    return ((regionBytes + (1L << WORD_SHIFT) - 1) >>> WORD_SHIFT) * PAIR_BYTES;
  }

  private long startsAt(long word) {
    return table + word * PAIR_BYTES;
  }

  private long endsAt(long word) {
    return startsAt(word) + Long.BYTES;
  }

  private static long bit(long offset) {
    return 1L << (offset >>> GRANULE_SHIFT);
  }

  private static void flip(long at, long bit) {
    Memory.putLong(at, Memory.getLong(at) ^ bit);
  }

  void add(long offset, long bytes) {
    long last = offset + bytes - GRANULE_BYTES;
    long firstWord = offset >>> WORD_SHIFT;
    long lastWord = last >>> WORD_SHIFT;
    flip(startsAt(firstWord), bit(offset));
    flip(endsAt(lastWord), bit(last));
    if (firstWord < lowestWord) {
      lowestWord = firstWord;
    }
    if (lastWord > highestWord) {
      highestWord = lastWord;
    }
  }

  void remove(long offset, long bytes) {
    long last = offset + bytes - GRANULE_BYTES;
    flip(startsAt(offset >>> WORD_SHIFT), bit(offset));
    flip(endsAt(last >>> WORD_SHIFT), bit(last));
  }

  void resize(long offset, long oldBytes, long newBytes) {
    remove(offset, oldBytes);
    add(offset, newBytes);
  }

  /** Whether a live block begins at an offset inside the region. */
  boolean contains(long offset) {
    return (Memory.getLong(startsAt(offset >>> WORD_SHIFT)) & bit(offset)) != 0;
  }

  /** Bytes of the live block that begins at an offset. */
  long bytes(long offset) {
    long word = offset >>> WORD_SHIFT;
    long ends = Memory.getLong(endsAt(word)) & -bit(offset);
    while (ends == 0) {
      ends = Memory.getLong(endsAt(++word));
    }
    return end(word, ends) - offset;
  }

  private static long end(long word, long ends) {
    return (word << WORD_SHIFT) + ((Long.numberOfTrailingZeros(ends) + 1L) << GRANULE_SHIFT);
  }

  /** Whether any byte of a range belongs to a live block. */
  boolean overlaps(long offset, long bytes) {
    long to = offset + bytes;
    long from = Math.max(offset, lowestWord << WORD_SHIFT);
    if (highestWord < 0 || from >>> WORD_SHIFT > highestWord) {
      return false;
    }
    long start = next(startsAt(0), from);
    long end = next(endsAt(0), from);
    // The first end at or behind the range's first byte is that of a block begun before it, or of
    // one that begins behind it.
    return start < to || end < start;
  }

  /** The first granule with a bit at or behind an offset; beyond all offsets if there is none. */
  private long next(long bits, long offset) {
    long mask = -bit(offset);
    for (long word = offset >>> WORD_SHIFT; word <= highestWord; word++) {
      long found = Memory.getLong(bits + word * PAIR_BYTES) & mask;
      if (found != 0) {
        return (word << WORD_SHIFT) + ((long) Long.numberOfTrailingZeros(found) << GRANULE_SHIFT);
      }
      mask = -1;
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
    long at = next(startsAt(0), before);
    while (at != Long.MAX_VALUE) {
      long firstEnd = next(endsAt(0), before);
      if (firstEnd < at || firstEnd == Long.MAX_VALUE) {
        throw new IllegalStateException("a block ends that has not begun, before offset " + at);
      }
      before = firstEnd + GRANULE_BYTES;
      visitor.visit(at, before - at);
      long following = next(startsAt(0), at + GRANULE_BYTES);
      if (following < before) {
        throw new IllegalStateException("blocks overlap at offset " + following);
      }
      at = following;
    }
  }
}
