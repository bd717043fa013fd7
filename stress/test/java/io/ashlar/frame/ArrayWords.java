// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The words of a small buddy system in an array, where Lincheck sees every access; at native
 * addresses it sees none. All accesses here are volatile.
 *
 * <p>A word's place is made of its address: {@link Metadata} hands out each table at the start of
 * 256 KiB, and of each the first 512 bytes are kept.
 */
class ArrayWords extends AtomicWords {

  private static final int LOG_STRIDE = 18;
  private static final int LOG_TABLE_WORDS = 6;
  private static final int TABLES = 16;

  private static final ThreadLocal<Integer> THREAD = ThreadLocal.withInitial(() -> 0);

  private final AtomicLongArray words = new AtomicLongArray(TABLES << LOG_TABLE_WORDS);

  /** Says which of Lincheck's threads the caller is, also where one runs what several did. */
  static void setThread(int number) {
    THREAD.set(number);
  }

  private static int index(long address) {
    long table = address >>> LOG_STRIDE & (TABLES - 1);
    long word = (address & ((64 << 10) - 1)) >>> 3;
    if (word >>> LOG_TABLE_WORDS != 0) {
      throw new IllegalArgumentException("word " + word + " of a table");
    }
    return (int) (table << LOG_TABLE_WORDS | word);
  }

  final void set(long address, long value) {
    words.set(index(address), value);
  }

  @Override
  long getAcquire(long address) {
    return words.get(index(address));
  }

  @Override
  long getVolatile(long address) {
    return words.get(index(address));
  }

  @Override
  boolean cas(long address, long expected, long value) {
    return words.compareAndSet(index(address), expected, value);
  }

  @Override
  long thread() {
    return THREAD.get();
  }
}
