// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.memory.Bits;
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

  /** No bytes, of which a thread can be asked whether it may touch them. */
  @SuppressWarnings("restricted") // Of no bytes none can be touched.
  private final MemorySegment accessible = MemorySegment.NULL.reinterpret(0, lifetime, null);

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
    check(byteSize, byteAlignment);
    MemorySegment block = allocator.allocateZeroed(byteSize, byteAlignment);
    MemorySegment ours;
    try {
      ours = MemorySegment.ofAddress(block.address()).reinterpret(byteSize, lifetime, null);
      blocks.addLong(block.address());
    } catch (OutOfMemoryError e) {
      // Of the Java heap: a block that the arena does not know it would never free.
      allocator.free(block);
      throw e;
    }
    return ours;
  }

  /**
   * Refuses what an arena of the JDK refuses, in the same order. Not by allocating from the
   * lifetime: even a segment of no bytes takes memory there, all of its alignment.
   */
  private void check(long byteSize, long byteAlignment) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("byteSize " + byteSize + " is negative");
    }
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
    if (!accessible.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException("a confined arena used by another thread");
    }
    if (!lifetime.scope().isAlive()) {
      throw new IllegalStateException("Already closed");
    }
  }

  @Override
  public MemorySegment.Scope scope() {
    return lifetime.scope();
  }

  /**
   * Frees all that was allocated. Where that fails, as of a block that was freed by address
   * meanwhile, the others are freed all the same, and the first error is thrown in the end.
   */
  @Override
  public void close() {
    lifetime.close();
    Throwable thrown = null;
    try {
      // Newest first, which is the one order that every design can free in.
      for (int i = blocks.size() - 1; i >= 0; i--) {
        thrown = free(blocks.getLong(i), thrown);
      }
    } finally {
      onClose.run();
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException refused) {
      throw refused;
    }
  }

  /** Frees a block; returns the first of what was thrown before, and what this throws. */
  private Throwable free(long block, Throwable thrown) {
    try {
      allocator.free(block);
    } catch (RuntimeException | Error e) {
      if (thrown == null) {
        return e;
      }
      thrown.addSuppressed(e);
    }
    return thrown;
  }
}
