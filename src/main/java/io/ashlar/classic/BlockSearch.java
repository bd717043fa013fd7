// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static io.ashlar.Allocator.NULL;

import java.util.Objects;

/**
 * How a {@link HeaderAllocator} looks for a free block. A block that is too small takes in the free
 * blocks right behind it: this is when neighbours merge, and not when they are freed. A block that
 * fits is left as it is, so what was freed last serves the next request of its size at once. When a
 * search has found nothing, no two free blocks lie side by side, and none before the end.
 *
 * <p>Takes time in proportion to the free blocks looked at. Not thread-safe.
 */
final class BlockSearch {

  private final BlockList blocks;
  private final FreeBlocks free;
  private final HeaderOptions.Fit fit;

  BlockSearch(BlockList blocks, FreeBlocks free, HeaderOptions.Fit fit) {
    this.blocks = blocks;
    this.free = free;
    this.fit = Objects.requireNonNull(fit);
  }

  /**
   * Finds a free block.
   *
   * @param size of the block that is to be cut out of it
   * @param byteAlignment of the block's usable bytes
   * @return its header, or {@code NULL}
   */
  long find(long size, long byteAlignment) {
    long best = NULL;
    long bestSize = Long.MAX_VALUE;
    for (long at = free.count() == 0 ? NULL : free.first(); at != NULL; ) {
      long found = blocks.size(at);
      long wanted = BlockList.lead(at, byteAlignment) + size;
      if (found < wanted) {
        found = free.mergeBehind(at);
        if (best > at && best < at + found) {
          best = NULL; // it was merged
          bestSize = Long.MAX_VALUE;
        }
        if (at + found == blocks.top()) {
          // The rest of the blocks end here: there is room at the end instead.
          long next = free.next(at);
          free.remove(at);
          blocks.cutOff(at);
          at = next;
          continue;
        }
      }
      if (found >= wanted) {
        if (isGoodEnough(found, wanted)) {
          return at;
        }
        if (found < bestSize) {
          best = at;
          bestSize = found;
        }
      }
      at = free.next(at);
    }
    return best;
  }

  /** Whether the search may end with a block. */
  private boolean isGoodEnough(long found, long wanted) {
    return switch (fit) {
      case FIRST -> true;
      case BEST -> found == wanted;
      case GOOD_ENOUGH -> found - wanted <= wanted / HeaderOptions.GOOD_ENOUGH_FRACTION;
    };
  }
}
