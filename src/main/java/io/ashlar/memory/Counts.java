// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of what threads do to each other: figures that do not depend on the machine, and say how
 * cost grows beyond the processors at hand. Off unless the system property {@code ashlar.counts} is
 * {@code true} when this class is loaded: {@link #ON} is a constant then, and every use stands in
 * an {@code if} that the compiler drops.
 *
 * <p>A <em>shared write</em> is a write to a line that another thread may write or read as part of
 * the protocol. Lines of {@value #LINE_BYTES} bytes; writes that follow each other to one line in
 * one step are one. They are not observed but follow from the step that was made:
 *
 * <table>
 * <caption>Shared writes of each step</caption>
 * <tr><th>step</th><th>writes</th></tr>
 * <tr><td>a lock is taken and freed</td><td>2: another may have looked in between</td></tr>
 * <tr><td>an atomic operation, an attempt to take a lock too that failed at it</td><td>1</td></tr>
 * <tr><td>JCTools' {@code MpscUnboundedVarHandleArrayQueue}, offer or poll</td>
 * <td>2: index, slot; its new pieces, one in 128 offers, are left out</td></tr>
 * <tr><td>JCTools' {@code MpmcVarHandleArrayQueue}, offer or poll</td>
 * <td>3: index, slot, the slot's sequence number; a compare-and-set that fails in there is not
 * seen</td></tr>
 * <tr><td>a batch filled with n blocks</td><td>1 + n/8: its fields, 8 addresses a line</td></tr>
 * <tr><td>depot, slabs and their lists, frame tags</td><td>as stated where it is done</td></tr>
 * <tr><td>state of a block</td><td>1 if another thread was the last to write the line; so all of
 * them are observed</td></tr>
 * </table>
 *
 * <p>Not counted: what frame allocators write under their lock, the sums of large blocks, what the
 * Java library does, the user's own writes to blocks. Thread-safe; sums are exact once the threads
 * that counted have ended or were waited for.
 */
public final class Counts {

  /** Whether anything is counted; constant. */
  public static final boolean ON = Boolean.getBoolean("ashlar.counts");

  /** Bytes of a line. */
  public static final int LINE_BYTES = 64;

  private static final int PAGE_SHIFT = 12;
  private static final int LINE_SHIFT = 6;
  private static final int LINES_OF_PAGE = 1 << (PAGE_SHIFT - LINE_SHIFT);

  /** What an offer to, or a poll from, a queue of several consumers writes. */
  private static final int SHARED_QUEUE_WRITES = 3;

  /** The same for a queue of one consumer. */
  private static final int INBOX_WRITES = 2;

  /** Not changed once it is made. */
  private static final Map<Event, LongAdder> SUMS = new EnumMap<>(Event.class);

  /** By page of addresses, for each line the number of the thread that wrote it last, or 0. */
  private static final Map<Long, AtomicLongArray> WRITERS = new ConcurrentHashMap<>();

  static {
    for (Event event : Event.values()) {
      SUMS.put(event, new LongAdder());
    }
  }

  private Counts() {}

  /** What is counted. */
  public enum Event {
    /** A lock was taken. */
    LOCK("lock acquisitions"),
    /** A lock was found taken; each waiter's attempts count, not its turns of waiting. */
    LOCK_FAILED("failed tries"),
    /** Atomic operations on words other than locks. */
    CAS("CAS attempts"),
    /** Of these, those that found another value. */
    CAS_FAILED("CAS failures"),
    /** Offers to queues of chains of batches, of full ones and of empty ones. */
    OFFER("queue offers"),
    /** Polls that returned a chain. */
    POLL("queue polls"),
    /** Batches handed over to their home. */
    BATCH("batches"),
    /** Blocks in them. */
    BLOCK("blocks in batches"),
    /** Shared writes: locks. */
    LOCK_WRITE("writes: locks"),
    /** Shared writes: atomic operations. */
    ATOMIC_WRITE("writes: atomics"),
    /** Shared writes: indices and slots of queues. */
    QUEUE_WRITE("writes: queues"),
    /** Shared writes: batches while they are filled. */
    BATCH_WRITE("writes: batches"),
    /** Shared writes: what a shard keeps under its lock. */
    BOOK_WRITE("writes: books"),
    /** Shared writes: states of blocks, where another thread wrote the line before. */
    STATE_WRITE("writes: states");

    private final String label;

    Event(String label) {
      this.label = label;
    }

    /**
     * The name in tables.
     *
     * @return a few words
     */
    public String label() {
      return label;
    }

    /**
     * Whether it is a part of the shared writes, which are the sum of all such.
     *
     * @return false for those that say what was done
     */
    public boolean isWrite() {
      return compareTo(LOCK_WRITE) >= 0;
    }
  }

  private static void add(Event event, long n) {
    SUMS.get(event).add(n);
  }

  /**
   * What was counted since the start.
   *
   * @return a sum for each event
   */
  public static Map<Event, Long> sums() {
    Map<Event, Long> sums = new EnumMap<>(Event.class);
    SUMS.forEach((event, sum) -> sums.put(event, sum.sum()));
    return sums;
  }

  /** A lock was taken, and will be freed. */
  public static void locked() {
    add(Event.LOCK, 1);
    add(Event.LOCK_WRITE, 2);
  }

  /**
   * A lock was found taken.
   *
   * @param written whether that was found by an atomic operation, not by a look
   */
  static void notLocked(boolean written) {
    add(Event.LOCK_FAILED, 1);
    add(Event.LOCK_WRITE, written ? 1 : 0);
  }

  /**
   * An atomic operation was made.
   *
   * @param done whether it changed the word
   */
  public static void atomic(boolean done) {
    add(Event.CAS, 1);
    add(Event.ATOMIC_WRITE, 1);
    add(Event.CAS_FAILED, done ? 0 : 1);
  }

  /**
   * A batch is handed over to its home, in a chain.
   *
   * @param blocks how many are in it
   */
  public static void sent(int blocks) {
    add(Event.BATCH, 1);
    add(Event.BLOCK, blocks);
    filled(blocks);
  }

  /** A chain of batches is handed over. */
  public static void offered() {
    add(Event.OFFER, 1);
    add(Event.QUEUE_WRITE, INBOX_WRITES);
  }

  /** A chain of batches that was handed over is received. */
  public static void received() {
    add(Event.POLL, 1);
    add(Event.QUEUE_WRITE, INBOX_WRITES);
  }

  /** A chain of batches has gone into the pool of empty ones. */
  public static void pooled() {
    add(Event.OFFER, 1);
    add(Event.QUEUE_WRITE, SHARED_QUEUE_WRITES);
  }

  /** A chain of batches has come out of the pool of empty ones. */
  public static void unpooled() {
    add(Event.POLL, 1);
    add(Event.QUEUE_WRITE, SHARED_QUEUE_WRITES);
  }

  /**
   * A batch was filled, or filled up, that another thread may empty.
   *
   * @param blocks how many were put in
   */
  public static void filled(int blocks) {
    add(Event.BATCH_WRITE, 1 + linesOf(blocks));
  }

  /**
   * Lines that so many words fill.
   *
   * @param words 0 or more
   * @return lines, the last perhaps not full
   */
  public static int linesOf(int words) {
    return (words + LINE_BYTES / Long.BYTES - 1) / (LINE_BYTES / Long.BYTES);
  }

  /**
   * Something that lies under a lock was written.
   *
   * @param lines how many
   */
  public static void booked(int lines) {
    add(Event.BOOK_WRITE, lines);
  }

  /**
   * A block's state is written.
   *
   * @param address where it is
   */
  public static void state(long address) {
    long thread = Thread.currentThread().threadId();
    AtomicLongArray lines =
        WRITERS.computeIfAbsent(address >>> PAGE_SHIFT, page -> new AtomicLongArray(LINES_OF_PAGE));
    int line = (int) (address >>> LINE_SHIFT) & (LINES_OF_PAGE - 1);
    long before = lines.get(line) == thread ? thread : lines.getAndSet(line, thread);
    if (before != thread && before != 0) {
      add(Event.STATE_WRITE, 1);
    }
  }
}
