// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Memory;

/** Makes small buddy systems without a lock for stress tests, sound ones and some with a fault. */
public final class SmallBuddies {

  /** Two units of 64 frames, side by side in a word above. */
  public static final int FRAMES = 128;

  private static final int MAX_ORDER = 7;
  private static final int SLOTS = 2;

  private SmallBuddies() {}

  /**
   * Metadata for one.
   *
   * @return where it may lie
   */
  public static Metadata metadata() {
    return new Metadata(LockFreeBuddy.byteSize(FRAMES, MAX_ORDER, SLOTS), false);
  }

  /**
   * One as it should be.
   *
   * @param metadata where it lies
   * @return all frames free
   */
  public static LockFreeBuddy sound(Metadata metadata) {
    return make(metadata, new AtomicWords());
  }

  /**
   * Fault: a word is read, compared and written in three steps.
   *
   * @param metadata where it lies
   * @return all frames free
   */
  public static LockFreeBuddy losingUpdates(Metadata metadata) {
    return make(metadata, new LosingUpdates());
  }

  /**
   * Fault: a bound is lowered to what was seen, though something was freed meanwhile.
   *
   * @param metadata where it lies
   * @return all frames free
   */
  public static LockFreeBuddy loweringLate(Metadata metadata) {
    return make(metadata, new LoweringLate());
  }

  private static LockFreeBuddy make(Metadata metadata, AtomicWords atomic) {
    return new LockFreeBuddy(metadata, FRAMES, MAX_ORDER, SLOTS, atomic);
  }

  private static final class LosingUpdates extends AtomicWords {
    @Override
    boolean cas(long address, long expected, long value) {
      if (getVolatile(address) != expected) {
        return false;
      }
      Memory.putLongRelease(address, value);
      return true;
    }
  }

  /** Knows a bound by the mark that its thread has just put there. */
  private static final class LoweringLate extends AtomicWords {

    private static final ThreadLocal<Long> EXAMINED = ThreadLocal.withInitial(() -> 0L);

    @Override
    boolean cas(long address, long expected, long value) {
      if (value == Bound.examine(expected)) {
        EXAMINED.set(address);
      } else if (EXAMINED.get() == address && Bound.isExamined(expected)) {
        EXAMINED.set(0L);
        awaitChange(address, expected);
        Memory.putLongRelease(address, value);
        return true;
      }
      return super.cas(address, expected, value);
    }

    /** Waits a while for a free: without it the two hardly ever meet. */
    private void awaitChange(long address, long expected) {
      for (int i = 0; i < 256 && getVolatile(address) == expected; i++) {
        Thread.onSpinWait();
      }
    }
  }
}
