// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/**
 * Where in a level of the lock-free buddy system a search is worth while: a {@link Bound} for each
 * line of words, and above them one for each 16 of those below, up to 16 at the top.
 *
 * <p>Invariant, of all bounds, while no thread is inside: a line's bound is not below that of any
 * of its words, a group's not below that of any member. Bounds are raised at once, by whoever makes
 * a buddy, and lowered late, by who has searched in vain: so neither an allocation nor a free
 * usually writes one.
 *
 * <p><b>Why no buddy is hidden.</b> Who frees sets bits, then reads the line's bound, in volatile
 * order, and where it does not cover them raises it, and then each group's around it. Who lowers
 * marks the bound as examined, then reads what lies below, then lowers if the mark is still his. If
 * the read comes after the mark, the mark is taken away and the lowering fails; if before, then so
 * do the bits, and the examination sees them. A group's bound is below that of a line only between
 * the two raises of one thread: if it is stopped there the line, and no other, is hidden from
 * searches. So whoever raised a line goes all the way up, though others seem to have been there.
 *
 * <p>Lock-free. A look that fails is given up: somebody freed something there meanwhile.
 */
final class BuddyBounds {

  private static final int LOG_FANOUT = 4;
  private static final int FANOUT = 1 << LOG_FANOUT;

  /** What is below the lines: their words. */
  @FunctionalInterface
  interface Lines {
    /** The largest of the bounds of a line's words, read in volatile order. */
    int boundOf(int line);
  }

  private final AtomicWords atomic;
  private final Lines below;

  /** Where the bounds of each height begin: lines, groups of lines, groups of groups. */
  private final long[] bases;

  private final int[] counts;

  BuddyBounds(AtomicWords atomic, Lines below, long address, int lines) {
    this.atomic = atomic;
    this.below = below;
    int heights = 1;
    for (int n = lines; n > FANOUT; n = groups(n)) {
      heights++;
    }
    bases = new long[heights];
    counts = new int[heights];
    long at = address;
    int n = lines;
    for (int height = 0; height < heights; height++) {
      bases[height] = at;
      counts[height] = n;
      at += (long) n * Long.BYTES;
      n = groups(n);
    }
  }

  static long byteSize(int lines) {
    long sum = lines;
    for (int n = lines; n > FANOUT; ) {
      n = groups(n);
      sum += n;
    }
    return sum * Long.BYTES;
  }

  private static int groups(int members) {
    return (members + FANOUT - 1) >>> LOG_FANOUT;
  }

  private long address(int height, int index) {
    return bases[height] + (long) index * Long.BYTES;
  }

  /**
   * Makes the buddies of a word that has just been changed known.
   *
   * @return whether they were not
   */
  boolean raise(int line, long bits) {
    long entry = atomic.getVolatile(bases[0] + (long) line * Long.BYTES);
    int bound = Bound.bound(entry);
    if (!Bound.isExamined(entry) && (bound == FreeBits.MAX_BOUND || !FreeBits.has(bits, bound))) {
      return false;
    }
    bound = Math.max(bound, FreeBits.bound(bits));
    for (int height = 0; height < bases.length; height++) {
      raise(height, line >>> (height * LOG_FANOUT), bound);
    }
    return true;
  }

  private void raise(int height, int index, int bound) {
    long at = address(height, index);
    long entry = atomic.getVolatile(at);
    while (!Bound.covers(entry, bound) && !atomic.cas(at, entry, Bound.raised(entry, bound))) {
      entry = atomic.getVolatile(at);
    }
  }

  /** Lowers a line's bound to what is there, if it is higher. */
  void lower(int line) {
    lower(0, line);
  }

  private void lower(int height, int index) {
    long at = address(height, index);
    long entry = atomic.getVolatile(at);
    int bound = Bound.bound(entry);
    if (bound == 0) {
      return;
    }
    long examined = Bound.examine(entry);
    if (atomic.cas(at, entry, examined)) {
      // Never higher than it was: that is for who freed it, who goes all the way up then.
      int seen = Math.min(bound, largestBelow(height, index));
      // A race: whoever frees there from here on takes the mark away, and the exchange fails.
      atomic.cas(at, examined, Bound.lowered(examined, seen));
    }
  }

  private int largestBelow(int height, int index) {
    if (height == 0) {
      return below.boundOf(index);
    }
    int largest = 0;
    int end = Math.min(counts[height - 1], (index + 1) << LOG_FANOUT);
    for (int member = index << LOG_FANOUT; member < end; member++) {
      largest = Math.max(largest, Bound.bound(atomic.getVolatile(address(height - 1, member))));
    }
    return largest;
  }

  /**
   * The first line from {@code from} on that has at least a bound, and is not held if {@code free};
   * -1 if there is none. Lowers the bounds of groups that it went through in vain.
   */
  int next(int from, int bound, boolean free) {
    int lines = counts[0];
    int line = from;
    int inVain = from; // from here on no line has the bound
    while (line < lines) {
      int height = lowHeight(line, bound);
      if (height > 0) {
        line = Math.min(lines, ((line >>> (height * LOG_FANOUT)) + 1) << (height * LOG_FANOUT));
      } else {
        int end = Math.min(lines, (line | (FANOUT - 1)) + 1);
        for (; line < end; line++) {
          long entry = atomic.getAcquire(address(0, line));
          if (Bound.bound(entry) >= bound) {
            if (!free || !Bound.isHeld(entry)) {
              return line;
            }
            inVain = line + 1;
          }
        }
      }
      lowerGroups(inVain, line, bound);
    }
    return -1;
  }

  /** The greatest height at which the group of a line has too low a bound; 0 if none has. */
  private int lowHeight(int line, int bound) {
    for (int height = bases.length - 1; height > 0; height--) {
      if (Bound.bound(atomic.getAcquire(address(height, line >>> (height * LOG_FANOUT)))) < bound) {
        return height;
      }
    }
    return 0;
  }

  /** Lowers what groups that end at a line were gone through as a whole. */
  private void lowerGroups(int inVain, int line, int bound) {
    for (int height = 1; height < bases.length; height++) {
      int shift = height * LOG_FANOUT;
      int index = (line - 1) >>> shift;
      boolean ends = line == counts[0] || (line & ((1 << shift) - 1)) == 0;
      if (!ends || index << shift < inVain) {
        return;
      }
      if (Bound.bound(atomic.getAcquire(address(height, index))) >= bound) {
        lower(height, index);
      }
    }
  }

  /** Whether some thread holds a line. */
  boolean isHeld(int line) {
    return Bound.isHeld(atomic.getVolatile(address(0, line)));
  }

  /** Holds a line; false if it is held already. */
  boolean hold(int line) {
    long at = address(0, line);
    while (true) {
      long entry = atomic.getAcquire(at);
      if (Bound.isHeld(entry)) {
        return false;
      }
      if (atomic.cas(at, entry, Bound.hold(entry))) {
        return true;
      }
    }
  }

  /** Ends what {@link #hold} began. */
  void leave(int line) {
    long at = address(0, line);
    long entry;
    do {
      entry = atomic.getAcquire(at);
    } while (!atomic.cas(at, entry, Bound.leave(entry)));
  }

  /** Checks the bounds of groups against each other; returns how many lines are held. */
  int validate() {
    int held = 0;
    for (int line = 0; line < counts[0]; line++) {
      held += isHeld(line) ? 1 : 0;
      checkCovered("line", 0, line, below.boundOf(line));
    }
    for (int height = 1; height < bases.length; height++) {
      for (int index = 0; index < counts[height]; index++) {
        checkCovered("group of height " + height, height, index, largestBelow(height, index));
      }
    }
    return held;
  }

  private void checkCovered(String what, int height, int index, int largest) {
    int bound = Bound.bound(atomic.getVolatile(address(height, index)));
    if (bound < largest) {
      throw new IllegalStateException(
          "%s %d has bound %d, below that of a member: %d".formatted(what, index, bound, largest));
    }
  }
}
