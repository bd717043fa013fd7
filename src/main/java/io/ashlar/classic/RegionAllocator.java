// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.OutOfNativeMemoryError;
import io.ashlar.region.Region;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * What allocators over one region have in common: the calls that deal in segments, made of those
 * that deal in addresses, and the end of all.
 */
abstract class RegionAllocator implements Allocator {

  final Region region;
  private boolean closed;

  RegionAllocator(Region region) {
    this.region = Objects.requireNonNull(region);
  }

  /** Checks its arguments; called only when open. */
  abstract long allocateBlock(long byteAlignment, long byteSize, boolean zeroed);

  /** Bytes of the region in use, as the error of running out reports them. */
  abstract long usedBytes();

  /** Gives back what is not in the region. */
  abstract void closeRecords();

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    checkOpen();
    return allocateBlock(byteAlignment, byteSize, false);
  }

  @Override
  public long calloc(long byteSize) {
    checkOpen();
    return allocateBlock(1, byteSize, true);
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    checkOpen();
    return asSegment(allocateBlock(byteAlignment, byteSize, false), byteSize);
  }

  @Override
  public MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    checkOpen();
    return asSegment(allocateBlock(byteAlignment, byteSize, true), byteSize);
  }

  @Override
  public MemorySegment reallocate(MemorySegment block, long newByteSize) {
    if (!block.isNative()) {
      throw new IllegalArgumentException("not a native segment: " + block);
    }
    return asSegment(realloc(block.address(), newByteSize), newByteSize);
  }

  final MemorySegment asSegment(long address, long byteSize) {
    if (address == NULL) {
      throw new OutOfNativeMemoryError(byteSize, usedBytes(), region.byteSize());
    }
    return region.segment().asSlice(address - region.address(), byteSize);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if a segment of this allocator is in use by a call into native
   *     code; nothing has changed then
   */
  @Override
  public void close() {
    if (!closed) {
      region.close();
      closeRecords();
      closed = true;
    }
  }

  final boolean isClosed() {
    return closed;
  }

  final void checkOpen() {
    if (closed) {
      throw new IllegalStateException("closed");
    }
  }

  static void checkSize(long byteSize) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("byteSize " + byteSize + " is negative");
    }
  }
}
