// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/**
 * Where in each level of the lock-free buddy system a thread allocates from: a hint, which is
 * checked before it is believed. A thread finds its slot by its number; threads that share one
 * allocate from the same places, and are slower, not wrong.
 *
 * <pre>
 *   slot, 128 bytes:   level 0 │ level 1 │ … │ level 5 │ … │ moves
 *   hint:  63        1 0
 *          │ word + 1 │h│      0: none;  h: this slot holds the word's line
 * </pre>
 *
 * <p>Hints change by compare-and-set, so that a hold is ended by exactly one thread.
 */
final class BuddySlots {

  private static final int SLOT_BYTES = 128;
  private static final int MOVES = SLOT_BYTES - Long.BYTES;

  static final long NO_HINT = 0;

  private final AtomicWords atomic;
  private final long base;
  private final int mask;

  /**
   * @param count a power of two
   */
  BuddySlots(AtomicWords atomic, Metadata metadata, int count) {
    this.atomic = atomic;
    base = metadata.allocate(byteSize(count));
    mask = count - 1;
  }

  static long byteSize(int count) {
    return (long) count * SLOT_BYTES;
  }

  int count() {
    return mask + 1;
  }

  /** The calling thread's slot. */
  long mine() {
    return at((int) atomic.thread() & mask);
  }

  long at(int number) {
    return base + (long) number * SLOT_BYTES;
  }

  long hint(long slot, int level) {
    return atomic.getAcquire(slot + (long) level * Long.BYTES);
  }

  boolean casHint(long slot, int level, long expected, long hint) {
    return atomic.cas(slot + (long) level * Long.BYTES, expected, hint);
  }

  static long hint(int word, boolean held) {
    return (word + 1L) << 1 | (held ? 1 : 0);
  }

  /** -1 of {@link #NO_HINT}. */
  static int word(long hint) {
    return (int) (hint >>> 1) - 1;
  }

  static boolean holds(long hint) {
    return (hint & 1) != 0;
  }

  /** Tells that a search finds again what was hidden from it for a moment. */
  void moved() {
    long at = mine() + MOVES;
    long count;
    do {
      count = atomic.getAcquire(at);
    } while (!atomic.cas(at, count, count + 1));
  }

  /** Changes with every {@link #moved} that ends. */
  long moves() {
    long sum = 0;
    for (int number = 0; number <= mask; number++) {
      sum += atomic.getVolatile(at(number) + MOVES);
    }
    return sum;
  }
}
