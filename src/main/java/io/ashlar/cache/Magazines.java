// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Padding;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.SizeClasses;

/**
 * The magazines of one thread: stacks of addresses of free blocks, their <em>rounds</em>; after
 * Bonwick and Adams, <i>Magazines and Vmem</i>, USENIX 2001. For each class there are two: the
 * <em>local</em> one, for allocation and for frees of the thread's own shard, which grows with use
 * up to a bound in bytes, and shrinks without; and the <em>remote</em> one, where blocks of other
 * shards gather until they are sent home together. A magazine's number is its class, or {@link
 * #remote} of it.
 *
 * <p>What almost every call reads and writes is one array, the thread's <em>record</em>: with an
 * object per magazine each call waits for three loads that depend on each other. It is an array
 * rather than native memory because to the compiler an access to native memory is twenty-five times
 * as much, and it stops inlining where a program's code grows too large. The static methods work on
 * a record and are the fast path's; the others are the slow path's.
 *
 * <pre>
 *   16          number of the thread whose record it is
 *   17          its home key
 *   18          arenas it opened, less those it closed
 *   19          tally of magazine 0, 1, …
 *   behind      of each magazine:   0  oldest … newest  room  FULL  what it may grow by
 *                                      base ………………… level  end
 *
 *   tally       63 … 16                                      ┊ 15 … 0
 *               allocations from the magazine, modulo 2^48   ┊ level: where the next push writes
 * </pre>
 *
 * <p>A 0 lies below the oldest round and {@link #FULL} behind the room, neither of which is a
 * block's address: so neither a pop nor a push needs to look the magazine's bounds up. One addition
 * moves both halves of a tally, so counting costs nothing. Frees into a magazine are not counted
 * but follow: rounds = loaded - allocations + frees. No other thread writes within {@link
 * Padding#BYTES} of what is written of a record.
 *
 * <p>A thread's magazines for a typed cache are the same in a record of their own: a local one of
 * number {@link #OBJECTS}, and a remote one of number {@link #REMOTE_OBJECTS}.
 *
 * <p>Not thread-safe, but that any thread may read the counters: a word is read whole, and is true
 * or was a moment ago.
 */
final class Magazines {

  /** Most bytes of free blocks in a local magazine, if that is more than {@link #MIN_ROUNDS}. */
  private static final int MAX_BYTES = 128 << 10;

  /** Most bytes of free blocks in a remote magazine, if that is more than a few blocks. */
  private static final int MAX_REMOTE_BYTES = 32 << 10;

  /** Most rounds of a local magazine, or as many as these bytes of blocks, if that is more. */
  private static final int MAX_ROUNDS = 127;

  private static final int SMALL_BYTES = 16 << 10;

  /** Rounds of a remote magazine at least, however large the blocks. */
  private static final int MIN_REMOTE_ROUNDS = 4;

  /** Fewest rounds that a local magazine may grow to, however large the blocks. */
  static final int MIN_ROUNDS = 8;

  /** Number of the local magazine in a record for a typed cache. */
  static final int OBJECTS = 1;

  /** Number of the remote magazine in a record for a typed cache. */
  static final int REMOTE_OBJECTS = 2;

  /** In the place of a round, behind the last for which there is room. */
  private static final long FULL = -1;

  private static final int PADDING = Padding.BYTES / Long.BYTES;
  private static final int THREAD = PADDING;
  private static final int HOME_KEY = PADDING + 1;
  private static final int ARENAS = PADDING + 2;
  private static final int TALLY = PADDING + 3;

  private static final int LEVEL_BITS = 16;
  private static final long ALLOCATED_ONE = (1L << LEVEL_BITS) - 1;
  private static final long FREED_ONE = 1;

  /** Where the number of a thread stands: of none, since theirs are positive. */
  static final long NOBODY = 0;

  /** In the place of a record where there is none. */
  static final long[] NOBODYS = new long[TALLY];

  /** Most rounds by number, of size classes. */
  private static final int[] CLASS_ROUNDS = new int[2 * SizeClasses.BOUND];

  static {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      CLASS_ROUNDS[sizeClass] = maxRounds(sizeClass);
      CLASS_ROUNDS[remote(sizeClass)] = maxRemoteRounds(sizeClass);
    }
  }

  private final long[] record;

  /** Where the oldest round is, by number. */
  private final int[] base;

  /** Where {@link #FULL} is, by number. */
  private final int[] end;

  /** Most rounds, by number. */
  private final int[] maxRounds;

  /** Rounds put in or taken out otherwise than by an allocation or a free, by number. */
  private final long[] loaded;

  /** What the use of a magazine was at the last sweep, by number. */
  private final long[] swept;

  /** Visits to the slow path. */
  private long visits;

  /** Classes, a bit each, whose local magazine may hold blocks of other shards. */
  private long mixed;

  private Magazines(long threadId, int homeKey, int[] maxRounds) {
    int numbers = maxRounds.length;
    this.maxRounds = maxRounds;
    base = new int[numbers];
    end = new int[numbers];
    loaded = new long[numbers];
    swept = new long[numbers];
    int at = TALLY + numbers;
    for (int number = 1; number < numbers; number++) {
      base[number] = at + 1;
      end[number] = at + 1;
      at += maxRounds[number] + 2;
    }
    record = new long[at + PADDING];
    record[THREAD] = threadId;
    record[HOME_KEY] = homeKey;
    for (int number = 1; number < numbers; number++) {
      record[TALLY + number] = base[number];
      record[end[number]] = FULL;
    }
  }

  /**
   * Empty magazines for the size classes; the local ones without room.
   *
   * @param threadId the number of the thread whose they are, or {@link #NOBODY}
   */
  static Magazines ofClasses(long threadId, int homeKey) {
    Magazines made = new Magazines(threadId, homeKey, CLASS_ROUNDS);
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      made.setCapacity(remote(sizeClass), maxRemoteRounds(sizeClass));
    }
    return made;
  }

  /**
   * As {@link #ofClasses}, the magazines of a typed cache.
   *
   * @param of the thread's record for size classes
   */
  static Magazines ofObjects(long[] of, int maxRounds, int remoteRounds) {
    int[] rounds = {0, maxRounds, remoteRounds};
    Magazines made = new Magazines(threadId(of), homeKey(of), rounds);
    made.setCapacity(REMOTE_OBJECTS, remoteRounds);
    return made;
  }

  /** The number of the magazine for blocks of a class that are other shards'. */
  static int remote(int sizeClass) {
    return SizeClasses.BOUND + sizeClass;
  }

  /** Most rounds that a class's local magazine has. */
  static int maxRounds(int sizeClass) {
    return roundsOf(SizeClasses.blockBytes(sizeClass));
  }

  /** Most rounds of a local magazine for blocks of a size. */
  static int roundsOf(int blockBytes) {
    int most = Math.max(MAX_ROUNDS, SMALL_BYTES / blockBytes);
    return Math.clamp(MAX_BYTES / blockBytes, MIN_ROUNDS, most);
  }

  /** The rounds for which there is room in a class's remote magazine. */
  static int maxRemoteRounds(int sizeClass) {
    return remoteRoundsOf(SizeClasses.blockBytes(sizeClass));
  }

  /** Most rounds of a remote magazine for blocks of a size. */
  static int remoteRoundsOf(int blockBytes) {
    return Math.clamp(MAX_REMOTE_BYTES / blockBytes, MIN_REMOTE_ROUNDS, FreeBatch.CAPACITY);
  }

  // ---- the fast path's -------------------------------------------------------------------------

  /** The number of a record's thread, or {@link #NOBODY}. */
  static long threadId(long[] record) {
    return record[THREAD];
  }

  /** The home key of a record's thread. */
  static int homeKey(long[] record) {
    return (int) record[HOME_KEY];
  }

  /** Counts an arena of a record's thread: 1 if it is opened, -1 if it is closed. */
  static void countArena(long[] record, int delta) {
    record[ARENAS] += delta;
  }

  /** The tally of a magazine. */
  static long tally(long[] record, int number) {
    return record[TALLY + number];
  }

  /** A {@code char}, so that the compiler sees that it is not negative. */
  private static char level(long tally) {
    return (char) tally;
  }

  /** The newest round of a magazine, given its tally; 0 if there is none. */
  static long top(long[] record, long tally) {
    return record[level(tally) - 1];
  }

  /** Takes the newest round out of a magazine that has one, given the tally. */
  static void pop(long[] record, int number, long tally) {
    record[TALLY + number] = tally + ALLOCATED_ONE;
  }

  /** Whether a round can be put into a magazine, given its tally. */
  static boolean hasRoom(long[] record, long tally) {
    return record[level(tally)] != FULL;
  }

  /** Puts a round into a magazine that has room, given the tally. */
  static void push(long[] record, int number, long tally, long block) {
    record[level(tally)] = block;
    record[TALLY + number] = tally + FREED_ONE;
  }

  // ---- the slow path's -------------------------------------------------------------------------

  /** What the fast path works on. */
  long[] record() {
    return record;
  }

  /** Makes the record nobody's, so that the fast paths leave it alone. */
  void disown() {
    record[THREAD] = NOBODY;
  }

  /** The rounds in a magazine. */
  int count(int number) {
    return level(tally(record, number)) - base[number];
  }

  /** The rounds for which there is room. */
  int capacity(int number) {
    return end[number] - base[number];
  }

  /** Whether a round can be put in. */
  boolean hasRoom(int number) {
    return hasRoom(record, tally(record, number));
  }

  /** Puts a round into a magazine that has room. */
  void push(int number, long block) {
    push(record, number, tally(record, number), block);
  }

  /** Puts a round that was counted as freed before into a magazine that has room. */
  void receive(int number, long block) {
    push(number, block);
    loaded[number]++;
  }

  /** The oldest round of a magazine that has one. */
  long oldest(int number) {
    return record[base[number]];
  }

  /** The newest round of a magazine; 0 if there is none. */
  long newest(int number) {
    return top(record, tally(record, number));
  }

  /**
   * Where the rounds are in the record, the oldest first. A refill of an empty magazine writes them
   * there, and then calls {@link #loaded}.
   */
  int rounds(int number) {
    return base[number];
  }

  /** Notes that a magazine has so many more rounds at the newest end, or so many fewer. */
  void loaded(int number, int delta) {
    record[TALLY + number] += delta;
    loaded[number] += delta;
  }

  /** Takes out the oldest rounds, which the caller has read. */
  void unload(int number, int count) {
    int from = base[number];
    System.arraycopy(record, from + count, record, from, count(number) - count);
    loaded(number, -count);
  }

  /** Counts a block that is allocated, but comes from elsewhere than the magazine. */
  void passOut(int number) {
    record[TALLY + number] += 1L << LEVEL_BITS;
    loaded[number]++;
  }

  /** Counts a block that is freed, but goes elsewhere than into the magazine. */
  void passIn(int number) {
    loaded[number]--;
  }

  /** Doubles the room of a local magazine, up to a bound; whether it did. */
  boolean grow(int number) {
    int capacity = capacity(number);
    int most = maxRounds[number];
    setCapacity(number, Math.clamp(2L * capacity, Math.min(MIN_ROUNDS, most), most));
    return capacity(number) > capacity;
  }

  /** Halves the room of a local magazine that is empty. */
  void shrink(int number) {
    setCapacity(number, capacity(number) / 2);
  }

  private void setCapacity(int number, int capacity) {
    record[end[number]] = 0;
    end[number] = base[number] + capacity;
    record[end[number]] = FULL;
  }

  /** Whether the use of a magazine is what it was when this was last asked. */
  boolean isIdle(int number, long now) {
    boolean idle = swept[number] == now;
    swept[number] = now;
    return idle;
  }

  /** Counts a visit to the slow path; returns how many there were. */
  long visit() {
    return ++visits;
  }

  /** Whether a class's local magazine may hold blocks of other shards. */
  boolean isMixed(int sizeClass) {
    return (mixed >>> sizeClass & 1) != 0;
  }

  /** Says that a class's local magazine has got blocks of another shard, or has only its own. */
  void setMixed(int sizeClass, boolean isMixed) {
    long bit = 1L << sizeClass;
    mixed = isMixed ? mixed | bit : mixed & ~bit;
  }

  // ---- counters --------------------------------------------------------------------------------

  /** Allocations from a magazine, modulo 2^48. */
  long allocations(int number) {
    return tally(record, number) >>> LEVEL_BITS;
  }

  /** Frees into a magazine. */
  long frees(int number) {
    long tally = tally(record, number);
    return level(tally) - base[number] + (tally >>> LEVEL_BITS) - loaded[number];
  }

  /** Arenas opened, less those closed. */
  long arenas() {
    return record[ARENAS];
  }

  /** Bytes on the Java heap, about. */
  long footprint() {
    int ofNumber = 2 * Long.BYTES + 2 * Integer.BYTES;
    return 160 + (long) record.length * Long.BYTES + (long) base.length * ofNumber;
  }
}
