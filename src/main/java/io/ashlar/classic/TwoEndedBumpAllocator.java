// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.region.Region;
import java.lang.foreign.MemorySegment;

/**
 * Bump allocation from both ends: blocks for a short time from the near end, upwards, and blocks
 * that will live long from the far end, downwards ({@link #allocateBack}). What lives long then
 * does not stop the reuse of what does not.
 *
 * <pre>
 *   start       front next →          ← back next        end
 *     [ short-lived ][          free         ][ long-lived ]
 * </pre>
 *
 * <p>Each end counts its own live blocks, and is empty again when the last of them is freed,
 * whatever lives at the other; and each takes its newest block back at once. The two ends never
 * cross: memory is out when the room between them does not do.
 *
 * <p>All calls but {@link #allocateBack} and {@link #mallocBack} allocate at the near end, a move
 * by {@link #realloc} too. Blocks of either end are freed and resized by the same calls; a block of
 * the far end cannot grow where it is. All else that {@link BumpAllocator} says of memory, bad
 * frees, cost and threads holds here too.
 *
 * <p>Idea: double-ended stacks of games and of language runtimes; Knuth, <i>The Art of Computer
 * Programming</i>, volume 1, 2.2.2: two stacks share one range and grow towards each other.
 */
public final class TwoEndedBumpAllocator extends TrackedAllocator {

  private final UpwardBump front;
  private final DownwardBump back;

  /**
   * Makes an allocator over a region.
   *
   * @param region at most 4 TiB; it becomes this allocator's, and is closed with it
   * @throws IllegalArgumentException if it is too large
   * @throws io.ashlar.region.SystemCallException if there is no address space for the records
   */
  public TwoEndedBumpAllocator(Region region) {
    super(region);
    front = new UpwardBump(start);
    back = new DownwardBump(end);
  }

  /**
   * Makes an allocator over a region of its own, as large as {@link BumpAllocator#create()}'s.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static TwoEndedBumpAllocator create() {
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
  public static TwoEndedBumpAllocator create(long capacityBytes) {
    return new TwoEndedBumpAllocator(reserve(capacityBytes));
  }

  /**
   * Allocates a block at the far end: for data that will live long.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return the block's address, a multiple of {@link #MIN_ALIGNMENT}, or {@link #NULL} if memory
   *     is out
   * @throws IllegalArgumentException if the size is negative
   * @throws IllegalStateException if this allocator is closed
   */
  public long mallocBack(long byteSize) {
    return takeBack(MIN_ALIGNMENT, byteSize);
  }

  /**
   * Allocates a block at the far end as a segment: for data that will live long.
   *
   * @param byteSize bytes wanted, 0 or more
   * @param byteAlignment a power of two, at least 1
   * @return the block; its contents are undefined
   * @throws IllegalArgumentException if the size is negative or the alignment no power of two
   * @throws io.ashlar.OutOfNativeMemoryError if memory is out
   * @throws IllegalStateException if this allocator is closed
   */
  public MemorySegment allocateBack(long byteSize, long byteAlignment) {
    return asSegment(takeBack(byteAlignment, byteSize), byteSize);
  }

  private long takeBack(long byteAlignment, long byteSize) {
    checkOpen();
    checkRequest(byteAlignment, byteSize);
    long bytes = blockBytes(byteSize);
    if (bytes > capacity) {
      return NULL;
    }
    long address = back.take(Math.max(byteAlignment, MIN_ALIGNMENT), bytes, front.next());
    if (address != NULL) {
      record(address, bytes);
    }
    return address;
  }

  private boolean isAtBack(long address) {
    return address >= back.next();
  }

  @Override
  long take(long byteAlignment, long bytes) {
    return front.take(byteAlignment, bytes, back.next());
  }

  @Override
  void give(long address, long bytes) {
    if (isAtBack(address)) {
      back.give(address, bytes);
    } else {
      front.give(address, bytes);
    }
  }

  @Override
  boolean resize(long address, long oldBytes, long newBytes) {
    return !isAtBack(address) && front.resize(address, oldBytes, newBytes, back.next());
  }

  @Override
  void visitFree(LiveBlocks.Visitor visitor) {
    if (front.next() < back.next()) {
      visitor.visit(front.next() - start, back.next() - front.next());
    }
  }

  @Override
  void validateDesign() {
    front.validate(back.next());
    back.validate(front.next());
    check(front.live() + back.live() == liveBlocks(), "live blocks counted twice");
  }
}
