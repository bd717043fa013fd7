// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.region.Region;

/**
 * Bump allocation: a pointer into the region that moves up by the size of each block. The simplest
 * way to allocate, and next to no way to free.
 *
 * <p>Live blocks are counted. When the last of them is freed, the pointer goes back to the start of
 * the region; and when the newest block is freed, back to that block's start, so that to allocate
 * and free in a loop takes the room of one block. Any other block's room is lost until all blocks
 * are free: <b>one long-lived block is enough to use up the region</b>. {@link
 * TwoEndedBumpAllocator} is a way out for programs that can tell which blocks will live long.
 *
 * <p>{@link #realloc} grows and shrinks the newest block where it is; any other block it moves to
 * grow, and leaves as it is rather than shrink.
 *
 * <p><b>Memory</b>: blocks are multiples of 16 bytes and lie side by side. There are no headers:
 * which blocks are live, and how large they are, is kept in bits apart from the region, two for
 * each 16 bytes. In that way {@link #free} knows a block's size and refuses every address that is
 * no live block's, also of blocks freed before, and no stray write can mislead it.
 *
 * <p><b>Cost</b>: {@link #malloc} takes constant time; {@link #free}, {@link #usableSize} and
 * {@link #realloc} that, and one load for each 512 bytes of the block, to find its end. Nearly all
 * of that is the price of knowing the blocks: to move the pointer takes a thirtieth of the time of
 * allocating a block and freeing it at once, and most of the rest goes by until the bits just
 * written can be searched for the block's end. {@link FixedSizeBlockAllocator}, whose blocks have
 * the size of their frame's, takes half of it.
 *
 * <p><b>Threads</b>: not thread-safe: for one thread, or inside {@link SpinLocked}. No call waits.
 *
 * <p>Idea: as old as storage; the first of the three designs in Philipp Oppermann's <i>Writing an
 * OS in Rust</i>, whose counter of live blocks is this one.
 */
public final class BumpAllocator extends TrackedAllocator {

  private final UpwardBump bump;

  /**
   * Makes an allocator over a region.
   *
   * @param region at most 4 TiB; it becomes this allocator's, and is closed with it
   * @throws IllegalArgumentException if it is too large
   * @throws io.ashlar.region.SystemCallException if there is no address space for the records
   */
  public BumpAllocator(Region region) {
    super(region);
    bump = new UpwardBump(start);
  }

  /**
   * Makes an allocator over a region of its own: twice the physical memory and at least 16 GiB of
   * address space, of which nothing is resident before it is used; 256 MiB where the system has no
   * such thing.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static BumpAllocator create() {
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
  public static BumpAllocator create(long capacityBytes) {
    return new BumpAllocator(reserve(capacityBytes));
  }

  @Override
  long take(long byteAlignment, long bytes) {
    return bump.take(byteAlignment, bytes, end);
  }

  @Override
  void give(long address, long bytes) {
    bump.give(address, bytes);
  }

  @Override
  boolean resize(long address, long oldBytes, long newBytes) {
    return bump.resize(address, oldBytes, newBytes, end);
  }

  @Override
  void visitFree(LiveBlocks.Visitor visitor) {
    if (bump.next() < end) {
      visitor.visit(bump.next() - start, end - bump.next());
    }
  }

  @Override
  void validateDesign() {
    bump.validate(end);
    check(bump.live() == liveBlocks(), "live blocks counted twice");
  }
}
