// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.collections.LongArrayList;

/**
 * An {@link Arena} over an allocator. A confined arena of the JDK's own lends its scope, so that
 * access after close, or from another thread, fails just as with the JDK's; the memory is the
 * allocator's.
 */
final class AllocatorArena implements Arena {

  private final Arena lifetime = Arena.ofConfined();
  private final Allocator allocator;
  private final Runnable onClose;
  private final LongArrayList blocks = new LongArrayList();

  AllocatorArena(Allocator allocator, Runnable onClose) {
    this.allocator = allocator;
    this.onClose = onClose;
  }

  @Override
  @SuppressWarnings("restricted") // The block is the caller's: its address and size are ours.
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    // The lifetime checks thread, scope, size and alignment; a segment of no bytes costs nothing.
    lifetime.allocate(0, byteAlignment);
    if (byteSize < 0) {
      throw new IllegalArgumentException("byteSize " + byteSize);
    }
    MemorySegment block = allocator.allocateZeroed(byteSize, byteAlignment);
    blocks.addLong(block.address());
    return MemorySegment.ofAddress(block.address()).reinterpret(byteSize, lifetime, null);
  }

  @Override
  public MemorySegment.Scope scope() {
    return lifetime.scope();
  }

  @Override
  public void close() {
    lifetime.close();
    for (int i = 0; i < blocks.size(); i++) {
      allocator.free(blocks.getLong(i));
    }
    onClose.run();
  }
}
