// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.region.Region;

/**
 * A list of free ranges, each of which holds its own list node: the simplest design that uses any
 * freed block again. First fit: a request takes the first range that has room, and what is left of
 * the range stays in the list. A freed block becomes the first range.
 *
 * <p><b>Nothing is ever merged.</b> Free ranges only get smaller and more: once memory was used for
 * small blocks it serves nothing but small blocks, though all of it be free ({@link #fragmentation}
 * shows it). And every search walks past them. {@link CoalescingListAllocator} cures the first.
 *
 * <p>{@link #realloc} shrinks a block where it is, the tail being freed, and moves it to grow.
 *
 * <p><b>Memory</b>: blocks are multiples of 16 bytes, as large as a node, so a rest is nothing or
 * has room for one. There are no headers: which blocks are live, and how large they are, is kept in
 * bits apart from the region, two for each 16 bytes. So {@link #free} refuses every address that is
 * no live block's, also of blocks freed before. The nodes do lie in the memory they manage: who
 * writes to a block after freeing it damages one, which a later call finds with an {@link
 * IllegalStateException} if the node leads out of the region, and {@link #validate} if it overlaps
 * a block.
 *
 * <p><b>Cost</b>: {@link #malloc} takes time in proportion to the free ranges before the first that
 * fits, at worst all of them; {@link #free} constant time, and one load for each 512 bytes of the
 * block.
 *
 * <p><b>Threads</b>: not thread-safe: for one thread, or inside {@link SpinLocked}. No call waits.
 *
 * <p>Idea: McCarthy's free list (1960); the second design in Philipp Oppermann's <i>Writing an OS
 * in Rust</i>.
 */
public final class LinkedListAllocator extends TrackedAllocator {

  private final FreeList list;

  /**
   * Makes an allocator over a region.
   *
   * @param region at most 4 TiB; it becomes this allocator's, and is closed with it
   * @throws IllegalArgumentException if it is too large
   * @throws io.ashlar.region.SystemCallException if there is no address space for the records
   */
  public LinkedListAllocator(Region region) {
    super(region);
    list = new FreeList(start, end);
    list.insert(NULL, start, capacity);
  }

  /**
   * Makes an allocator over a region of its own, as large as {@link BumpAllocator#create()}'s.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static LinkedListAllocator create() {
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
  public static LinkedListAllocator create(long capacityBytes) {
    return new LinkedListAllocator(reserve(capacityBytes));
  }

  @Override
  long take(long byteAlignment, long bytes) {
    long previous = list.firstFit(NULL, NULL, byteAlignment, bytes);
    if (previous == FreeList.NOTHING) {
      return NULL;
    }
    long address = FreeList.place(list.next(previous), byteAlignment);
    list.cut(previous, address, bytes);
    return address;
  }

  @Override
  void give(long address, long bytes) {
    list.insert(NULL, address, bytes);
  }

  @Override
  boolean resize(long address, long oldBytes, long newBytes) {
    if (newBytes > oldBytes) {
      return false;
    }
    list.insert(NULL, address + newBytes, oldBytes - newBytes);
    return true;
  }

  /** Nodes come to in all searches so far. */
  long visited() {
    return list.visited();
  }

  @Override
  void visitFree(LiveBlocks.Visitor visitor) {
    list.visit(visitor);
  }

  // every byte is free or in a live block
  @Override
  void validateDesign() {
    long[] free = {0};
    list.visit((offset, bytes) -> free[0] += bytes);
    check(free[0] + liveBytes() == capacity, free[0] + " bytes free, " + liveBytes() + " live");
  }
}
