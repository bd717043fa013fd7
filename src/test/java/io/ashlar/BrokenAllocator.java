// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.memory.Memory;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** An allocator with a fault, to see that the tests find it. */
final class BrokenAllocator implements Allocator {

  /** What is wrong, and what the test that finds it says. */
  enum Fault {
    OVERLAPS("overlap"),
    IGNORES_ALIGNMENT("alignment"),
    SKIPS_ZEROING("byte "),
    LOSES_CONTENTS("lost"),
    WRITES_INTO_BLOCKS("changed"),
    FREES_ANYTHING("freed twice|inside"),
    /** Seen in the count, or, where the forgotten free was the first of two, in the second. */
    FORGETS_TO_FREE("live blocks|freed twice"),
    EXAGGERATES_USABLE_SIZE("overlap|changed"),
    HIDES_DAMAGE("damage");

    final String found;

    Fault(String found) {
      this.found = found;
    }
  }

  /** One call in so many goes wrong. */
  private static final int SELDOM = 50;

  private final Allocator delegate;
  private final Fault fault;

  /** Blocks handed out inside of others, with their sizes. */
  private final Map<Long, Long> inside = new HashMap<>();

  private long calls;
  private long previous;

  BrokenAllocator(Allocator delegate, Fault fault) {
    this.delegate = delegate;
    this.fault = fault;
  }

  private boolean strikes(Fault which) {
    return fault == which && ++calls % SELDOM == 0;
  }

  @Override
  public long malloc(long byteSize) {
    if (previous != 0 && byteSize <= 16 && strikes(Fault.OVERLAPS)) {
      inside.put(previous + 16, byteSize);
      return previous + 16;
    }
    long block = delegate.malloc(byteSize);
    previous = byteSize >= 32 ? block : 0;
    return block;
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return delegate.alignedAlloc(
        fault == Fault.IGNORES_ALIGNMENT ? MIN_ALIGNMENT : byteAlignment, byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    return strikes(Fault.SKIPS_ZEROING) ? delegate.malloc(byteSize) : delegate.calloc(byteSize);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    previous = address == previous ? 0 : previous;
    if (address != NULL && strikes(Fault.LOSES_CONTENTS)) {
      delegate.free(address);
      return delegate.malloc(newByteSize);
    }
    return delegate.realloc(address, newByteSize);
  }

  @Override
  public void free(long address) {
    previous = address == previous ? 0 : previous;
    if (inside.remove(address) != null || strikes(Fault.FORGETS_TO_FREE)) {
      return;
    }
    try {
      delegate.free(address);
    } catch (InvalidFreeException e) {
      if (fault != Fault.FREES_ANYTHING) {
        throw e;
      }
    }
    if (strikes(Fault.WRITES_INTO_BLOCKS) && previous != 0) {
      Memory.putLong(previous, ~Memory.getLong(previous));
    }
  }

  @Override
  public long usableSize(long address) {
    Long bytes = inside.get(address);
    if (bytes != null) {
      return bytes;
    }
    return delegate.usableSize(address) + (fault == Fault.EXAGGERATES_USABLE_SIZE ? 16 : 0);
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    return delegate.allocate(byteSize, byteAlignment);
  }

  @Override
  public MemorySegment reallocate(MemorySegment block, long newByteSize) {
    return delegate.reallocate(block, newByteSize);
  }

  @Override
  public AllocatorStats stats() {
    return delegate.stats();
  }

  @Override
  public void validate() {
    if (fault == Fault.HIDES_DAMAGE) {
      throw new IllegalStateException("damage");
    }
    delegate.validate();
  }

  @Override
  public void close() {
    delegate.close();
  }
}
