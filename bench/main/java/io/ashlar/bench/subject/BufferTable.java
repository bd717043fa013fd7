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

  /** Numbers that a thread takes at once, or gives back; those of a thread that ends are lost. */
  private static final int HANDFUL = 256;

  private static final int HANDFULS = 1 << 18;

  private final AtomicReferenceArray<ByteBuf[]> parts = new AtomicReferenceArray<>(HANDFULS);
  private final AtomicInteger unused = new AtomicInteger();
  private final Queue<int[]> returned = new ConcurrentLinkedQueue<>();

  ByteBuf get(int number) {
    return parts.getPlain(number / HANDFUL)[number % HANDFUL];
  }

  private int[] handful() {
    int[] numbers = returned.poll();
    if (numbers == null) {
      numbers = new int[HANDFUL];
      int part = unused.getAndIncrement();
      parts.setRelease(part, new ByteBuf[HANDFUL]);
      for (int i = 0; i < HANDFUL; i++) {
        numbers[i] = part * HANDFUL + i;
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
      parts.getPlain(number / HANDFUL)[number % HANDFUL] = buffer;
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
      parts.getPlain(number / HANDFUL)[number % HANDFUL] = null;
      return buffer;
    }
  }
}
