// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A region that is one allocation of an {@link Arena}. {@link Region} says what that costs. */
final class PortableRegion implements Region {

  private final Arena arena;
  private final MemorySegment segment;

  private PortableRegion(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /** Reserves whole pages. */
  static PortableRegion reserve(long byteSize, long byteAlignment) {
    String request = "%,d bytes aligned to %,d".formatted(byteSize, byteAlignment);
    if (byteSize > Long.MAX_VALUE - byteAlignment) {
      // The JDK adds the two without a check.
      throw new SystemCallException("Arena.allocate", Errno.ENOMEM, request);
    }
    Arena arena = Arena.ofShared();
    try {
      return new PortableRegion(arena, arena.allocate(byteSize, byteAlignment));
    } catch (OutOfMemoryError e) {
      arena.close();
      throw new SystemCallException("Arena.allocate", Errno.ENOMEM, request, e);
    }
  }

  @Override
  public long address() {
    return segment.address();
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public boolean decommits() {
    return false;
  }

  @Override
  public void decommit(long byteOffset, long byteLength) {
    checkOpen();
    Pages.checkRange(byteOffset, byteLength, byteSize());
    segment.asSlice(byteOffset, byteLength).fill((byte) 0);
  }

  @Override
  public boolean adviseHugePages(boolean on) {
    checkOpen();
    return false;
  }

  @Override
  public void populate(long byteOffset, long byteLength) {
    checkOpen();
    Pages.checkRange(byteOffset, byteLength, byteSize());
    // It is resident since it was filled with zeros.
  }

  @Override
  public long residentBytes(long byteOffset, long byteLength) {
    checkOpen();
    Pages.checkRange(byteOffset, byteLength, byteSize());
    return byteLength;
  }

  @Override
  public synchronized void close() {
    if (segment.scope().isAlive()) {
      arena.close();
    }
  }

  private void checkOpen() {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the region is closed: " + this);
    }
  }

  @Override
  public String toString() {
    return "PortableRegion[0x%x, %,d bytes]".formatted(address(), byteSize());
  }
}
