// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.Counts;
import java.util.Arrays;

/**
 * A run of frames cut into blocks of one size class. Which of its blocks are in it, rather than in
 * use or on their way, is a bit each, outside the memory. Used only under its home shard's lock;
 * the object is used again for another run once its slab is dissolved.
 *
 * <p>Invariants, checked by {@link #validate}:
 *
 * <pre>
 *   (1) freeCount = number of set bits, and 0 ≤ freeCount ≤ capacity
 *   (2) no bit at or behind capacity is set, and none in a word before firstWord
 *   (3) the slab is in its shard's list ⇔ freeCount > 0
 * </pre>
 */
final class Slab {

  /** Its number in the directory, for good. */
  final int number;

  /** Neighbours in the shard's list, or null; behind a slab's end the next spare object. */
  Slab previous;

  Slab next;

  private Shard home;
  private int sizeClass;
  private int firstFrame;
  private long address;
  private int capacity;
  private int freeCount;
  private int firstWord;
  private long[] free = {};

  Slab(int number) {
    this.number = number;
  }

  /** Makes sure that there are bits for the blocks of a class. */
  void ensureBits(int sizeClass) {
    int words = words(SizeClasses.slabBlocks(sizeClass));
    if (free.length < words) {
      free = new long[words];
    }
  }

  /** Begins a slab in which every block is free, of a class that it has bits for. */
  void begin(Shard home, int sizeClass, int firstFrame, long address) {
    this.home = home;
    this.sizeClass = sizeClass;
    this.firstFrame = firstFrame;
    this.address = address;
    capacity = SizeClasses.slabBlocks(sizeClass);
    freeCount = capacity;
    firstWord = 0;
    int words = words(capacity);
    Arrays.fill(free, 0, words, -1L);
    if ((capacity & 63) != 0) {
      free[words - 1] = (1L << capacity) - 1;
    }
  }

  private static int words(int capacity) {
    return (capacity + 63) >>> 6;
  }

  /**
   * Takes free blocks, lowest first so that few pages are touched, and writes their addresses from
   * an index on.
   *
   * @return how many were taken: {@code n}, or all there were
   */
  int take(long[] into, int index, int n) {
    int wanted = Math.min(n, freeCount);
    int blockBytes = SizeClasses.blockBytes(sizeClass);
    int at = index;
    int end = index + wanted;
    int word = firstWord;
    while (at < end) {
      long bits = free[word];
      long start = address + ((long) word << 6) * blockBytes;
      while (bits != 0 && at < end) {
        into[at++] = start + (long) Long.numberOfTrailingZeros(bits) * blockBytes;
        bits &= bits - 1;
      }
      free[word] = bits;
      if (bits == 0) {
        word++;
      }
    }
    if (Counts.ON) {
      Counts.booked(1 + Counts.linesOf(word - firstWord + 1)); // the fields, the bits
    }
    firstWord = word;
    freeCount -= wanted;
    return wanted;
  }

  /**
   * Puts blocks back, as long as each is a block of this slab that is not in it.
   *
   * @param from index of the first
   * @param end behind the last
   * @return the index of the first that was not put back, or {@code end}
   */
  int put(long[] blocks, int from, int end) {
    int blockBytes = SizeClasses.blockBytes(sizeClass);
    long slabBytes = (long) capacity * blockBytes;
    int at = from;
    int lowest = firstWord;
    int word = Math.min(lowest, words(capacity) - 1);
    // Not written for each block: the next, often of the same word, would wait for that.
    long bits = free[word];
    for (; at < end; at++) {
      long offset = blocks[at] - address;
      if (Long.compareUnsigned(offset, slabBytes) >= 0) {
        break;
      }
      int index = SizeClasses.blockIndex(sizeClass, offset);
      if (index >>> 6 != word) {
        free[word] = bits;
        word = index >>> 6;
        bits = free[word];
      }
      long bit = 1L << index;
      if ((long) index * blockBytes != offset || (bits & bit) != 0) {
        break;
      }
      bits |= bit;
      lowest = Math.min(lowest, word);
    }
    free[word] = bits;
    firstWord = lowest;
    freeCount += at - from;
    if (Counts.ON && at > from) {
      Counts.booked(1 + Math.min(at - from, Counts.linesOf(words(capacity)))); // fields, bits
    }
    return at;
  }

  Shard home() {
    return home;
  }

  int sizeClass() {
    return sizeClass;
  }

  int firstFrame() {
    return firstFrame;
  }

  int capacity() {
    return capacity;
  }

  int freeCount() {
    return freeCount;
  }

  boolean isAllFree() {
    return freeCount == capacity;
  }

  /** Whether one of its blocks begins at an address inside of the slab. */
  boolean begins(long block) {
    long offset = block - address;
    int index = SizeClasses.blockIndex(sizeClass, offset);
    return (long) index * SizeClasses.blockBytes(sizeClass) == offset && index < capacity;
  }

  /** Whether a block is in the slab. */
  boolean holds(long block) {
    int index = SizeClasses.blockIndex(sizeClass, block - address);
    return (free[index >>> 6] >>> index & 1) != 0;
  }

  /** Bytes that the object takes on the Java heap, about. */
  long footprint() {
    return 80 + 16 + (long) free.length * Long.BYTES;
  }

  /** Checks (1) and (2), and that no block in it is live. */
  void validate(BlockMap blocks) {
    int bits = 0;
    for (int index = 0; index < words(capacity) << 6; index++) {
      if ((free[index >>> 6] >>> index & 1) == 0) {
        continue;
      }
      bits++;
      long block = address + (long) index * SizeClasses.blockBytes(sizeClass);
      check(index < capacity, "has a bit behind its last block");
      check(index >>> 6 >= firstWord, "has a free block before its first word");
      check(
          !blocks.isMarked(blocks.offset(block), sizeClass),
          "holds block 0x" + Long.toHexString(block) + ", which is live");
    }
    check(bits == freeCount, "has " + bits + " free blocks, counted as " + freeCount);
  }

  private void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(
          "slab %d (class %d, 0x%x) %s".formatted(number, sizeClass, address, broken));
    }
  }
}
