// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.region.Region;
import java.util.Objects;

/**
 * A list of free ranges in the order of their addresses, so that a freed block finds its free
 * neighbours and becomes one range with them. When all blocks are free there is exactly one free
 * range again, whatever the order of the frees.
 *
 * <p>Which range a request is cut from is a {@link Policy}; the block lies at the range's start, or
 * at the first aligned place in it, and the rest stays in the list.
 *
 * <p>{@link #realloc} shrinks a block where it is, grows it where it is if the range behind it is
 * free and large enough, and moves it otherwise.
 *
 * <p><b>What remains</b>: live blocks still part free ranges from each other, so {@link
 * #fragmentation} is not cured but bounded; and both calls walk the list. Designs with size classes
 * come to a block in constant time.
 *
 * <p><b>Memory and bad frees</b> are as {@link LinkedListAllocator} has them: no headers, nodes in
 * the free memory, bits apart from the region that tell live blocks and their sizes.
 *
 * <p><b>Cost</b>: {@link #malloc} and {@link #free} take time in proportion to the free ranges that
 * they walk past, at worst all of them.
 *
 * <p><b>Threads</b>: not thread-safe: for one thread, or inside {@link SpinLocked}. No call waits.
 *
 * <p>Idea: Knuth, <i>The Art of Computer Programming</i>, volume 1, 2.5, algorithms A and B;
 * Kernighan and Ritchie's storage allocator.
 */
public final class CoalescingListAllocator extends TrackedAllocator {

  /** Which of the free ranges that have room a request is cut from. */
  public enum Policy {
    /** The lowest: large ranges at high addresses stay whole, small rests gather at low ones. */
    FIRST_FIT,
    /** The smallest, the lowest of equals: walks the whole list, but for an exact fit. */
    BEST_FIT,
    /** The first behind the last block allocated: short walks, rests spread over all memory. */
    NEXT_FIT
  }

  private final Policy policy;
  private final FreeList list;

  /** The block allocated last: next fit goes on from there. */
  private long last = NULL;

  /** A free range below it, behind which the search begins; {@link #NULL} for the first. */
  private long rover = NULL;

  /**
   * Makes an allocator over a region.
   *
   * @param region at most 4 TiB; it becomes this allocator's, and is closed with it
   * @param policy which free range a request is cut from
   * @throws IllegalArgumentException if the region is too large
   * @throws io.ashlar.region.SystemCallException if there is no address space for the records
   */
  public CoalescingListAllocator(Region region, Policy policy) {
    super(region);
    this.policy = Objects.requireNonNull(policy);
    list = new FreeList(start, end);
    list.insert(NULL, start, capacity);
  }

  /**
   * Makes a first-fit allocator over a region of its own, as large as {@link
   * BumpAllocator#create()}'s.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static CoalescingListAllocator create() {
    return create(defaultCapacity());
  }

  /**
   * Makes a first-fit allocator over a region of its own.
   *
   * @param capacityBytes address space to reserve, 1 … 4 TiB, rounded up to whole OS pages
   * @return a new allocator
   * @throws IllegalArgumentException if the capacity is out of range
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static CoalescingListAllocator create(long capacityBytes) {
    return create(capacityBytes, Policy.FIRST_FIT);
  }

  /**
   * Makes an allocator over a region of its own, as large as {@link BumpAllocator#create()}'s.
   *
   * @param policy which free range a request is cut from
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static CoalescingListAllocator create(Policy policy) {
    return create(defaultCapacity(), policy);
  }

  /**
   * Makes an allocator over a region of its own.
   *
   * @param capacityBytes address space to reserve, 1 … 4 TiB, rounded up to whole OS pages
   * @param policy which free range a request is cut from
   * @return a new allocator
   * @throws IllegalArgumentException if the capacity is out of range
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static CoalescingListAllocator create(long capacityBytes, Policy policy) {
    Objects.requireNonNull(policy);
    return new CoalescingListAllocator(reserve(capacityBytes), policy);
  }

  @Override
  long take(long byteAlignment, long bytes) {
    long previous =
        switch (policy) {
          case FIRST_FIT -> list.firstFit(NULL, NULL, byteAlignment, bytes);
          case BEST_FIT -> bestFit(byteAlignment, bytes);
          case NEXT_FIT -> nextFit(byteAlignment, bytes);
        };
    if (previous == FreeList.NOTHING) {
      return NULL;
    }
    long node = list.next(previous);
    long address = FreeList.place(node, byteAlignment);
    list.cut(previous, address, bytes);
    last = address;
    rover = address > node ? node : previous;
    return address;
  }

  private long bestFit(long byteAlignment, long bytes) {
    long best = FreeList.NOTHING;
    long least = Long.MAX_VALUE;
    long previous = NULL;
    for (long node = list.step(NULL); node != NULL && least > bytes; node = list.step(previous)) {
      if (FreeList.bytes(node) < least && FreeList.fits(node, byteAlignment, bytes)) {
        best = previous;
        least = FreeList.bytes(node);
      }
      previous = node;
    }
    return best;
  }

  /** Once around: from the last block to the end, and from the start to the last block. */
  private long nextFit(long byteAlignment, long bytes) {
    long found = list.firstFit(rover, NULL, byteAlignment, bytes);
    if (found != FreeList.NOTHING || rover == NULL) {
      return found;
    }
    return list.firstFit(NULL, list.next(rover), byteAlignment, bytes);
  }

  /** The last free range below an address, or {@link #NULL}. */
  private long lastBelow(long address) {
    long previous = NULL;
    for (long node = list.step(NULL); node != NULL && node < address; node = list.step(previous)) {
      previous = node;
    }
    return previous;
  }

  @Override
  void give(long address, long bytes) {
    long previous = lastBelow(address);
    long next = list.next(previous);
    long range = address;
    if (previous != NULL && previous + FreeList.bytes(previous) == address) {
      range = previous;
      FreeList.setBytes(previous, FreeList.bytes(previous) + bytes);
    } else {
      list.insert(previous, address, bytes);
      if (previous == rover && address < last) {
        rover = address;
      }
    }
    if (range + FreeList.bytes(range) == next) {
      FreeList.setBytes(range, FreeList.bytes(range) + FreeList.bytes(next));
      list.setNext(range, list.next(next));
      if (rover == next) {
        rover = range; // which it is part of now
      }
    }
  }

  @Override
  boolean resize(long address, long oldBytes, long newBytes) {
    if (newBytes < oldBytes) {
      give(address + newBytes, oldBytes - newBytes);
      return true;
    }
    long previous = lastBelow(address);
    long behind = list.next(previous);
    long more = newBytes - oldBytes;
    if (behind == NULL || behind != address + oldBytes || FreeList.bytes(behind) < more) {
      return false;
    }
    list.cut(previous, behind, more);
    if (rover == behind) {
      rover = previous; // near enough: what is left of it begins elsewhere now
    }
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

  // addresses rise and no two ranges touch; every byte is free or in a live block; the rover is
  // in the list
  @Override
  void validateDesign() {
    long[] free = {0};
    long[] last = {-1};
    boolean[] roverFound = {rover == NULL};
    list.visit(
        (offset, bytes) -> {
          check(offset > last[0], "free ranges touch, or are not in order, at offset " + offset);
          last[0] = offset + bytes;
          free[0] += bytes;
          roverFound[0] |= start + offset == rover;
        });
    check(free[0] + liveBytes() == capacity, free[0] + " bytes free, " + liveBytes() + " live");
    check(roverFound[0], "next fit would begin outside of the list");
  }
}
