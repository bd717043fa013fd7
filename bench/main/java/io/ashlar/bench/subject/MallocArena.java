// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What a program writes that wants an arena over a malloc: a confined arena of the JDK lends its
 * scope, so that access after close fails, and the blocks are freed at close, the newest first.
 */
@SuppressWarnings("restricted")
final class MallocArena implements Arena {

  private static final int MIN_BLOCKS = 8;
  private static final long MALLOC_ALIGNMENT = 16;

  private final Arena lifetime = Arena.ofConfined();
  private final Subject subject;
  private long[] blocks = new long[MIN_BLOCKS];
  private int count;

  MallocArena(Subject subject) {
    this.subject = subject;
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    if (count == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * count);
    }
    long block = subject.calloc(byteSize);
    if (block == 0 || byteAlignment > MALLOC_ALIGNMENT) {
      throw new IllegalStateException("no block of " + byteSize + " at " + byteAlignment);
    }
    blocks[count++] = block;
    return MemorySegment.ofAddress(block).reinterpret(byteSize, lifetime, null);
  }

  @Override
  public MemorySegment.Scope scope() {
    return lifetime.scope();
  }

  @Override
  public void close() {
    lifetime.close();
    while (count > 0) {
      subject.free(blocks[--count]);
    }
  }
}
