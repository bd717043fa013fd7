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
 *   byte 0      tally of class 0, 1, …     8 bytes each
 *   512         capacity of class 0, 1, …  8 bytes each: the level at which a magazine is full
 *   1024        loaded of class 0, 1, …    8 bytes each: rounds put in by refills, less those released
 *   1536        allocations of class 0, 1, … at the last sweep, 8 bytes each
 *   2048        rounds of class 0, 1, …    8 bytes each, {@link #MAX_ROUNDS} a class
 *
 *   tally       63 … 16                                      ┊ 15 … 0
 *               allocations from the magazine, modulo 2^48   ┊ level: bytes of the rounds in it
 * </pre>
 *
 * <p>Class 0, which is none, has its places for the sake of simple arithmetic. One addition moves
 * both halves of a tally, so counting costs nothing. Frees into a magazine are not counted but
 * follow: rounds = loaded - allocations + frees.
 *
 * <p>Not thread-safe, but that any thread may read the counters: a word is read whole, and is true
 * or was a moment ago.
 */
final class Magazines {

  /** Most bytes of free blocks in a magazine, if that is more than {@link #MIN_ROUNDS} blocks. */
  static final int MAX_BYTES = 64 << 10;

  private static final int LOG_ROUNDS_BYTES = 10;
  private static final int MAX_ROUNDS = 1 << (LOG_ROUNDS_BYTES - 3);
  private static final int MIN_ROUNDS = 8;
  private static final int CLASS_MASK = SizeClasses.INDEX_BOUND - 1;

  private static final int TALLY = 0;
  private static final int CAPACITY = 512;
  private static final int LOADED = 1024;
  private static final int SWEPT = 1536;
  private static final int ROUNDS = 2048;
  private static final int USED_BYTES = ROUNDS + (SizeClasses.BOUND << LOG_ROUNDS_BYTES);

  private static final int LEVEL_BITS = 16;
  private static final int LOG_ROUND_BYTES = 3;
  private static final long ALLOCATED_ONE = (1L << LEVEL_BITS) - Long.BYTES;
  private static final long FREED_ONE = Long.BYTES;

  private Magazines() {}

  /**
   * Makes magazines without room, in a record that is zero or that others have left; returns how
   * the other methods name it.
   */
  static int create(long address) {
    Memory.fill(address, ROUNDS, (byte) 0);
    return Memory.packBase(address);
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

  /** The level in a tally: 0 if the magazine is empty. */
  static int level(long tally) {
    return (char) tally;
  }

  /** Takes the newest round of a magazine that has one, given its tally. */
  static long pop(int record, int sizeClass, long tally) {
    Memory.putLong(word(record, TALLY, sizeClass), tally + ALLOCATED_ONE);
    return Memory.getLong(round(record, sizeClass, level(tally)) - Long.BYTES);
  }

  /** Puts a round in; false if there is no room. */
  static boolean push(int record, int sizeClass, long block) {
    long tally = tally(record, sizeClass);
    long level = level(tally);
    if (level >= Memory.getLong(word(record, CAPACITY, sizeClass))) {
      return false;
    }
    Memory.putLong(round(record, sizeClass, level), block);
    Memory.putLong(word(record, TALLY, sizeClass), tally + FREED_ONE);
    return true;
  }

  /** The rounds in a magazine. */
  static int count(int record, int sizeClass) {
    return level(tally(record, sizeClass)) >>> LOG_ROUND_BYTES;
  }

  /** Where the rounds are, the oldest first: a refill writes them behind those there are. */
  static long rounds(int record, int sizeClass) {
    return round(record, sizeClass, 0);
  }

  /** Notes that a refill has put rounds in. */
  static void loaded(int record, int sizeClass, int count) {
    add(record, TALLY, sizeClass, count << LOG_ROUND_BYTES);
    add(record, LOADED, sizeClass, count);
  }

  /** Takes out the oldest rounds, which the caller has read. */
  static void unload(int record, int sizeClass, int count) {
    int left = count(record, sizeClass) - count;
    long rounds = rounds(record, sizeClass);
    Memory.copy(rounds + ((long) count << 3), rounds, (long) left << 3);
    add(record, TALLY, sizeClass, -count << LOG_ROUND_BYTES);
    add(record, LOADED, sizeClass, -count);
  }

  private static void add(int record, int kind, int sizeClass, int delta) {
    long at = word(record, kind, sizeClass);
    Memory.putLong(at, Memory.getLong(at) + delta);
  }

  static int capacity(int record, int sizeClass) {
    return (int) Memory.getLong(word(record, CAPACITY, sizeClass)) >>> LOG_ROUND_BYTES;
  }

  private static void setCapacity(int record, int sizeClass, int capacity) {
    Memory.putLong(word(record, CAPACITY, sizeClass), (long) capacity << LOG_ROUND_BYTES);
  }

  /** Doubles the room, up to a bound; whether it did. */
  static boolean grow(int record, int sizeClass) {
    int capacity = capacity(record, sizeClass);
    int grown = Math.clamp(2L * capacity, MIN_ROUNDS, maxRounds(sizeClass));
    setCapacity(record, sizeClass, grown);
    return grown > capacity;
  }

  /** Halves the room of a magazine that is empty. */
  static void shrink(int record, int sizeClass) {
    setCapacity(record, sizeClass, capacity(record, sizeClass) / 2);
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
    long tally = tally(record, sizeClass);
    return (level(tally) >>> LOG_ROUND_BYTES)
        + (tally >>> LEVEL_BITS)
        - Memory.getLong(word(record, LOADED, sizeClass));
  }

  /** The record, to be used for other magazines. */
  static long address(int record) {
    return Memory.base(record);
  }
}
