// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.memory.Bits;

/**
 * A pointer that moves down by each block handed out. To align is to clear low bits, with no sum
 * before it.
 *
 * <pre>
 *   limit                  next              end
 *     [                free ←[ live and lost ]
 * </pre>
 */
final class DownwardBump {

  // limit ≤ next ≤ end; every live block lies in next … end; live = 0 ⇒ next = end
  private final long end;
  private long next;
  private long live;

  DownwardBump(long end) {
    this.end = end;
    next = end;
  }

  long next() {
    return next;
  }

  long live() {
    return live;
  }

  /** Takes the next block above a limit. A block is no larger than the region, so no sum wraps. */
  long take(long byteAlignment, long bytes, long limit) {
    long address = Bits.alignDown(next - bytes, byteAlignment);
    if (address < limit) {
      return TrackedAllocator.NULL;
    }
    next = address;
    live++;
    return address;
  }

  void give(long address, long bytes) {
    live--;
    if (live == 0) {
      next = end;
    } else if (address == next) {
      next = address + bytes;
    }
  }

  void validate(long limit) {
    TrackedAllocator.check(limit <= next && next <= end, "bumped beyond the region");
    TrackedAllocator.check(live > 0 || next == end, "nothing is live and not all is free");
  }
}
