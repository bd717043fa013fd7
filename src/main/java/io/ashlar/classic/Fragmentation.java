// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

/**
 * How much of an allocator's memory is free, and in what pieces. Free is what no live block takes
 * up: also what a design has lost track of and cannot hand out.
 *
 * @param freeBytes bytes that no live block, and no record beside one, takes up
 * @param largestFreeBytes bytes of the largest range that can be handed out as one block
 * @param freeRanges ranges that can be handed out
 */
public record Fragmentation(long freeBytes, long largestFreeBytes, long freeRanges) {

  /** An allocator that can say how fragmented its memory is. */
  public interface Source {

    /**
     * Looks at the free memory, in time proportional to the number of free ranges.
     *
     * @return the figures
     * @throws IllegalStateException if the allocator is closed
     */
    Fragmentation fragmentation();
  }

  /**
   * The share of the free memory that can be had as one block: the usual measure of external
   * fragmentation.
   *
   * @return largest free ÷ total free, 0 … 1; 1 if nothing is free
   */
  public double largestShare() {
    return freeBytes == 0 ? 1 : (double) largestFreeBytes / freeBytes;
  }
}
