// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The few native bytes into which the linker writes {@code errno} after a call.
 *
 * <p>They are lent from a fixed pool, so that a call makes no garbage and so that a million virtual
 * threads need no more of them than there are calls in flight. Which states are free stands in one
 * word, one bit each; to take one is a compare-and-set on that word, lock-free. Only when all are
 * out is one made for a single call. The word is shared by all threads, which costs little beside
 * the kernel's own lock on the address space.
 */
final class CallState implements AutoCloseable {

  private static final StructLayout LAYOUT = Linker.Option.captureStateLayout();
  private static final long ERRNO_OFFSET = LAYOUT.byteOffset(PathElement.groupElement("errno"));

  /** States are this far apart: threads in different calls write to them at the same time. */
  private static final long STRIDE_BYTES = 128;

  private static final CallState[] POOL = pool();

  /** Bit i is set while {@code POOL[i]} is free. */
  private static final AtomicLong FREE = new AtomicLong(-1L);

  private final MemorySegment segment;

  /** This state's bit in {@link #FREE}, 0 for one outside the pool. */
  private final long bit;

  private CallState(MemorySegment segment, long bit) {
    this.segment = segment;
    this.bit = bit;
  }

  private static CallState[] pool() {
    CallState[] pool = new CallState[Long.SIZE];
    MemorySegment block = Arena.global().allocate(pool.length * STRIDE_BYTES, STRIDE_BYTES);
    for (int i = 0; i < pool.length; i++) {
      pool[i] = new CallState(block.asSlice(i * STRIDE_BYTES, LAYOUT), 1L << i);
    }
    return pool;
  }

  /** Lends a state to the calling thread until it is closed. */
  static CallState take() {
    long free = FREE.getAcquire();
    while (free != 0) {
      long bit = Long.lowestOneBit(free);
      long seen = FREE.compareAndExchangeAcquire(free, free & ~bit);
      if (seen == free) {
        return POOL[Long.numberOfTrailingZeros(bit)];
      }
      free = seen;
    }
    return new CallState(Arena.ofAuto().allocate(LAYOUT), 0);
  }

  /** What to hand to the linked function. */
  MemorySegment segment() {
    return segment;
  }

  /** A call's own result, or its error number made negative if the result is −1. */
  long result(long returned) {
    return returned == -1 ? -errno() : returned;
  }

  private int errno() {
    return segment.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
  }

  @Override
  public void close() {
    if (bit != 0) {
      // Release: what the next taker writes must not be seen by our read of errno.
      long free = FREE.getPlain();
      while (true) {
        long seen = FREE.compareAndExchangeRelease(free, free | bit);
        if (seen == free) {
          return;
        }
        free = seen;
      }
    }
  }
}
