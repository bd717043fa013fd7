// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * What the frame table's tags mean here: pure functions on a packed word.
 *
 * <pre>
 *   63 62 ┊ 61 … 48 ┊ 47 … 16          ┊ 15 … 0
 *   kind  ┊ 0       ┊ slab's number, or ┊ home shard
 *         ┊         ┊ frames of the run ┊
 *
 *   kind 0: nothing;  1: a frame of a slab;  2: first frame of a run
 * </pre>
 */
public final class FrameTag {

  /** Tag of a frame that is in no slab and does not begin a run. */
  static final long NOTHING = 0;

  /** Largest number of a shard. */
  static final int MAX_SHARD = 0xFFFF;

  private static final int VALUE_SHIFT = 16;
  private static final int KIND_SHIFT = 62;
  private static final long SLAB = 1;
  private static final long RUN = 2;

  private FrameTag() {}

  static long slab(int home, int number) {
    return SLAB << KIND_SHIFT | (long) number << VALUE_SHIFT | home;
  }

  static long run(int frames) {
    return RUN << KIND_SHIFT | (long) frames << VALUE_SHIFT;
  }

  static boolean isSlab(long tag) {
    return tag >>> KIND_SHIFT == SLAB;
  }

  static boolean isRun(long tag) {
    return tag >>> KIND_SHIFT == RUN;
  }

  /** Number of the slab, or frames of the run. */
  static int value(long tag) {
    return (int) (tag >>> VALUE_SHIFT);
  }

  /**
   * The home shard in the tag of a slab's frame.
   *
   * @param tag a tag
   * @return the shard's number
   */
  public static int home(long tag) {
    return (char) tag;
  }
}
