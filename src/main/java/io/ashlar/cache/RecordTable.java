// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import java.util.Arrays;

/**
 * Where a thread finds its record of {@link Magazines}: a table by thread number, for one load and
 * one comparison with what the record says, less than half the cost of a {@link ThreadLocal}. Two
 * threads whose numbers differ by a multiple of its size have the same place, of which only the
 * first gets hold.
 *
 * <p>Entries are written under a lock of the owner's and read without. Thread numbers are never
 * used again, so a reader who finds its own in a record has entered it itself; one who finds
 * another's, or what was not written yet, has none here.
 */
public final class RecordTable {

  private static final int SIZE = 1024;

  /** Bytes on the Java heap, about. */
  static final int FOOTPRINT = 32 + SIZE * Integer.BYTES;

  private final long[][] records = new long[SIZE][];

  /** Makes a table without records. */
  RecordTable() {
    clear();
  }

  /**
   * The table itself, for fields that the compiler trusts.
   *
   * @return to be read with {@link #at}
   */
  public long[][] records() {
    return records;
  }

  /**
   * A record that is no thread's.
   *
   * @return one that {@link #isOf} nobody
   */
  public static long[] nobodys() {
    return Magazines.NOBODYS;
  }

  /**
   * What lies in a thread's place. Wait-free.
   *
   * @param records what {@link #records} returned
   * @param thread the calling thread
   * @return a record, the thread's if it {@link #isOf}
   */
  public static long[] at(long[][] records, Thread thread) {
    return records[place(thread.threadId())];
  }

  /**
   * Whether a record is a thread's own. Wait-free.
   *
   * @param record what {@link #at} returned
   * @param thread the calling thread
   * @return false if the thread has no record, or another thread the place
   */
  public static boolean isOf(long[] record, Thread thread) {
    return Magazines.threadId(record) == thread.threadId();
  }

  /** The place of a thread in this and like tables. */
  static int place(long threadId) {
    return (int) threadId & (SIZE - 1);
  }

  /**
   * Enters a thread's record, unless the place is another's; one of no thread is found by nobody.
   * Under the owner's lock.
   */
  @SuppressWarnings("ReferenceEquality") // A record is itself.
  void add(long[] record) {
    long threadId = Magazines.threadId(record);
    if (threadId != Magazines.NOBODY && records[place(threadId)] == Magazines.NOBODYS) {
      records[place(threadId)] = record;
    }
  }

  /** Removes a record if it is in the table. Under the owner's lock. */
  @SuppressWarnings("ReferenceEquality") // A record is itself.
  void remove(long[] record) {
    int place = place(Magazines.threadId(record));
    if (records[place] == record) {
      records[place] = Magazines.NOBODYS;
    }
  }

  /** Removes all records. */
  void clear() {
    Arrays.fill(records, Magazines.NOBODYS);
  }

  /** Places of a table, for one of the same kind. */
  static int size() {
    return SIZE;
  }
}
