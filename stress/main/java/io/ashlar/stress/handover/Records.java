// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Native words for the states of tests: each gets some of its own, zeroed, which come round again
 * once there were more states than JCStress keeps at a time.
 */
final class Records {

  /** More than JCStress has states at a time: 10,240. */
  static final int COUNT = 1 << 16;

  static final int BYTES = 64;

  private static final Metadata MEMORY =
      new Metadata(Metadata.footprint((long) COUNT * BYTES), false);
  private static final long FIRST = MEMORY.allocate((long) COUNT * BYTES);
  private static final AtomicLong NEXT = new AtomicLong();

  private Records() {}

  /** A number that no other state has at the time, below {@link #COUNT}. */
  static int number() {
    return (int) (NEXT.getAndIncrement() % COUNT);
  }

  /** {@link #BYTES} zeroed bytes. */
  static long zeroed() {
    long record = FIRST + (long) number() * BYTES;
    Memory.fill(record, BYTES, (byte) 0);
    return record;
  }

  /** Takes about as long as a store may wait to be seen: for controls. */
  static void dawdle() {
    for (int i = 0; i < 16; i++) {
      Thread.onSpinWait();
    }
  }
}
