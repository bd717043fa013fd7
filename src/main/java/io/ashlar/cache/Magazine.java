// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Padding;
import io.ashlar.slab.SizeClasses;

/**
 * A stack of free blocks of one class, one thread's own; after Bonwick and Adams, <i>Magazines and
 * Vmem</i>, USENIX 2001. It grows with use, up to a bound in bytes, and shrinks without.
 *
 * <pre>
 *   tally   63 … 16                                ┊ 15 … 0
 *           allocations made from it, modulo 2^48  ┊ rounds in it
 * </pre>
 *
 * <p>One addition moves both halves, so that counting costs nothing. Frees into it are not counted
 * but follow: rounds = loaded - allocations + frees.
 *
 * <p>Not thread-safe, but that the counters may be read by any thread: a word is read whole, and is
 * true or was a moment ago. Alone on its cache lines; the rounds are followed by unused ones of
 * {@link Padding#BYTES}, so that the next array in memory does not share theirs.
 */
@SuppressWarnings("unused")
final class Magazine extends MagazineState {

  /** A magazine without room: what a class has until it is first used. Never written. */
  static final Magazine NONE = new Magazine(0);

  /** Most bytes of free blocks that a magazine holds, if it has more than {@link #MIN_ROUNDS}. */
  static final int MAX_BYTES = 64 << 10;

  private static final int MAX_ROUNDS = 256;
  private static final int MIN_ROUNDS = 8;

  private static final int COUNT_BITS = 16;
  private static final long ALLOCATED_ONE = (1L << COUNT_BITS) - 1;
  private static final long FREED_ONE = 1;
  private static final int PADDING_ROUNDS = Padding.BYTES / Long.BYTES;

  long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf;

  private Magazine(int capacity) {
    resize(capacity);
  }

  /** A small magazine. */
  static Magazine create() {
    return new Magazine(MIN_ROUNDS);
  }

  /** Most rounds that a class's magazine has. */
  static int maxRounds(int sizeClass) {
    int rounds = MAX_BYTES / SizeClasses.blockBytes(sizeClass);
    return Math.clamp(rounds, MIN_ROUNDS, MAX_ROUNDS);
  }

  /** Takes the newest round; 0 if there is none. */
  long pop() {
    long before = tally;
    int count = (char) before;
    if (count == 0) {
      return 0;
    }
    tally = before + ALLOCATED_ONE;
    return rounds[count - 1];
  }

  /** Puts a round in; false if there is no room. */
  boolean push(long address) {
    long before = tally;
    int count = (char) before;
    if (count >= capacity) {
      return false;
    }
    rounds[count] = address;
    tally = before + FREED_ONE;
    return true;
  }

  int count() {
    return (char) tally;
  }

  int capacity() {
    return capacity;
  }

  /** Round by index, the oldest first. */
  long round(int index) {
    return rounds[index];
  }

  /** Where a refill puts its blocks, from index 0; then {@link #loaded}. Only when empty. */
  long[] rounds() {
    return rounds;
  }

  /** Notes that an empty magazine now has rounds. */
  void loaded(int count) {
    loaded += count;
    tally += count;
  }

  /** Takes out the oldest rounds, which the caller has read. */
  void unload(int count) {
    int left = count() - count;
    System.arraycopy(rounds, count, rounds, 0, left);
    loaded -= count;
    tally -= count;
  }

  /** Doubles the room, up to a bound; whether it did. */
  boolean grow(int sizeClass) {
    int max = maxRounds(sizeClass);
    if (capacity >= max) {
      return false;
    }
    resize(Math.min(2 * capacity, max));
    return true;
  }

  /** Halves the room of a magazine that is empty. */
  void shrink() {
    if (capacity > MIN_ROUNDS) {
      resize(capacity / 2);
    }
  }

  private void resize(int newCapacity) {
    long[] old = rounds;
    long[] resized = new long[newCapacity + PADDING_ROUNDS];
    if (old != null) {
      System.arraycopy(old, 0, resized, 0, Math.min(count(), newCapacity));
    }
    rounds = resized;
    capacity = newCapacity;
  }

  /** Allocations made from it, modulo 2^48. */
  long allocations() {
    return tally >>> COUNT_BITS;
  }

  /** Frees made into it. */
  long frees() {
    long now = tally;
    return (char) now + (now >>> COUNT_BITS) - loaded;
  }

  /** Bytes that it takes on the Java heap, about. */
  long footprint() {
    return 320 + (long) rounds.length * Long.BYTES;
  }
}

/** The fields, between the paddings. */
abstract class MagazineState extends Padding {
  /** See {@link Magazine}. */
  long tally;

  /** Rounds put in by refills, less those taken out by flushes. */
  long loaded;

  long[] rounds;
  int capacity;
}
