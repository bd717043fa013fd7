// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * What the frame table's tags mean here: pure functions on a packed word.
 *
 * <pre>
 *   63 … 32            ┊ 31 … 24 ┊ 23 … 18 ┊ 17 16 ┊ 15 … 0
 *   slab's number, or  ┊ 0       ┊ class   ┊ kind  ┊ home shard
 *   frames of the run  ┊
 *
 *   kind 0: nothing;  1: a frame of a slab;  2: first frame of a run
 * </pre>
 */
public final class FrameTag {

  /** Tag of a frame that is in no slab and does not begin a run. */
  static final long NOTHING = 0;

  /** Largest number of a shard. */
  static final int MAX_SHARD = 0xFF;

  private static final int KIND_SHIFT = 16;
  private static final int CLASS_SHIFT = 18;
  private static final int VALUE_SHIFT = 32;
  private static final int KIND_MASK = 3;
  private static final long SLAB = 1;
  private static final long RUN = 2;

  private FrameTag() {}

  static long slab(int home, int sizeClass, int number) {
    return (long) number << VALUE_SHIFT
        | (long) sizeClass << CLASS_SHIFT
        | SLAB << KIND_SHIFT
        | home;
  }

  static long run(int frames) {
    return (long) frames << VALUE_SHIFT | RUN << KIND_SHIFT;
  }

  /**
   * Whether a tag is that of a slab's frame.
   *
   * @param tag a tag
   * @return whether it is
   */
  public static boolean isSlab(long tag) {
    return ((int) tag >>> KIND_SHIFT & KIND_MASK) == SLAB;
  }

  static boolean isRun(long tag) {
    return ((int) tag >>> KIND_SHIFT & KIND_MASK) == RUN;
  }

  /** Number of the slab, or frames of the run. */
  static int value(long tag) {
    return (int) (tag >>> VALUE_SHIFT);
  }

  /**
   * The class in the tag of a slab's frame.
   *
   * @param tag a tag
   * @return 1 … {@link SizeClasses#COUNT}; other tags give anything below 64
   */
  public static int sizeClass(long tag) {
    return (int) tag >>> CLASS_SHIFT & SizeClasses.INDEX_BOUND - 1;
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
