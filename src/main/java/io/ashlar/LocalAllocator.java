// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.cache.FastPath;
import io.ashlar.cache.RecordTable;
import io.ashlar.slab.BlockMap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * An allocator as one thread sees it: the same blocks under the same calls, without looking up the
 * thread's cache at each. For a field of an event loop, or a local variable around a hot loop.
 *
 * <p>Only the thread that called {@link Allocator#attach} may use it; others are refused with a
 * {@link WrongThreadException}. A virtual thread's handle is only a shorter name for the allocator.
 * There is nothing to close: the handle ends with the thread or the allocator.
 */
public final class LocalAllocator implements SegmentAllocator {

  // What the fast paths read lies here, a load away, rather than behind the allocator.
  private final BlockMap blocks;
  private final long[] record;
  private final Thread owner;
  private final Allocator allocator;

  /** Makes a handle that is only a shorter name for an allocator. */
  LocalAllocator(Allocator allocator) {
    this(allocator, null, RecordTable.nobodys());
  }

  /**
   * Makes the calling thread's handle.
   *
   * @param record the thread's; nobody's if it has none, or when the allocator is closed
   */
  LocalAllocator(Allocator allocator, BlockMap blocks, long[] record) {
    this.allocator = allocator;
    this.blocks = blocks;
    this.record = record;
    this.owner = Thread.currentThread();
  }

  /**
   * As {@link Allocator#malloc}. Wait-free, no shared write, as long as the thread's magazine has a
   * round.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return the block's address, or {@link Allocator#NULL} if memory is out
   * @throws IllegalArgumentException if the size is negative
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  public long malloc(long byteSize) {
    long[] mine = record;
    if (RecordTable.isOf(mine, Thread.currentThread())) {
      long address = FastPath.malloc(blocks, mine, byteSize);
      if (address != Allocator.NULL) {
        return address;
      }
    }
    checkThread();
    return allocator.malloc(byteSize);
  }

  /**
   * As {@link Allocator#free(long)}. Wait-free, no lock or atomic operation, as long as the
   * thread's magazine has room.
   *
   * @param address a live block, or {@link Allocator#NULL}
   * @throws InvalidFreeException if {@code address} is not a live block
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  public void free(long address) {
    long[] mine = record;
    if (!RecordTable.isOf(mine, Thread.currentThread()) || !FastPath.free(blocks, mine, address)) {
      checkThread();
      allocator.free(address);
    }
  }

  /**
   * As {@link Allocator#alignedAlloc}.
   *
   * @param byteAlignment a power of two, at least 1
   * @param byteSize bytes wanted, 0 or more
   * @return the block's address, or {@link Allocator#NULL} if memory is out
   * @throws IllegalArgumentException if the size is negative or the alignment no power of two
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  public long alignedAlloc(long byteAlignment, long byteSize) {
    checkThread();
    return allocator.alignedAlloc(byteAlignment, byteSize);
  }

  /**
   * As {@link Allocator#calloc}.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return the block's address, or {@link Allocator#NULL} if memory is out
   * @throws IllegalArgumentException if the size is negative
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  public long calloc(long byteSize) {
    checkThread();
    return allocator.calloc(byteSize);
  }

  /**
   * As {@link Allocator#realloc}.
   *
   * @param address a live block, or {@link Allocator#NULL}
   * @param newByteSize bytes wanted, 0 or more
   * @return the block's address after the call, or {@link Allocator#NULL} if memory is out
   * @throws IllegalArgumentException if the size is negative
   * @throws InvalidFreeException if {@code address} is not a live block
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  public long realloc(long address, long newByteSize) {
    checkThread();
    return allocator.realloc(address, newByteSize);
  }

  /**
   * As {@link Allocator#usableSize}.
   *
   * @param address a live block
   * @return its usable bytes
   * @throws InvalidFreeException if {@code address} is not a live block
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  public long usableSize(long address) {
    checkThread();
    return allocator.usableSize(address);
  }

  /**
   * As {@link Allocator#allocate(long, long)}.
   *
   * @param byteSize bytes wanted, 0 or more
   * @param byteAlignment a power of two, at least 1
   * @return the block; its contents are undefined
   * @throws IllegalArgumentException if the size is negative or the alignment no power of two
   * @throws OutOfNativeMemoryError if memory is out
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    checkThread();
    return allocator.allocate(byteSize, byteAlignment);
  }

  /**
   * As {@link Allocator#free(MemorySegment)}.
   *
   * @param block a segment that starts where a live block does, or {@link MemorySegment#NULL}
   * @throws IllegalArgumentException if {@code block} is not native
   * @throws InvalidFreeException if {@code block} does not start where a live block does
   * @throws WrongThreadException if the calling thread is not this handle's
   * @throws IllegalStateException if the allocator is closed
   */
  public void free(MemorySegment block) {
    checkThread();
    allocator.free(block);
  }

  @SuppressWarnings("ReferenceEquality") // A thread is itself.
  private void checkThread() {
    if (Thread.currentThread() != owner) {
      throw new WrongThreadException("the handle of " + owner + " used by another thread");
    }
  }
}
