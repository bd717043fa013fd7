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
 *   512         capacity of class 0, 1, …  8 bytes each
 *   1024        loaded of class 0, 1, …    8 bytes each: rounds put in by refills, less those released
 *   1536        allocations of class 0, 1, … at the last sweep, 8 bytes each
 *   2048        rounds of class 0, 1, …    8 bytes each, {@link #MAX_ROUNDS} a class
 *
 *   tally       63 … 16                                      ┊ 15 … 0
 *               allocations from the magazine, modulo 2^48   ┊ rounds in it
 * </pre>
 *
 * <p>One addition moves both halves of a tally, so counting costs nothing. Frees into a magazine
 * are not counted but follow: rounds = loaded - allocations + frees.
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
  private static final int USED_BYTES = ROUNDS + (SizeClasses.COUNT << LOG_ROUNDS_BYTES);

  private static final int COUNT_BITS = 16;
  private static final long ALLOCATED_ONE = (1L << COUNT_BITS) - 1;
  private static final long FREED_ONE = 1;

  private final int packedAddress;

  /** Magazines without room, in a record that is zero or that others have left. */
  Magazines(long address) {
    packedAddress = Memory.packBase(address);
    Memory.fill(address, ROUNDS, (byte) 0);
  }

  /** Address space that a record takes, so that the next has an address that can be packed. */
  static long recordBytes(long pageSize) {
    return Bits.alignUp(USED_BYTES + Padding.BYTES, Math.max(pageSize, 64 << 10));
  }

  /** Most rounds that a class's magazine has. */
  static int maxRounds(int sizeClass) {
    return Math.clamp(MAX_BYTES / SizeClasses.blockBytes(sizeClass), MIN_ROUNDS, MAX_ROUNDS);
  }

  private long word(int kind, int sizeClass) {
    return Memory.base(packedAddress) + kind + ((sizeClass & CLASS_MASK) << 3);
  }

  /** By arithmetic on bounded values alone: see {@link Memory#base}. */
  private long round(int sizeClass, int index) {
    return Memory.base(packedAddress)
        + ROUNDS
        + ((sizeClass & CLASS_MASK) << LOG_ROUNDS_BYTES)
        + ((char) index << 3);
  }

  /** The tally of a class. */
  long tally(int sizeClass) {
    return Memory.getLong(word(TALLY, sizeClass));
  }

  /** The rounds that a tally counts. */
  static int count(long tally) {
    return (char) tally;
  }

  int count(int sizeClass) {
    return count(tally(sizeClass));
  }

  /** Takes the newest round of a magazine that has one, given its tally. */
  long pop(int sizeClass, long tally) {
    Memory.putLong(word(TALLY, sizeClass), tally + ALLOCATED_ONE);
    return Memory.getLong(round(sizeClass, count(tally) - 1));
  }

  /** Puts a round in; false if there is no room. */
  boolean push(int sizeClass, long block) {
    long tally = tally(sizeClass);
    int count = count(tally);
    if (count >= Memory.getLong(word(CAPACITY, sizeClass))) {
      return false;
    }
    Memory.putLong(round(sizeClass, count), block);
    Memory.putLong(word(TALLY, sizeClass), tally + FREED_ONE);
    return true;
  }

  /** Where the rounds are, the oldest first: a refill writes them behind those there are. */
  long rounds(int sizeClass) {
    return round(sizeClass, 0);
  }

  /** Notes that a refill has put rounds in. */
  void loaded(int sizeClass, int count) {
    add(TALLY, sizeClass, count);
    add(LOADED, sizeClass, count);
  }

  /** Takes out the oldest rounds, which the caller has read. */
  void unload(int sizeClass, int count) {
    int left = count(sizeClass) - count;
    long rounds = rounds(sizeClass);
    Memory.copy(rounds + ((long) count << 3), rounds, (long) left << 3);
    add(TALLY, sizeClass, -count);
    add(LOADED, sizeClass, -count);
  }

  private void add(int kind, int sizeClass, int delta) {
    long at = word(kind, sizeClass);
    Memory.putLong(at, Memory.getLong(at) + delta);
  }

  int capacity(int sizeClass) {
    return (int) Memory.getLong(word(CAPACITY, sizeClass));
  }

  /** Doubles the room, up to a bound; whether it did. */
  boolean grow(int sizeClass) {
    int capacity = capacity(sizeClass);
    int grown = Math.clamp(2L * capacity, MIN_ROUNDS, maxRounds(sizeClass));
    Memory.putLong(word(CAPACITY, sizeClass), grown);
    return grown > capacity;
  }

  /** Halves the room of a magazine that is empty. */
  void shrink(int sizeClass) {
    Memory.putLong(word(CAPACITY, sizeClass), capacity(sizeClass) / 2);
  }

  /** Whether no block was allocated from the magazine since this was last asked. */
  boolean isIdle(int sizeClass) {
    long now = allocations(sizeClass);
    long at = word(SWEPT, sizeClass);
    boolean idle = Memory.getLong(at) == now;
    Memory.putLong(at, now);
    return idle;
  }

  /** Allocations from a magazine, modulo 2^48. */
  long allocations(int sizeClass) {
    return tally(sizeClass) >>> COUNT_BITS;
  }

  /** Frees into a magazine. */
  long frees(int sizeClass) {
    long tally = tally(sizeClass);
    return count(tally) + (tally >>> COUNT_BITS) - Memory.getLong(word(LOADED, sizeClass));
  }

  /** The record, to be used for other magazines. */
  long address() {
    return Memory.base(packedAddress);
  }
}
