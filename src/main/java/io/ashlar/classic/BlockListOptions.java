// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import java.util.ArrayList;
import java.util.List;

/**
 * Which lists a {@link FallbackBlockAllocator} has, and how long they are: start from {@link
 * #powersOfTwo} or {@link #finer}.
 *
 * @param classBytes the sizes of the blocks in the lists, each larger than the one before, the
 *     first at least 1, the last at most {@link #MAX_CLASS_BYTES}
 * @param prefilledBlocks blocks that each list has from the beginning, 0 or more
 * @param maxListBlocks most blocks in a list, at least {@code prefilledBlocks}: what is freed
 *     beyond goes back to the fallback
 */
public record BlockListOptions(List<Integer> classBytes, int prefilledBlocks, int maxListBlocks) {

  /** Bytes of the largest block that can have a list. */
  public static final int MAX_CLASS_BYTES = 32 << 10;

  private static final int LARGEST = 2048;

  /** Classes to a doubling where they are finer. */
  private static final int STEPS = 4;

  private static final int QUANTUM = 16;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if a number is out of range, or a class not larger than the
   *     one before
   */
  public BlockListOptions {
    classBytes = List.copyOf(classBytes);
    int last = 0;
    for (int bytes : classBytes) {
      if (bytes <= last || bytes > MAX_CLASS_BYTES) {
        throw new IllegalArgumentException("a class of " + bytes + " bytes after " + last);
      }
      last = bytes;
    }
    if (last == 0) {
      throw new IllegalArgumentException("no classes");
    }
    if (prefilledBlocks < 0 || maxListBlocks < prefilledBlocks) {
      throw new IllegalArgumentException(
          prefilledBlocks + " blocks in lists of at most " + maxListBlocks);
    }
  }

  /**
   * Blocks of 8, 16, 32 … 2,048 bytes in lists that are empty at first, and never shrink.
   *
   * @return the options
   */
  public static BlockListOptions powersOfTwo() {
    List<Integer> classes = new ArrayList<>();
    for (int bytes = 8; bytes <= LARGEST; bytes *= 2) {
      classes.add(bytes);
    }
    return new BlockListOptions(classes, 0, Integer.MAX_VALUE);
  }

  /**
   * The same lists with four classes to a doubling: 16, 32, 48, 64, 80, 96, 112, 128, 160, 192 …
   * 2,048 bytes.
   *
   * @return the options
   */
  public static BlockListOptions finer() {
    List<Integer> classes = new ArrayList<>();
    for (int bytes = QUANTUM; bytes <= LARGEST; bytes += step(bytes)) {
      classes.add(bytes);
    }
    return new BlockListOptions(classes, 0, Integer.MAX_VALUE);
  }

  private static int step(int bytes) {
    return Math.max(QUANTUM, Integer.highestOneBit(bytes) / STEPS);
  }

  /**
   * With lists that are filled from the beginning.
   *
   * @param blocks in each, 0 or more
   * @return the changed options
   */
  public BlockListOptions prefilledBlocks(int blocks) {
    return new BlockListOptions(classBytes, blocks, maxListBlocks);
  }

  /**
   * With lists that stay short.
   *
   * @param blocks most in each, at least those it is filled with
   * @return the changed options
   */
  public BlockListOptions maxListBlocks(int blocks) {
    return new BlockListOptions(classBytes, prefilledBlocks, blocks);
  }
}
