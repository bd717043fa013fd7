// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.region.Region;

/**
 * {@link BumpAllocator} from the end of the region down. To find an aligned block is one
 * subtraction and one mask: upwards, the sum that rounds up must be kept from overflowing, and its
 * end be computed besides.
 *
 * <p>What it loses: the newest block has its neighbour above it, and so cannot grow where it is.
 * {@link #realloc} moves a block to grow, and leaves it as it is rather than shrink. All else that
 * {@link BumpAllocator} says of reuse, memory, bad frees, cost and threads holds here too.
 *
 * <p>Idea: Nick Fitzgerald, <i>Always Bump Downwards</i> (2019).
 */
public final class DownwardBumpAllocator extends TrackedAllocator {

  private final DownwardBump bump;

  /**
   * Makes an allocator over a region.
   *
   * @param region at most 4 TiB; it becomes this allocator's, and is closed with it
   * @throws IllegalArgumentException if it is too large
   * @throws io.ashlar.region.SystemCallException if there is no address space for the records
   */
  public DownwardBumpAllocator(Region region) {
    super(region);
    bump = new DownwardBump(end);
  }

  /**
   * Makes an allocator over a region of its own, as large as {@link BumpAllocator#create()}'s.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static DownwardBumpAllocator create() {
    return create(defaultCapacity());
  }

  /**
   * Makes an allocator over a region of its own.
   *
   * @param capacityBytes address space to reserve, 1 … 4 TiB, rounded up to whole OS pages
   * @return a new allocator
   * @throws IllegalArgumentException if the capacity is out of range
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static DownwardBumpAllocator create(long capacityBytes) {
    return new DownwardBumpAllocator(reserve(capacityBytes));
  }

  @Override
  long take(long byteAlignment, long bytes) {
    return bump.take(byteAlignment, bytes, start);
  }

  @Override
  void give(long address, long bytes) {
    bump.give(address, bytes);
  }

  @Override
  boolean resize(long address, long oldBytes, long newBytes) {
    return false;
  }

  @Override
  void visitFree(LiveBlocks.Visitor visitor) {
    if (bump.next() > start) {
      visitor.visit(0, bump.next() - start);
    }
  }

  @Override
  void validateDesign() {
    bump.validate(start);
    check(bump.live() == liveBlocks(), "live blocks counted twice");
  }
}
