// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Memory;

/**
 * Which frames may hold something else than zeros, and may be resident: a bit a frame. A frame is
 * clean until it is first handed out, and again once it is decommitted.
 *
 * <p>Thread-safe, lock-free: each word changes by one atomic operation. A run's bits are changed
 * only by who owns the run at the time.
 */
public final class DirtyFrames {

  private final long address;

  /**
   * Makes the record, all frames clean.
   *
   * @param metadata where it lies
   * @param frames how many frames there are
   */
  public DirtyFrames(Metadata metadata, int frames) {
    address = metadata.allocate(byteSize(frames));
  }

  /**
   * The metadata that a record needs.
   *
   * @param frames how many frames there are
   * @return bytes
   */
  public static long byteSize(int frames) {
    return (frames + 63L) / 64 * Long.BYTES;
  }

  /**
   * Marks a run dirty.
   *
   * @param first its first frame
   * @param count its frames
   * @return how many of them were dirty already
   */
  public int mark(int first, int count) {
    return change(first, count, true);
  }

  /**
   * Marks a run clean.
   *
   * @param first its first frame
   * @param count its frames
   * @return how many of them were dirty
   */
  public int clean(int first, int count) {
    return change(first, count, false);
  }

  private int change(int first, int count, boolean dirty) {
    int before = 0;
    int end = first + count;
    for (int frame = first; frame < end; ) {
      int stop = Math.min(end, (frame | 63) + 1);
      long mask = -1L >>> (64 - (stop - frame)) << frame;
      long at = address + ((long) (frame >>> 6) << 3);
      long word = Memory.getLongAcquire(at);
      if ((word & mask) != (dirty ? mask : 0)) {
        word = dirty ? Memory.getAndOrLong(at, mask) : Memory.getAndAndLong(at, ~mask);
      }
      before += Long.bitCount(word & mask);
      frame = stop;
    }
    return before;
  }
}
