// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.memory.Padding;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.ObjectSpaces;
import io.ashlar.slab.SizeClasses;

/**
 * The magazines of one thread cache: stacks of addresses of free blocks, their <em>rounds</em>;
 * after Bonwick and Adams, <i>Magazines and Vmem</i>, USENIX 2001. For each class there are two:
 * the <em>local</em> one, for allocation and for frees of the thread's own shard, which grows with
 * use up to a bound in bytes, and shrinks without; and the <em>remote</em> one, where blocks of
 * other shards gather until they are sent home together. A magazine's number is its class, or
 * {@link #remote} of it.
 *
 * <p>They lie in one record of native memory whose layout is known at compile time, so that a round
 * is found by arithmetic alone: with an object per magazine each call waits for three loads that
 * depend on each other. No other thread writes within {@link Padding#BYTES} of a record, and of the
 * rounds only the pages that are used are resident.
 *
 * <pre>
 *   byte 8      tally of magazine 1, 2, …   8 bytes each
 *   1024        visits to the slow path
 *   1032        base of magazine 1, 2, …    8 bytes each: the level of the empty one
 *   2048        classes, a bit each, whose local magazine may hold blocks of other shards
 *   2056        loaded of magazine 1, 2, …  8 bytes each: rounds put in or taken out otherwise
 *   3080        what the use of magazine 1, 2, … was at the last sweep
 *   4096        rounds of magazine 1, 2, …  1 KiB each
 *   110592      typed caches, 8 bytes each: where the thread has its magazines for them
 *
 *   tally       63 … 16                                      ┊ 15 … 0
 *               allocations from the magazine, modulo 2^48   ┊ level: where the next push writes,
 *                                                            ┊ in rounds from byte 3072 on
 *
 *   typed cache 63 … 32                                      ┊ 31 … 0
 *               record with the cache's magazines, packed    ┊ the cache's serial number, or 0
 *
 *   rounds      128 · number …   base - 1   base ………………… level         128 · (number + 1)
 *               unused           0          oldest … newest   room
 * </pre>
 *
 * <p>The stack ends at a multiple of 128 in all magazines, whatever the capacity, so that a push
 * need not look the capacity up; and a 0 lies below the oldest round, so that a pop need not
 * either. One addition moves both halves of a tally, so counting costs nothing. Frees into a
 * magazine are not counted but follow: rounds = loaded - allocations + frees.
 *
 * <p>A thread's magazines for a typed cache are the same in a record of their own: a local one of
 * number {@link #OBJECTS}, and a remote one of number {@link #REMOTE_OBJECTS}. They are found
 * through the thread's record, so that what makes, finds and ends a thread's cache serves them too.
 *
 * <p>Not thread-safe, but that any thread may read the counters: a word is read whole, and is true
 * or was a moment ago.
 */
final class Magazines {

  /** Most bytes of free blocks in a local magazine, if that is more than {@link #MIN_ROUNDS}. */
  static final int MAX_BYTES = 64 << 10;

  /** Most bytes of free blocks in a remote magazine, if that is more than one block. */
  static final int MAX_REMOTE_BYTES = 8 << 10;

  private static final int LOG_ROUNDS = 7;
  private static final int END_MASK = (1 << LOG_ROUNDS) - 1;

  /** One less than there is room for, because of the 0 below. */
  private static final int MAX_ROUNDS = (1 << LOG_ROUNDS) - 1;

  private static final int MIN_ROUNDS = 8;

  /** Number of the local magazine in a record for a typed cache. */
  static final int OBJECTS = 1;

  /** Number of the remote magazine in a record for a typed cache. */
  static final int REMOTE_OBJECTS = 2;

  private static final int REMOTE = 64;
  private static final int BOUND = REMOTE + SizeClasses.BOUND;

  /** Keeps the index of a word bounded, for the compiler to see. */
  private static final int NUMBER_MASK = 0xFF;

  private static final int TALLY = 0;
  private static final int BASE = 1024;
  private static final int LOADED = 2048;
  private static final int SWEPT = 3072;
  private static final int LEVELS = 3072;
  private static final int TYPED = LEVELS + (BOUND << (LOG_ROUNDS + 3));
  private static final int TYPED_BYTES = ObjectSpaces.BOUND * Long.BYTES;
  private static final int USED_BYTES = TYPED + TYPED_BYTES;
  private static final int OBJECTS_BYTES = LEVELS + ((REMOTE_OBJECTS + 1) << (LOG_ROUNDS + 3));

  private static final int LEVEL_BITS = 16;
  private static final long ALLOCATED_ONE = (1L << LEVEL_BITS) - 1;
  private static final long FREED_ONE = 1;

  private Magazines() {}

  /**
   * Makes magazines without room, in a record that is zero or that others have left; returns how
   * the other methods name it.
   */
  static int create(long address) {
    int record = Memory.packBase(address);
    Memory.fill(address, 4 * BASE, (byte) 0);
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      begin(record, sizeClass, 0);
      // A page that nobody has touched reads as zero, and is not resident until written.
      long below = rounds(record, sizeClass) - Long.BYTES;
      if (Memory.getLong(below) != 0) {
        Memory.putLong(below, 0);
      }
      begin(record, remote(sizeClass), maxRemoteRounds(sizeClass));
    }
    return record;
  }

  /** As {@link #create}, the magazines of a typed cache. */
  static int createObjects(long address, int remoteRounds) {
    int record = Memory.packBase(address);
    Memory.fill(address, OBJECTS_BYTES, (byte) 0);
    begin(record, OBJECTS, 0);
    begin(record, REMOTE_OBJECTS, remoteRounds);
    return record;
  }

  /** Address space that a record for a typed cache takes. */
  static long objectRecordBytes(long pageSize) {
    return Bits.alignUp(OBJECTS_BYTES + Padding.BYTES, Math.max(pageSize, 64 << 10));
  }

  private static long typed(int record, int cache) {
    return Memory.base(record) + TYPED + ((long) (cache & (ObjectSpaces.BOUND - 1)) << 3);
  }

  /**
   * The thread's record for a typed cache; 0 if it has none, or it is of another of that number.
   */
  static int objects(int record, int cache, int serial) {
    long entry = Memory.getLong(typed(record, cache));
    return (int) entry == serial ? (int) (entry >>> 32) : 0;
  }

  /** Enters the thread's record for a typed cache. */
  static void setObjects(int record, int cache, int serial, int objects) {
    Memory.putLong(typed(record, cache), ((long) objects << 32) | (serial & 0xFFFF_FFFFL));
  }

  /** Removes the thread's record for a typed cache. */
  static void removeObjects(int record, int cache) {
    Memory.putLong(typed(record, cache), 0);
  }

  private static void begin(int record, int number, int capacity) {
    int base = end(number) - capacity;
    Memory.putLong(word(record, BASE, number), base);
    Memory.putLong(word(record, TALLY, number), base);
  }

  /** Address space that a record takes, so that the next has an address that can be packed. */
  static long recordBytes(long pageSize) {
    return Bits.alignUp(USED_BYTES + Padding.BYTES, Math.max(pageSize, 64 << 10));
  }

  /** The number of the magazine for blocks of a class that are other shards'. */
  static int remote(int sizeClass) {
    return REMOTE | sizeClass;
  }

  /** Most rounds that a class's local magazine has. */
  static int maxRounds(int sizeClass) {
    return Math.clamp(MAX_BYTES / SizeClasses.blockBytes(sizeClass), MIN_ROUNDS, MAX_ROUNDS);
  }

  /** The rounds for which there is room in a class's remote magazine. */
  static int maxRemoteRounds(int sizeClass) {
    int rounds = MAX_REMOTE_BYTES / SizeClasses.blockBytes(sizeClass);
    return Math.clamp(rounds, 1, FreeBatch.CAPACITY);
  }

  private static long word(int record, int kind, int number) {
    return Memory.base(record) + kind + ((long) (number & NUMBER_MASK) << 3);
  }

  /** By arithmetic on bounded values alone: see {@link Memory#base}. */
  private static long round(int record, int level) {
    return Memory.base(record) + LEVELS + ((long) level << 3);
  }

  /** The level of a full magazine. */
  private static int end(int number) {
    return (number + 1) << LOG_ROUNDS;
  }

  /** The tally of a magazine. */
  static long tally(int record, int number) {
    return Memory.getLong(word(record, TALLY, number));
  }

  private static int level(long tally) {
    return (char) tally;
  }

  private static int base(int record, int number) {
    return (char) Memory.getLong(word(record, BASE, number));
  }

  /** The newest round of a local magazine, given its tally; 0 if there is none. */
  static long top(int record, long tally) {
    return Memory.getLong(round(record, level(tally)) - Long.BYTES);
  }

  /** Takes the newest round out of a magazine that has one, given the tally. */
  static void pop(int record, int number, long tally) {
    Memory.putLong(word(record, TALLY, number), tally + ALLOCATED_ONE);
  }

  /** Whether a round can be put in. */
  static boolean hasRoom(int record, int number) {
    return hasRoom(tally(record, number));
  }

  /** Whether a round can be put into a magazine, given its tally. */
  static boolean hasRoom(long tally) {
    return (level(tally) & END_MASK) != 0;
  }

  /** Puts a round in; false if there is no room. */
  static boolean push(int record, int number, long block) {
    long tally = tally(record, number);
    if (!hasRoom(tally)) {
      return false;
    }
    push(record, number, tally, block);
    return true;
  }

  /** Puts a round into a magazine that has room, given the tally. */
  static void push(int record, int number, long tally, long block) {
    Memory.putLong(round(record, level(tally)), block);
    Memory.putLong(word(record, TALLY, number), tally + FREED_ONE);
  }

  /** Puts a round that was counted as freed before into a magazine that has room. */
  static void receive(int record, int number, long block) {
    push(record, number, tally(record, number), block);
    add(word(record, LOADED, number), 1);
  }

  /** The rounds in a magazine. */
  static int count(int record, int number) {
    return level(tally(record, number)) - base(record, number);
  }

  /**
   * Where the rounds are, the oldest first. A refill of an empty magazine writes them there, and
   * then calls {@link #loaded}.
   */
  static long rounds(int record, int number) {
    return round(record, base(record, number));
  }

  /** Notes that a magazine has so many more rounds at the newest end, or so many fewer. */
  static void loaded(int record, int number, int delta) {
    add(word(record, TALLY, number), delta);
    add(word(record, LOADED, number), delta);
  }

  /** Takes out the oldest rounds, which the caller has read. */
  static void unload(int record, int number, int count) {
    long rounds = rounds(record, number);
    long left = (long) (count(record, number) - count) << 3;
    Memory.copy(rounds + ((long) count << 3), rounds, left);
    loaded(record, number, -count);
  }

  /** Counts a block that is allocated, but comes from elsewhere than the magazine. */
  static void passOut(int record, int number) {
    add(word(record, TALLY, number), 1L << LEVEL_BITS);
    add(word(record, LOADED, number), 1);
  }

  /** Counts a block that is freed, but goes elsewhere than into the magazine. */
  static void passIn(int record, int number) {
    add(word(record, LOADED, number), -1);
  }

  private static void add(long at, long delta) {
    Memory.putLong(at, Memory.getLong(at) + delta);
  }

  /** The rounds for which there is room. */
  static int capacity(int record, int number) {
    return end(number) - base(record, number);
  }

  /** Doubles the room of a class's local magazine, up to a bound; whether it did. */
  static boolean grow(int record, int number) {
    return grow(record, number, maxRounds(number));
  }

  /** Doubles the room of a local magazine, up to a bound; whether it did. */
  static boolean grow(int record, int number, int maxRounds) {
    int capacity = capacity(record, number);
    int grown = Math.clamp(2L * capacity, Math.min(MIN_ROUNDS, maxRounds), maxRounds);
    resize(record, number, grown);
    return grown > capacity;
  }

  /** Halves the room of a local magazine that is empty. */
  static void shrink(int record, int number) {
    resize(record, number, capacity(record, number) / 2);
  }

  /** Moves the rounds to where the stack begins with another capacity. */
  private static void resize(int record, int number, int capacity) {
    int base = base(record, number);
    int newBase = end(number) - capacity;
    int level = level(tally(record, number));
    Memory.copy(round(record, base), round(record, newBase), (long) (level - base) << 3);
    Memory.putLong(round(record, newBase) - Long.BYTES, 0);
    Memory.putLong(word(record, BASE, number), newBase);
    add(word(record, TALLY, number), newBase - base);
  }

  /**
   * Whether no block was allocated from a local magazine, or freed into a remote one, since this
   * was last asked.
   */
  static boolean isIdle(int record, int number) {
    return isIdle(
        record, number, number < REMOTE ? allocations(record, number) : frees(record, number));
  }

  /** Whether the use of a magazine is what it was when this was last asked. */
  static boolean isIdle(int record, int number, long now) {
    long at = word(record, SWEPT, number);
    boolean idle = Memory.getLong(at) == now;
    Memory.putLong(at, now);
    return idle;
  }

  /** Counts a visit to the slow path; returns how many there were. */
  static long visit(int record) {
    long at = word(record, BASE, 0);
    add(at, 1);
    return Memory.getLong(at);
  }

  /** Whether a class's local magazine may hold blocks of other shards. */
  static boolean isMixed(int record, int sizeClass) {
    return (Memory.getLong(word(record, LOADED, 0)) >>> sizeClass & 1) != 0;
  }

  /** Says that a class's local magazine has got blocks of another shard, or has only its own. */
  static void setMixed(int record, int sizeClass, boolean mixed) {
    long at = word(record, LOADED, 0);
    long bit = 1L << sizeClass;
    Memory.putLong(at, mixed ? Memory.getLong(at) | bit : Memory.getLong(at) & ~bit);
  }

  /** Allocations from a magazine, modulo 2^48. */
  static long allocations(int record, int number) {
    return tally(record, number) >>> LEVEL_BITS;
  }

  /** Frees into a magazine. */
  static long frees(int record, int number) {
    long rounds = count(record, number);
    long loaded = Memory.getLong(word(record, LOADED, number));
    return rounds + allocations(record, number) - loaded;
  }

  /** The record, to be used for other magazines. */
  static long address(int record) {
    return Memory.base(record);
  }
}
