// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/**
 * One level of the lock-free buddy system: its words of {@link FreeBits}, and their {@link
 * BuddyBounds}. A bit of level {@code n} stands for a unit of 64^n frames; word {@code w} of it
 * lies in the unit {@code w} of the level above.
 *
 * <p>At level 0 eight words make a line, which is a cache line, and stand for 2 MiB. Above, where
 * there are few words and each is of use to many, a word has a line of 128 bytes to itself.
 */
final class BuddyLevel implements BuddyBounds.Lines {

  /** What {@link #take} returns where a line has no buddy of the order. */
  static final long NOTHING = -1;

  /** What {@link #take} returns where another thread took what it was about to. */
  static final long CONTENDED = -2;

  private static final int LOG_LINE_BYTES = 6;
  private static final int LOG_WORD_BYTES = 3;

  final int number;
  final BuddyBounds bounds;

  private final AtomicWords atomic;
  private final long base;
  private final int words;
  private final int logStride;
  private final int logWordsInLine;

  BuddyLevel(AtomicWords atomic, Metadata metadata, int number, int frames) {
    this.atomic = atomic;
    this.number = number;
    words = words(number, frames);
    logWordsInLine = logWordsInLine(number);
    logStride = logStride(number);
    base = metadata.allocate((long) words << logStride);
    int lines = lines(number, frames);
    long boundsBase = metadata.allocate(BuddyBounds.byteSize(lines));
    bounds = new BuddyBounds(atomic, this, boundsBase, lines);
  }

  static long byteSize(int number, int frames) {
    return Metadata.footprint((long) words(number, frames) << logStride(number))
        + Metadata.footprint(BuddyBounds.byteSize(lines(number, frames)));
  }

  private static int logWordsInLine(int number) {
    return number == 0 ? LOG_LINE_BYTES - LOG_WORD_BYTES : 0;
  }

  private static int logStride(int number) {
    return number == 0 ? LOG_WORD_BYTES : LOG_LINE_BYTES + 1;
  }

  private static int words(int number, int frames) {
    int shift = FreeBits.LOG_BITS * (number + 1);
    return (int) ((frames + (1L << shift) - 1) >>> shift);
  }

  private static int lines(int number, int frames) {
    int perLine = 1 << logWordsInLine(number);
    return (words(number, frames) + perLine - 1) / perLine;
  }

  int words() {
    return words;
  }

  int line(int word) {
    return word >>> logWordsInLine;
  }

  /** The first word of a line, or one behind the last of the line before. */
  int firstWord(int line) {
    return Math.min(words, line << logWordsInLine);
  }

  private long address(int word) {
    return base + ((long) word << logStride);
  }

  long bits(int word) {
    return atomic.getAcquire(address(word));
  }

  boolean cas(int word, long expected, long value) {
    return atomic.cas(address(word), expected, value);
  }

  /** Takes the first units of the lowest buddy of an order in a word, trying once. */
  long takeFrom(int word, int order, int units) {
    long at = address(word);
    long bits = atomic.getAcquire(at);
    int bit = FreeBits.find(bits, order);
    return bit < FreeBits.BITS && atomic.cas(at, bits, bits & ~FreeBits.mask(bit, units))
        ? (long) word << FreeBits.LOG_BITS | bit
        : NOTHING;
  }

  /**
   * Takes the first units of the lowest buddy of an order in a line.
   *
   * @param patient whether to try again where another thread was faster; each time it has taken or
   *     freed something
   * @return the first unit's number, {@link #NOTHING} or {@link #CONTENDED}
   */
  long take(int line, int order, int units, boolean patient) {
    int end = firstWord(line + 1);
    for (int word = firstWord(line); word < end; word++) {
      long bits = bits(word);
      for (int bit; (bit = FreeBits.find(bits, order)) < FreeBits.BITS; bits = bits(word)) {
        if (cas(word, bits, bits & ~FreeBits.mask(bit, units))) {
          return (long) word << FreeBits.LOG_BITS | bit;
        }
        if (!patient) {
          return CONTENDED;
        }
      }
    }
    return NOTHING;
  }

  /** Takes the units from one on that are free, in its word; returns how many. */
  int takeRun(long unit, long most) {
    int word = (int) (unit >>> FreeBits.LOG_BITS);
    int bit = (int) unit & (FreeBits.BITS - 1);
    while (true) {
      long bits = bits(word);
      int units = (int) Math.min(most, FreeBits.run(bits, bit));
      if (units == 0 || cas(word, bits, bits & ~FreeBits.mask(bit, units))) {
        return units;
      }
    }
  }

  @Override
  public int boundOf(int line) {
    int largest = 0;
    int end = firstWord(line + 1);
    for (int word = firstWord(line); word < end; word++) {
      largest = Math.max(largest, FreeBits.bound(atomic.getVolatile(address(word))));
    }
    return largest;
  }
}
