// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.memory.Memory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** An allocator that commits a fault now and then: the soak's negative control. */
public final class FaultyAllocator implements Allocator {

  private final Allocator allocator;
  private final Fault fault;
  private final int every;

  private final AtomicLong calls = new AtomicLong();

  /** A block handed out a while ago. */
  private final AtomicLong victim = new AtomicLong();

  /**
   * Puts a fault into an allocator.
   *
   * @param allocator the allocator, closed with this one
   * @param fault what is to be wrong
   * @param every how many calls there are to each that is wrong, a power of two
   */
  public FaultyAllocator(Allocator allocator, Fault fault, int every) {
    this.allocator = allocator;
    this.fault = fault;
    this.every = every;
  }

  private boolean isDue(Fault what) {
    return fault == what && (calls.incrementAndGet() & every - 1) == 0;
  }

  @Override
  public long malloc(long byteSize) {
    if (isDue(Fault.DUPLICATE)) {
      long other = victim.get();
      if (other != NULL) {
        return other;
      }
    }
    long block = allocator.malloc(byteSize);
    if (fault == Fault.DUPLICATE && byteSize > 512) {
      victim.setOpaque(block);
    }
    if (isDue(Fault.OVERRUN) && byteSize > 0 && byteSize <= 1024) {
      long behind = block + allocator.usableSize(block);
      Memory.putByte(behind, (byte) ~Memory.getByte(behind));
    }
    return block;
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return allocator.alignedAlloc(byteAlignment, byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    return isDue(Fault.UNZEROED) ? allocator.malloc(byteSize) : allocator.calloc(byteSize);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    if (isDue(Fault.LOST)) {
      long moved = allocator.malloc(newByteSize);
      allocator.free(address);
      return moved;
    }
    return allocator.realloc(address, newByteSize);
  }

  @Override
  public void free(long address) {
    if (isDue(Fault.LEAK)) {
      return;
    }
    allocator.free(address);
    if (isDue(Fault.TWICE)) {
      allocator.free(address);
    }
  }

  @Override
  public long usableSize(long address) {
    return allocator.usableSize(address);
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    return allocator.allocate(byteSize, byteAlignment);
  }

  @Override
  public MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    return allocator.allocateZeroed(byteSize, byteAlignment);
  }

  @Override
  public MemorySegment reallocate(MemorySegment block, long newByteSize) {
    return allocator.reallocate(block, newByteSize);
  }

  @Override
  public AllocatorStats stats() {
    return allocator.stats();
  }

  @Override
  public void flush() {
    allocator.flush();
  }

  @Override
  public long trim() {
    return allocator.trim();
  }

  @Override
  public void validate() {
    allocator.validate();
  }

  @Override
  public void close() {
    allocator.close();
  }
}
