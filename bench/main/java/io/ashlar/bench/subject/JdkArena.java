// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.lang.foreign.Arena;

/**
 * The JDK's confined arena, one for each block: what a Java program without an allocator does for
 * memory that lives in a scope. It fits only where a thread has one block at a time.
 */
final class JdkArena extends Subject {

  private Arena arena;

  @Override
  public Subject forThread() {
    return new JdkArena();
  }

  @Override
  public Arena arena() {
    return Arena.ofConfined();
  }

  @Override
  public long malloc(long byteSize) {
    arena = Arena.ofConfined();
    return arena.allocate(byteSize, 16).address();
  }

  @Override
  public long calloc(long byteSize) {
    return malloc(byteSize);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    arena = Arena.ofConfined();
    return arena.allocate(byteSize, byteAlignment).address();
  }

  @Override
  public long realloc(long address, long newByteSize) {
    throw new UnsupportedOperationException("an arena does not resize");
  }

  @Override
  public void free(long address) {
    arena.close();
  }
}
