// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.netty.buffer.ByteBuf;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Buffers by number, so that one can be found by what is written in native memory.
 *
 * <p>Any thread may look up, put and remove: a number is whose buffer it is, and passes from thread
 * to thread with it. What is published with an address is seen by who received the address.
 */
final class BufferTable {

  private static final int PART = 1 << 10;
  private static final int PARTS = 1 << 16;

  /** Numbers that go from thread to thread at once. */
  private static final int HANDFUL = 256;

  private final AtomicReferenceArray<ByteBuf[]> parts = new AtomicReferenceArray<>(PARTS);
  private final AtomicInteger unused = new AtomicInteger();
  private final Queue<int[]> returned = new ConcurrentLinkedQueue<>();

  ByteBuf get(int number) {
    return parts.getPlain(number / PART)[number % PART];
  }

  private int[] handful() {
    int[] numbers = returned.poll();
    if (numbers == null) {
      numbers = new int[HANDFUL];
      int first = unused.getAndAdd(HANDFUL);
      parts.compareAndSet(first / PART, null, new ByteBuf[PART]);
      for (int i = 0; i < HANDFUL; i++) {
        numbers[i] = first + i;
      }
    }
    return numbers;
  }

  /** Free numbers of one thread. */
  final class Numbers {

    private final int[] free = new int[2 * HANDFUL];
    private int count;

    /** Enters a buffer, and returns its number. */
    int put(ByteBuf buffer) {
      if (count == 0) {
        System.arraycopy(handful(), 0, free, 0, HANDFUL);
        count = HANDFUL;
      }
      int number = free[--count];
      parts.getPlain(number / PART)[number % PART] = buffer;
      return number;
    }

    /** Removes the buffer of a number, and returns it. */
    ByteBuf remove(int number) {
      if (count == free.length) {
        int[] numbers = new int[HANDFUL];
        count -= HANDFUL;
        System.arraycopy(free, count, numbers, 0, HANDFUL);
        returned.add(numbers);
      }
      free[count++] = number;
      ByteBuf buffer = get(number);
      parts.getPlain(number / PART)[number % PART] = null;
      return buffer;
    }
  }
}
