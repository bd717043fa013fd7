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
 *   byte 0      top and tally of class 0, 1, …  16 bytes each
 *   1024        base of class 0, 1, …           8 bytes each: the level of the empty magazine
 *   1536        loaded of class 0, 1, …         8 bytes each: rounds from refills, less those released
 *   2048        allocations at the last sweep   8 bytes each
 *   3072        rounds of class 0, 1, …         1 KiB each
 *
 *   top         the newest round, 0 if there is none
 *   tally       63 … 16                                      ┊ 15 … 0
 *               allocations from the magazine, modulo 2^48   ┊ level
 *
 *   rounds      byte 0 … base   base ……………………………… level         1024
 *               unused          0, oldest, …, second newest   room
 * </pre>
 *
 * <p>The level is where the next push saves the top, so a pop knows the block after one load, and
 * the rounds below are loaded only for the pop after it. The stack ends at the same level for all,
 * whatever the capacity, so that a push need not look the capacity up; and it begins with the 0
 * that was the top of the empty magazine, so that a pop tells from the top alone. Class 0, which is
 * none, has its places for the sake of simple arithmetic. One addition moves both halves of a
 * tally, so counting costs nothing. Frees into a magazine are not counted but follow: rounds =
 * loaded - allocations + frees.
 *
 * <p>Not thread-safe, but that any thread may read the counters: a word is read whole, and is true
 * or was a moment ago.
 */
final class Magazines {

  /** Most bytes of free blocks in a magazine, if that is more than {@link #MIN_ROUNDS} blocks. */
  static final int MAX_BYTES = 64 << 10;

  private static final int LOG_ROUNDS_BYTES = 10;
  private static final int FULL = 1 << LOG_ROUNDS_BYTES;

  /** One less than there is room for: place 0 is where the class below may save its top. */
  private static final int MAX_ROUNDS = FULL / Long.BYTES - 1;

  private static final int MIN_ROUNDS = 8;
  private static final int CLASS_MASK = SizeClasses.INDEX_BOUND - 1;

  private static final int TOP = 0;
  private static final int TALLY = 8;
  private static final int BASE = 1024;
  private static final int LOADED = 1536;
  private static final int SWEPT = 2048;
  private static final int ROUNDS = 3072;
  private static final int USED_BYTES =
      ROUNDS + (SizeClasses.BOUND << LOG_ROUNDS_BYTES) + Long.BYTES;

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
      Memory.putLong(pair(record, TALLY, sizeClass), FULL);
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

  private static long pair(int record, int kind, int sizeClass) {
    return Memory.base(record) + kind + ((long) (sizeClass & CLASS_MASK) << 4);
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

  private static long tally(int record, int sizeClass) {
    return Memory.getLong(pair(record, TALLY, sizeClass));
  }

  private static int level(long tally) {
    return (char) tally;
  }

  private static long base(int record, int sizeClass) {
    return Memory.getLong(word(record, BASE, sizeClass));
  }

  /** The newest round; 0 if there is none. */
  static long top(int record, int sizeClass) {
    return Memory.getLong(pair(record, TOP, sizeClass));
  }

  /** Takes the newest round out of a magazine that has one. */
  static void pop(int record, int sizeClass) {
    long tally = tally(record, sizeClass);
    long next = Memory.getLong(round(record, sizeClass, level(tally)) - Long.BYTES);
    Memory.putLong(pair(record, TOP, sizeClass), next);
    Memory.putLong(pair(record, TALLY, sizeClass), tally + ALLOCATED_ONE);
  }

  /** Puts a round in; false if there is no room. */
  static boolean push(int record, int sizeClass, long block) {
    long tally = tally(record, sizeClass);
    long level = level(tally);
    if (level >= FULL) {
      return false;
    }
    Memory.putLong(round(record, sizeClass, level), top(record, sizeClass));
    Memory.putLong(pair(record, TOP, sizeClass), block);
    Memory.putLong(pair(record, TALLY, sizeClass), tally + FREED_ONE);
    return true;
  }

  /** The rounds in a magazine. */
  static int count(int record, int sizeClass) {
    return (int) (level(tally(record, sizeClass)) - base(record, sizeClass)) >>> 3;
  }

  /**
   * Where the rounds are, the oldest first; saves the top behind the others, so that it is among
   * them. A refill of an empty magazine writes them there, and then calls {@link #loaded}.
   */
  static long rounds(int record, int sizeClass) {
    long level = level(tally(record, sizeClass));
    Memory.putLong(round(record, sizeClass, level), top(record, sizeClass));
    return round(record, sizeClass, base(record, sizeClass)) + Long.BYTES;
  }

  /** Notes that an empty magazine now has rounds. */
  static void loaded(int record, int sizeClass, int count) {
    move(record, sizeClass, count);
  }

  /** Takes out the oldest rounds, which the caller has read at {@link #rounds}. */
  static void unload(int record, int sizeClass, int count) {
    long rounds = rounds(record, sizeClass);
    long left = (long) (count(record, sizeClass) - count) << 3;
    Memory.copy(rounds + ((long) count << 3), rounds, left);
    move(record, sizeClass, -count);
  }

  /** Sets the level after rounds came in or went out, and loads the top from there. */
  private static void move(int record, int sizeClass, int delta) {
    add(pair(record, TALLY, sizeClass), (long) delta << 3);
    add(word(record, LOADED, sizeClass), delta);
    long level = level(tally(record, sizeClass));
    boolean empty = level == base(record, sizeClass);
    long top = empty ? 0 : Memory.getLong(round(record, sizeClass, level));
    Memory.putLong(pair(record, TOP, sizeClass), top);
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
    Memory.putLong(round(record, sizeClass, newBase), 0);
    Memory.putLong(word(record, BASE, sizeClass), newBase);
    add(pair(record, TALLY, sizeClass), newBase - base);
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
