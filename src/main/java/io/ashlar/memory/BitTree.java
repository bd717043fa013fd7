// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

/**
 * A set of small numbers that finds its least member in a few loads: a bit per number, and above it
 * level on level of 64 times fewer bits, each telling whether the word below it has any.
 *
 * <pre>
 *   level 2      [ 1 . 1 . . . ]                one word
 *   level 1      [ . 1 1 . ][ 0 ][ 1 . . . ]    a bit per word of level 0
 *   level 0      [0][x][x][0] …                 a bit per number
 * </pre>
 *
 * <p>The words lie in native memory that must be zero at first and is touched only as it is used.
 * Not thread-safe. Every operation costs at most one word per level: ⌈log₆₄ n⌉ of them.
 */
public final class BitTree {

  private static final int LOG_WORD = 6;

  /** Address of each level's words, the level of the members first. */
  private final long[] levels;

  /**
   * Makes an empty set of numbers below a bound.
   *
   * @param address zeroed memory of {@link #byteSize} bytes, a multiple of 8
   * @param bound numbers are 0 … bound - 1; 1 or more
   */
  public BitTree(long address, long bound) {
    int depth = 1;
    for (long words = wordsFor(bound); words > 1; words = wordsFor(words)) {
      depth++;
    }
    levels = new long[depth];
    long at = address;
    long bits = bound;
    for (int level = 0; level < depth; level++) {
      levels[level] = at;
      bits = wordsFor(bits);
      at += bits * Long.BYTES;
    }
  }

  /**
   * The memory that a set needs.
   *
   * @param bound as given to the constructor
   * @return bytes
   */
  public static long byteSize(long bound) {
    long words = wordsFor(bound);
    long sum = words;
    while (words > 1) {
      words = wordsFor(words);
      sum += words;
    }
    return sum * Long.BYTES;
  }

  private static long wordsFor(long bits) {
    return (bits + 63) >>> LOG_WORD;
  }

  /**
   * Whether a number is in the set.
   *
   * @param number below the bound
   * @return whether it is a member
   */
  public boolean contains(long number) {
    return (word(0, number >>> LOG_WORD) >>> number & 1) != 0;
  }

  /**
   * Puts a number into the set.
   *
   * @param number below the bound, not a member
   */
  public void add(long number) {
    long at = number;
    for (int level = 0; level < levels.length; level++) {
      long index = at >>> LOG_WORD;
      long before = word(level, index);
      setWord(level, index, before | 1L << at);
      if (before != 0) {
        return;
      }
      at = index;
    }
  }

  /**
   * Takes a number out of the set.
   *
   * @param number a member
   */
  public void remove(long number) {
    long at = number;
    for (int level = 0; level < levels.length; level++) {
      long index = at >>> LOG_WORD;
      long after = word(level, index) & ~(1L << at);
      setWord(level, index, after);
      if (after != 0) {
        return;
      }
      at = index;
    }
  }

  /**
   * Whether the set has no member.
   *
   * @return whether it is empty
   */
  public boolean isEmpty() {
    return word(levels.length - 1, 0) == 0;
  }

  /**
   * The least member that is not below a number.
   *
   * @param from 0 … bound
   * @return the member, or -1 if there is none
   */
  public long next(long from) {
    long at = from;
    for (int level = 0; level < levels.length; level++) {
      long index = at >>> LOG_WORD;
      if (index >= wordsAt(level)) {
        return -1;
      }
      long rest = word(level, index) & -1L << at;
      if (rest != 0) {
        return descend(level, index << LOG_WORD | Long.numberOfTrailingZeros(rest));
      }
      at = index + 1;
    }
    return -1;
  }

  /** The least member below a bit that is set at some level. */
  private long descend(int level, long bit) {
    long at = bit;
    for (int below = level - 1; below >= 0; below--) {
      at = at << LOG_WORD | Long.numberOfTrailingZeros(word(below, at));
    }
    return at;
  }

  /** Words of a level: the levels lie one behind the other, the last has one word. */
  private long wordsAt(int level) {
    return level == levels.length - 1 ? 1 : (levels[level + 1] - levels[level]) / Long.BYTES;
  }

  private long word(int level, long index) {
    return Memory.getLong(levels[level] + index * Long.BYTES);
  }

  private void setWord(int level, long index, long value) {
    Memory.putLong(levels[level] + index * Long.BYTES, value);
  }
}
