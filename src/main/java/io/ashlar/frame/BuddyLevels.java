// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/**
 * The levels of the lock-free buddy system: takes and frees units of any level, and moves memory
 * between the levels by opening and closing words. See {@link LockFreeBuddy}.
 *
 * <p>A unit changes hands by one compare-and-set of the word with its bit. All else is search: in
 * the line that the thread's slot holds; from the lowest line on; in the level above. A line is
 * held before anything is taken from it, so that of several threads that find it one stays.
 *
 * <p>Lock-free.
 */
final class BuddyLevels {

  /** No unit. */
  static final long NONE = -1;

  private final int top;
  private final BuddyLevel[] levels;
  private final BuddySlots slots;

  BuddyLevels(AtomicWords atomic, Metadata metadata, int frames, int top, int slotCount) {
    this.top = top;
    levels = new BuddyLevel[top + 1];
    for (int number = 0; number <= top; number++) {
      levels[number] = new BuddyLevel(atomic, metadata, number, frames);
    }
    slots = new BuddySlots(atomic, metadata, slotCount);
  }

  static long byteSize(int frames, int top, int slotCount) {
    long sum = Metadata.footprint(BuddySlots.byteSize(slotCount));
    for (int number = 0; number <= top; number++) {
      sum += BuddyLevel.byteSize(number, frames);
    }
    return sum;
  }

  /** The highest level. */
  int top() {
    return top;
  }

  BuddyLevel level(int number) {
    return levels[number];
  }

  BuddySlots slots() {
    return slots;
  }

  /** log₂ of the frames in a unit. */
  static int shift(int level) {
    return FreeBits.LOG_BITS * level;
  }

  /** The word that a unit's bit is in; and, of the level below, that which a unit is. */
  private static int word(long unit) {
    return (int) (unit >>> FreeBits.LOG_BITS);
  }

  /**
   * Takes the first units of a free buddy.
   *
   * @param order of the buddy, in units, 0 … 5
   * @param units how many of it are wanted; the others stay free
   * @return the first one's number, or {@link #NONE}
   */
  long take(int level, int order, int units) {
    long slot = slots.mine();
    long hint = slots.hint(slot, level);
    if (hint != BuddySlots.NO_HINT) {
      long unit = levels[level].takeFrom(BuddySlots.word(hint), order, units);
      if (unit >= 0) {
        return unit;
      }
    }
    return takeElsewhere(slot, level, order, units);
  }

  private long takeElsewhere(long slot, int level, int order, int units) {
    long unit = search(slot, level, order, units);
    while (unit < 0) {
      long moves = slots.moves();
      closeBelow(level);
      unit = search(slot, level, order, units);
      if (unit < 0 && moves == slots.moves()) {
        return NONE;
      }
    }
    return unit;
  }

  /** Looks everywhere in a level, and where it has no room in those above. */
  private long search(long slot, int level, int order, int units) {
    long unit = searchNear(slot, level, order, units);
    if (unit >= 0) {
      return unit;
    }
    // At level 0 threads keep apart from the start, above when they have met.
    boolean apart = level == 0 || unit == BuddyLevel.CONTENDED;
    unit = apart ? searchUnheld(slot, level, order, units) : searchAll(slot, level, order, units);
    if (unit < 0) {
      unit = open(slot, level, units);
    }
    if (unit < 0 && apart) {
      unit = searchAll(slot, level, order, units);
    }
    return unit;
  }

  /** In the line of the hint, and in what is still closed of it if it is held. */
  private long searchNear(long slot, int level, int order, int units) {
    long hint = slots.hint(slot, level);
    if (hint == BuddySlots.NO_HINT) {
      return NONE;
    }
    BuddyLevel at = levels[level];
    boolean held = BuddySlots.holds(hint);
    int line = at.line(BuddySlots.word(hint));
    long unit = at.take(line, order, units, false);
    if (unit == BuddyLevel.NOTHING) {
      at.bounds.lower(line);
      if (level == 0 && held && top > 0) {
        unit = openInLine(line, units);
      }
    }
    if (unit >= 0) {
      // Fails where another thread of the same slot has changed it.
      slots.casHint(slot, level, hint, BuddySlots.hint(word(unit), held));
    }
    return unit;
  }

  /** From the lowest line on, in those that nobody holds. */
  private long searchUnheld(long slot, int level, int order, int units) {
    BuddyBounds bounds = levels[level].bounds;
    int line = bounds.next(0, order + 1, true);
    while (line >= 0) {
      if (bounds.hold(line)) {
        long unit = levels[level].take(line, order, units, true);
        if (unit >= 0) {
          settle(slot, level, word(unit), true);
          return unit;
        }
        bounds.lower(line);
        leave(level, line);
      }
      line = bounds.next(line + 1, order + 1, true);
    }
    return NONE;
  }

  /** From the lowest line on, in all. */
  private long searchAll(long slot, int level, int order, int units) {
    BuddyLevel at = levels[level];
    int line = at.bounds.next(0, order + 1, false);
    while (line >= 0) {
      long unit = at.take(line, order, units, true);
      if (unit >= 0) {
        settle(slot, level, word(unit), at.bounds.hold(line));
        return unit;
      }
      at.bounds.lower(line);
      line = at.bounds.next(line + 1, order + 1, false);
    }
    return NONE;
  }

  /**
   * Opens a unit of the level above and takes its first parts. At level 0 this is one in a line
   * that nobody holds, though a unit two levels up should have to be opened for it.
   */
  private long open(long slot, int level, int units) {
    if (level == top) {
      return NONE;
    }
    if (level == 0) {
      long unit = openUnheld(slot, units);
      if (unit < 0 && top > 1) {
        unit = openTwo(slot, units);
      }
      if (unit >= 0) {
        return unit;
      }
    }
    long above = search(slot, level + 1, 0, 1);
    return above < 0 ? NONE : publish(slot, level, (int) above, units);
  }

  /** Opens a unit of level 1 that is in a line of level 0 that nobody holds, the lowest. */
  private long openUnheld(long slot, int units) {
    BuddyLevel above = levels[1];
    int line = above.bounds.next(0, 1, false);
    while (line >= 0) {
      for (int word = above.firstWord(line); word < above.firstWord(line + 1); word++) {
        long unit = openUnheld(slot, word, units);
        if (unit >= 0) {
          return unit;
        }
      }
      if (above.boundOf(line) == 0) {
        above.bounds.lower(line);
      }
      line = above.bounds.next(line + 1, 1, false);
    }
    return NONE;
  }

  private long openUnheld(long slot, int wordAbove, int units) {
    BuddyLevel at = levels[0];
    long rest = levels[1].bits(wordAbove);
    while (rest != 0) {
      int line = at.line(wordAbove << FreeBits.LOG_BITS | Long.numberOfTrailingZeros(rest));
      if (!at.bounds.isHeld(line) && at.bounds.hold(line)) {
        long unit = openInLine(line, units);
        if (unit >= 0) {
          settle(slot, 0, word(unit), true);
          return unit;
        }
        leave(0, line);
      }
      rest &= ~unitsOf(line);
    }
    return NONE;
  }

  /** The bits, in the word of level 1, of the words in a line of level 0. */
  private long unitsOf(int line) {
    int first = levels[0].firstWord(line);
    return FreeBits.mask(first & (FreeBits.BITS - 1), levels[0].firstWord(line + 1) - first);
  }

  /** Opens the first word of a line of level 0 that is closed. */
  private long openInLine(int line, int units) {
    BuddyLevel above = levels[1];
    int wordAbove = levels[0].firstWord(line) >>> FreeBits.LOG_BITS;
    long mask = unitsOf(line);
    while (true) {
      long bits = above.bits(wordAbove);
      if ((bits & mask) == 0) {
        return NONE;
      }
      int bit = Long.numberOfTrailingZeros(bits & mask);
      if (above.cas(wordAbove, bits, bits & ~(1L << bit))) {
        return publish(0, wordAbove << FreeBits.LOG_BITS | bit, units);
      }
    }
  }

  /** Opens a unit of level 2 and its first part. */
  private long openTwo(long slot, int units) {
    long above = search(slot, 2, 0, 1);
    if (above < 0) {
      return NONE;
    }
    int word = (int) above << FreeBits.LOG_BITS;
    // Before others can see it, so that they choose other lines.
    boolean held = levels[0].bounds.hold(levels[0].line(word));
    publish(slot, 1, (int) above, 1);
    long unit = publish(0, word, units);
    settle(slot, 0, word, held);
    return unit;
  }

  private long publish(long slot, int level, int word, int units) {
    BuddyBounds bounds = levels[level].bounds;
    boolean held = bounds.hold(levels[level].line(word));
    long unit = publish(level, word, units);
    settle(slot, level, word, held);
    return unit;
  }

  /** Makes all of a unit of the level above free in its word but its first parts. */
  private long publish(int level, int word, int units) {
    BuddyLevel at = levels[level];
    long rest = FreeBits.ALL & ~FreeBits.mask(0, units);
    // Nobody else can have changed it: all that is in it is the caller's.
    if (!at.cas(word, 0, rest)) {
      throw new IllegalStateException("word " + word + " of level " + level + " was open");
    }
    at.bounds.raise(at.line(word), rest);
    slots.moved();
    return (long) word << FreeBits.LOG_BITS;
  }

  /**
   * Makes a word the slot's next place.
   *
   * @param held whether the caller has just held its line
   */
  private void settle(long slot, int level, int word, boolean held) {
    BuddyLevel at = levels[level];
    int line = at.line(word);
    long before = slots.hint(slot, level);
    boolean holds = BuddySlots.holds(before);
    boolean stays = holds && at.line(BuddySlots.word(before)) == line;
    if (slots.casHint(slot, level, before, BuddySlots.hint(word, held || stays))) {
      if (holds && !stays) {
        leave(level, at.line(BuddySlots.word(before)));
      }
    } else if (held) {
      leave(level, line);
    }
  }

  /** Ends a hold, and closes what was kept open by it. */
  private void leave(int level, int line) {
    levels[level].bounds.leave(line);
    closeLine(level, line);
  }

  private void closeLine(int level, int line) {
    if (level < top) {
      BuddyLevel at = levels[level];
      for (int word = at.firstWord(line); word < at.firstWord(line + 1); word++) {
        close(level, word);
      }
    }
  }

  /** Closes a word if all of it is free. */
  private void close(int level, int word) {
    BuddyLevel at = levels[level];
    if (at.bits(word) == FreeBits.ALL && at.cas(word, FreeBits.ALL, 0)) {
      free(level + 1, word, 1);
      slots.moved();
    }
  }

  /** Closes what is open and all free, held or not, so that it can be had at a level. */
  private void closeBelow(int level) {
    for (int number = 0; number < level; number++) {
      BuddyBounds bounds = levels[number].bounds;
      int line = bounds.next(0, FreeBits.MAX_BOUND, false);
      while (line >= 0) {
        closeLine(number, line);
        bounds.lower(line);
        line = bounds.next(line + 1, FreeBits.MAX_BOUND, false);
      }
    }
  }

  /** Frees units that lie in one word. */
  void free(int level, long unit, int units) {
    BuddyLevel at = levels[level];
    int word = word(unit);
    long mask = FreeBits.mask((int) unit & (FreeBits.BITS - 1), units);
    while (true) {
      long bits = at.bits(word);
      if ((bits & mask) != 0 || (bits == 0 && isFreeAbove(level, word))) {
        throw Requests.notAllocated((int) (unit << shift(level)), units << shift(level));
      }
      long after = bits | mask;
      if (after == FreeBits.ALL && level < top) {
        if (fill(level, word, bits)) {
          return;
        }
      } else if (at.cas(word, bits, after)) {
        raise(at, word, after);
        return;
      }
    }
  }

  /** Frees the last units of a word, and closes it unless its line is held. */
  private boolean fill(int level, int word, long bits) {
    BuddyLevel at = levels[level];
    int line = at.line(word);
    if (!at.bounds.isHeld(line)) {
      if (!at.cas(word, bits, 0)) {
        return false;
      }
      free(level + 1, word, 1);
      slots.moved();
      return true;
    }
    if (!at.cas(word, bits, FreeBits.ALL)) {
      return false;
    }
    raise(at, word, FreeBits.ALL);
    // A race: who held it may have left, and looked at the word, before it was full.
    if (!at.bounds.isHeld(line)) {
      close(level, word);
    }
    return true;
  }

  private void raise(BuddyLevel at, int word, long bits) {
    if (at.bounds.raise(at.line(word), bits)) {
      slots.moved();
    }
  }

  /** Whether a unit around a word is free. */
  boolean isFreeAbove(int level, int word) {
    int unit = word;
    for (int above = level + 1; above <= top; above++) {
      if ((levels[above].bits(word(unit)) >>> unit & 1) != 0) {
        return true;
      }
      unit = word(unit);
    }
    return false;
  }

  /**
   * Takes free frames from one on: the units of one word that follow each other there, of the
   * highest level at which there are any.
   *
   * @param frame the first
   * @param end where the frames that are wanted end
   * @return how many it took, the last of them perhaps behind the end; 0 if the first is not free,
   *     or is not the first of the unit that is
   */
  long takeAt(long frame, long end) {
    for (int number = top; number >= 0; number--) {
      if ((frame & ((1L << shift(number)) - 1)) == 0) {
        long wanted = (end - frame + (1L << shift(number)) - 1) >>> shift(number);
        int units = levels[number].takeRun(frame >>> shift(number), wanted);
        if (units > 0) {
          return (long) units << shift(number);
        }
      }
    }
    return 0;
  }
}
