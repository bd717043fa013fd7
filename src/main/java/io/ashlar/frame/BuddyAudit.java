// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/** Checks the invariants of {@link LockFreeBuddy}. No other thread may be inside. */
final class BuddyAudit {

  private final BuddyLevels levels;
  private final int frames;

  BuddyAudit(BuddyLevels levels, int frames) {
    this.levels = levels;
    this.frames = frames;
  }

  void run() {
    int held = 0;
    for (int number = 0; number <= levels.top(); number++) {
      BuddyLevel level = levels.level(number);
      for (int word = 0; word < level.words(); word++) {
        auditWord(level, word);
      }
      held += level.bounds.validate();
    }
    int holds = 0;
    for (int number = 0; number < levels.slots().count(); number++) {
      holds += auditSlot(levels.slots().at(number));
    }
    if (held != holds) {
      throw new IllegalStateException(held + " lines held, by slots " + holds);
    }
  }

  private void auditWord(BuddyLevel level, int word) {
    long bits = level.bits(word);
    if (bits == 0) {
      return;
    }
    int number = level.number;
    long last = (long) word << FreeBits.LOG_BITS | (63 - Long.numberOfLeadingZeros(bits));
    check((last + 1) << BuddyLevels.shift(number) <= frames, "goes too far", number, word);
    check(!levels.isFreeAbove(number, word), "lies in a free unit", number, word);
    boolean mayBeFull = number == levels.top() || level.bounds.isHeld(level.line(word));
    check(bits != FreeBits.ALL || mayBeFull, "is all free and not closed", number, word);
  }

  /** How many lines a slot holds. */
  private int auditSlot(long slot) {
    int holds = 0;
    for (int number = 0; number <= levels.top(); number++) {
      long hint = levels.slots().hint(slot, number);
      if (BuddySlots.holds(hint)) {
        BuddyLevel level = levels.level(number);
        int word = BuddySlots.word(hint);
        check(level.bounds.isHeld(level.line(word)), "is not held by its slot", number, word);
        holds++;
      }
    }
    return holds;
  }

  private static void check(boolean holds, String broken, int level, int word) {
    if (!holds) {
      throw new IllegalStateException("word " + word + " of level " + level + " " + broken);
    }
  }
}
