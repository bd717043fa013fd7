// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.memory.Bits;

/**
 * A pointer that moves up by each block handed out.
 *
 * <pre>
 *   start            next                      limit
 *     [ live and lost ]→ free                    ]
 * </pre>
 */
final class UpwardBump {

  // start ≤ next ≤ limit; every live block lies in start … next; live = 0 ⇒ next = start
  private final long start;
  private long next;
  private long live;

  UpwardBump(long start) {
    this.start = start;
    next = start;
  }

  long next() {
    return next;
  }

  long live() {
    return live;
  }

  /**
   * Takes the next block below a limit. No sum overflows: the largest alignment is 2⁶² and no
   * address reaches 2⁴⁸; and the block, which is no larger than the region, is subtracted from the
   * limit rather than added to the address.
   */
  long take(long byteAlignment, long bytes, long limit) {
    long address = Bits.alignUp(next, byteAlignment);
    if (address > limit - bytes) {
      return TrackedAllocator.NULL;
    }
    next = address + bytes;
    live++;
    return address;
  }

  void give(long address, long bytes) {
    live--;
    if (live == 0) {
      next = start;
    } else if (address + bytes == next) {
      next = address;
    }
  }

  /** Grows or shrinks the newest block. */
  boolean resize(long address, long oldBytes, long newBytes, long limit) {
    if (address + oldBytes != next || address > limit - newBytes) {
      return false;
    }
    next = address + newBytes;
    return true;
  }

  void validate(long limit) {
    TrackedAllocator.check(start <= next && next <= limit, "bumped beyond the region");
    TrackedAllocator.check(live > 0 || next == start, "nothing is live and not all is free");
  }
}
