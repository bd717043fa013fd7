// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.memory.Padding;
import io.ashlar.slab.SizeClasses;

/**
 * The magazines of one thread cache: per class a stack of addresses of free blocks, its
 * <em>rounds</em>; after Bonwick and Adams, <i>Magazines and Vmem</i>, USENIX 2001. Each grows with
 * use, up to a bound in bytes, and shrinks without.
 *
 * <p>They lie in one record of native memory whose layout is known at compile time, so that a round
 * is found by arithmetic alone: with an object per magazine each call waits for three loads that
 * depend on each other. No other thread writes within {@link Padding#BYTES} of a record, and of the
 * rounds only the pages that are used are resident.
 *
 * <pre>
 *   byte 0      tally of class 0, 1, …   8 bytes each
 *   512         base of class 0, 1, …    8 bytes each: the level of the empty magazine
 *   1024        loaded of class 0, 1, …  8 bytes each: rounds from refills, less those released
 *   1536        allocations at the last sweep
 *   2048        rounds of class 0, 1, …  1 KiB each
 *
 *   tally       63 … 16                                      ┊ 15 … 0
 *               allocations from the magazine, modulo 2^48   ┊ level: where the next push writes
 *
 *   rounds      byte 0 …   base - 8   base ………………… level         1024
 *               unused     0          oldest … newest   room
 * </pre>
 *
 * <p>The stack ends at the same level in all classes, whatever the capacity, so that a push need
 * not look the capacity up; and a 0 lies below the oldest round, so that a pop need not either.
 * Class 0, which is none, has its places for the sake of simple arithmetic. One addition moves both
 * halves of a tally, so counting costs nothing. Frees into a magazine are not counted but follow:
 * rounds = loaded - allocations + frees.
 *
 * <p>Not thread-safe, but that any thread may read the counters: a word is read whole, and is true
 * or was a moment ago.
 */
final class Magazines {

  /** Most bytes of free blocks in a magazine, if that is more than {@link #MIN_ROUNDS} blocks. */
  static final int MAX_BYTES = 64 << 10;

  private static final int LOG_ROUNDS_BYTES = 10;
  private static final int FULL = 1 << LOG_ROUNDS_BYTES;

  /** One less than there is room for, because of the 0 below. */
  private static final int MAX_ROUNDS = FULL / Long.BYTES - 1;

  private static final int MIN_ROUNDS = 8;
  private static final int CLASS_MASK = SizeClasses.INDEX_BOUND - 1;

  private static final int TALLY = 0;
  private static final int BASE = 512;
  private static final int LOADED = 1024;
  private static final int SWEPT = 1536;
  private static final int ROUNDS = 2048;
  private static final int USED_BYTES = ROUNDS + (SizeClasses.BOUND << LOG_ROUNDS_BYTES);

  private static final int LEVEL_BITS = 16;
  private static final long ALLOCATED_ONE = (1L << LEVEL_BITS) - Long.BYTES;
  private static final long FREED_ONE = Long.BYTES;

  private Magazines() {}

  /**
   * Makes magazines without room, in a record that is zero or that others have left; returns how
   * the other methods name it.
   */
  static int create(long address) {
    Memory.fill(address, ROUNDS, (byte) 0);
    int record = Memory.packBase(address);
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      Memory.putLong(word(record, BASE, sizeClass), FULL);
      Memory.putLong(word(record, TALLY, sizeClass), FULL);
      Memory.putLong(round(record, sizeClass, FULL) - Long.BYTES, 0);
    }
    return record;
  }

  /** Address space that a record takes, so that the next has an address that can be packed. */
  static long recordBytes(long pageSize) {
    return Bits.alignUp(USED_BYTES + Padding.BYTES, Math.max(pageSize, 64 << 10));
  }

  /** Most rounds that a class's magazine has. */
  static int maxRounds(int sizeClass) {
    return Math.clamp(MAX_BYTES / SizeClasses.blockBytes(sizeClass), MIN_ROUNDS, MAX_ROUNDS);
  }

  private static long word(int record, int kind, int sizeClass) {
    return Memory.base(record) + kind + ((long) (sizeClass & CLASS_MASK) << 3);
  }

  /** By arithmetic on bounded values alone: see {@link Memory#base}. */
  private static long round(int record, int sizeClass, long level) {
    return Memory.base(record)
        + ROUNDS
        + ((long) (sizeClass & CLASS_MASK) << LOG_ROUNDS_BYTES)
        + level;
  }

  /** The tally of a class. */
  static long tally(int record, int sizeClass) {
    return Memory.getLong(word(record, TALLY, sizeClass));
  }

  private static int level(long tally) {
    return (char) tally;
  }

  private static long base(int record, int sizeClass) {
    return Memory.getLong(word(record, BASE, sizeClass));
  }

  /** The newest round, given the tally; 0 if there is none. */
  static long top(int record, int sizeClass, long tally) {
    return Memory.getLong(round(record, sizeClass, level(tally)) - Long.BYTES);
  }

  /** Takes the newest round out of a magazine that has one, given the tally. */
  static void pop(int record, int sizeClass, long tally) {
    Memory.putLong(word(record, TALLY, sizeClass), tally + ALLOCATED_ONE);
  }

  /** Puts a round in; false if there is no room. */
  static boolean push(int record, int sizeClass, long block) {
    long tally = tally(record, sizeClass);
    long level = level(tally);
    if (level >= FULL) {
      return false;
    }
    Memory.putLong(round(record, sizeClass, level), block);
    Memory.putLong(word(record, TALLY, sizeClass), tally + FREED_ONE);
    return true;
  }

  /** The rounds in a magazine. */
  static int count(int record, int sizeClass) {
    return (int) (level(tally(record, sizeClass)) - base(record, sizeClass)) >>> 3;
  }

  /**
   * Where the rounds are, the oldest first. A refill of an empty magazine writes them there, and
   * then calls {@link #loaded}.
   */
  static long rounds(int record, int sizeClass) {
    return round(record, sizeClass, base(record, sizeClass));
  }

  /** Notes that a magazine has so many more rounds, or so many fewer. */
  static void loaded(int record, int sizeClass, int delta) {
    add(word(record, TALLY, sizeClass), (long) delta << 3);
    add(word(record, LOADED, sizeClass), delta);
  }

  /** Takes out the oldest rounds, which the caller has read. */
  static void unload(int record, int sizeClass, int count) {
    long rounds = rounds(record, sizeClass);
    long left = (long) (count(record, sizeClass) - count) << 3;
    Memory.copy(rounds + ((long) count << 3), rounds, left);
    loaded(record, sizeClass, -count);
  }

  private static void add(long at, long delta) {
    Memory.putLong(at, Memory.getLong(at) + delta);
  }

  /** The rounds for which there is room. */
  static int capacity(int record, int sizeClass) {
    return (int) (FULL - base(record, sizeClass)) >>> 3;
  }

  /** Doubles the room, up to a bound; whether it did. */
  static boolean grow(int record, int sizeClass) {
    int capacity = capacity(record, sizeClass);
    int grown = Math.clamp(2L * capacity, MIN_ROUNDS, maxRounds(sizeClass));
    resize(record, sizeClass, grown);
    return grown > capacity;
  }

  /** Halves the room of a magazine that is empty. */
  static void shrink(int record, int sizeClass) {
    resize(record, sizeClass, capacity(record, sizeClass) / 2);
  }

  /** Moves the rounds to where the stack begins with another capacity. */
  private static void resize(int record, int sizeClass, int capacity) {
    long base = base(record, sizeClass);
    long newBase = FULL - ((long) capacity << 3);
    long level = level(tally(record, sizeClass));
    long from = round(record, sizeClass, base);
    Memory.copy(from, round(record, sizeClass, newBase), level - base);
    Memory.putLong(round(record, sizeClass, newBase) - Long.BYTES, 0);
    Memory.putLong(word(record, BASE, sizeClass), newBase);
    add(word(record, TALLY, sizeClass), newBase - base);
  }

  /** Whether no block was allocated from the magazine since this was last asked. */
  static boolean isIdle(int record, int sizeClass) {
    long now = allocations(record, sizeClass);
    long at = word(record, SWEPT, sizeClass);
    boolean idle = Memory.getLong(at) == now;
    Memory.putLong(at, now);
    return idle;
  }

  /** Allocations from a magazine, modulo 2^48. */
  static long allocations(int record, int sizeClass) {
    return tally(record, sizeClass) >>> LEVEL_BITS;
  }

  /** Frees into a magazine. */
  static long frees(int record, int sizeClass) {
    long rounds = count(record, sizeClass);
    long loaded = Memory.getLong(word(record, LOADED, sizeClass));
    return rounds + allocations(record, sizeClass) - loaded;
  }

  /** The record, to be used for other magazines. */
  static long address(int record) {
    return Memory.base(record);
  }
}
