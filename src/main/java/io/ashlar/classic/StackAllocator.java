// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.InvalidFreeException;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;

/**
 * A stack of blocks: only the newest may be freed, and then the one before it is the newest. A
 * {@link #mark} taken at any time stands for all blocks of that moment, and {@link #release} frees
 * all that came after it.
 *
 * <pre>
 *                 ┌─ 16 bytes ─┐
 *   … block ┊ pad ┊ prev │ no. ┊ newest block     ┊ free …
 *           └─ newest - 16 ────┘                  └─ top
 * </pre>
 *
 * <p>Before each block stands a header: the offset of the block before it in the region, which then
 * is the newest, and the block's number in the order of allocation. Marks are such numbers, so a
 * mark never goes stale: it means the blocks allocated since, whatever was freed in between.
 *
 * <p><b>Order</b>: freeing any other block than the newest is refused with an {@link
 * InvalidFreeException} that names both, and nothing changes. So is growing another block than the
 * newest by {@link #realloc}, which would have to move it; to shrink one leaves it as it is. The
 * newest block grows and shrinks where it is.
 *
 * <p><b>Memory</b>: blocks are multiples of 16 bytes, behind 16 bytes of header and what alignment
 * leaves. Which blocks are live is kept in bits apart from the region as well, two for each 16
 * bytes: so {@link #free} refuses every address that is no live block's. A header that was written
 * over is found when its block is freed, by an {@link IllegalStateException}, unless it still names
 * a live block.
 *
 * <p><b>Cost</b>: constant, and one load for each 512 bytes of the blocks freed, to find their
 * ends; {@link #release} that for each block.
 *
 * <p><b>Threads</b>: not thread-safe: for one thread, or inside {@link SpinLocked}. No call waits.
 *
 * <p>Idea: Pascal's {@code mark} and {@code release}; GNU's obstacks.
 */
public final class StackAllocator extends TrackedAllocator {

  /** Bytes before each block. */
  static final int HEADER_BYTES = 16;

  private static final int PREVIOUS = -16;
  private static final int NUMBER = -8;

  /** Instead of an offset: there is no block before. */
  private static final long NONE = -1;

  /** The newest block; {@link #NULL} if there is none. */
  private long newest;

  /** Behind the newest block; the start of the region if there is none. */
  private long top;

  /** Blocks allocated so far. */
  private long numbered;

  /**
   * Makes an allocator over a region.
   *
   * @param region at most 4 TiB; it becomes this allocator's, and is closed with it
   * @throws IllegalArgumentException if it is too large
   * @throws io.ashlar.region.SystemCallException if there is no address space for the records
   */
  public StackAllocator(Region region) {
    super(region);
    top = start;
  }

  /**
   * Makes an allocator over a region of its own, as large as {@link BumpAllocator#create()}'s.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static StackAllocator create() {
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
  public static StackAllocator create(long capacityBytes) {
    return new StackAllocator(reserve(capacityBytes));
  }

  /**
   * Stands for the blocks allocated so far.
   *
   * @return the mark, for {@link #release} of this allocator
   * @throws IllegalStateException if this allocator is closed
   */
  public long mark() {
    checkOpen();
    return numbered;
  }

  /**
   * Frees every block that was allocated since a mark was taken. The mark can be released again.
   *
   * @param mark what {@link #mark} returned
   * @return how many blocks were freed
   * @throws IllegalArgumentException if {@link #mark} has not returned it
   * @throws IllegalStateException if this allocator is closed, or a block's header was written over
   */
  public long release(long mark) {
    checkOpen();
    if (mark < 0 || mark > numbered) {
      throw new IllegalArgumentException("no mark: " + mark);
    }
    long before = liveBlocks();
    while (newest != NULL && numberOf(newest) > mark) {
      free(newest);
    }
    return before - liveBlocks();
  }

  private static long numberOf(long block) {
    return Memory.getLong(block + NUMBER);
  }

  /** The block below another one, or {@link #NULL}. */
  private long below(long block) {
    long offset = Memory.getLong(block + PREVIOUS);
    if (offset == NONE) {
      return NULL;
    }
    long previous = start + offset;
    if (!isLive(previous) || previous >= block) {
      throw new IllegalStateException(
          "the header of the block at 0x%x was written over".formatted(block));
    }
    return previous;
  }

  @Override
  long take(long byteAlignment, long bytes) {
    long address = Bits.alignUp(top + HEADER_BYTES, byteAlignment);
    if (address > end - bytes) {
      return NULL;
    }
    numbered++;
    Memory.putLong(address + PREVIOUS, newest == NULL ? NONE : newest - start);
    Memory.putLong(address + NUMBER, numbered);
    newest = address;
    top = address + bytes;
    return address;
  }

  @Override
  void give(long address, long bytes) {
    checkNewest(address);
    long previous = below(address);
    top = previous == NULL ? start : previous + bytesOf(previous);
    newest = previous;
  }

  private void checkNewest(long address) {
    if (address != newest) {
      throw new InvalidFreeException(
          address,
          "not the newest block: the one at 0x%x must be freed before it".formatted(newest));
    }
  }

  @Override
  boolean resize(long address, long oldBytes, long newBytes) {
    if (newBytes > oldBytes) {
      checkNewest(address);
    }
    if (address != newest || address > end - newBytes) {
      return false;
    }
    top = address + newBytes;
    return true;
  }

  @Override
  long usedBytes() {
    return liveBytes() + liveBlocks() * HEADER_BYTES;
  }

  @Override
  void visitFree(LiveBlocks.Visitor visitor) {
    if (top < end) {
      visitor.visit(top - start, end - top);
    }
  }

  // the blocks from the newest down are all the live ones; addresses and numbers fall
  // top = newest + its bytes
  @Override
  void validateDesign() {
    long count = 0;
    long number = numbered + 1;
    for (long block = newest; block != NULL; block = below(block)) {
      count++;
      check(numberOf(block) < number, "the header of the block at 0x%x".formatted(block));
      number = numberOf(block);
    }
    check(count == liveBlocks(), count + " blocks in the stack, live " + liveBlocks());
    check(top == (newest == NULL ? start : newest + bytesOf(newest)), "the top of the stack");
  }
}
