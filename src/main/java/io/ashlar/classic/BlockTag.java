// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

/**
 * What the tags of the frame table mean to {@link FixedSizeBlockAllocator}: pure functions on a
 * packed word.
 *
 * <pre>
 *   63 … 32                       ┊ 31 … 8 ┊ 7 … 0
 *   frames of the run, or         ┊ 0      ┊ kind
 *   free blocks counted by a trim ┊        ┊
 *
 *   kind 0: free, or inside a run;  1 … 8: blocks of class kind - 1;  9: first frame of a run
 * </pre>
 */
final class BlockTag {

  static final long NOTHING = 0;

  /** What one free block adds while a trim counts them. */
  static final long ONE_COUNTED = 1L << 32;

  private static final int KIND_MASK = 0xFF;
  private static final int VALUE_SHIFT = 32;
  private static final int RUN = 9;

  private BlockTag() {}

  static long blocks(int sizeClass) {
    return sizeClass + 1L;
  }

  static long run(int frames) {
    return (long) frames << VALUE_SHIFT | RUN;
  }

  static boolean isBlocks(long tag) {
    int kind = (int) tag & KIND_MASK;
    return kind != 0 && kind < RUN;
  }

  static boolean isRun(long tag) {
    return ((int) tag & KIND_MASK) == RUN;
  }

  static int sizeClass(long tag) {
    return ((int) tag & KIND_MASK) - 1;
  }

  /** The frames of a run, or the free blocks counted. */
  static int value(long tag) {
    return (int) (tag >>> VALUE_SHIFT);
  }
}
