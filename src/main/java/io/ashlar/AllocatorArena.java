// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.memory.Bits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * An {@link Arena} over an allocator. A confined arena of the JDK's own lends its scope, so that
 * access after close, or from another thread, fails just as with the JDK's; the memory is the
 * allocator's.
 *
 * <p>Nothing is freed before the close, so small pieces are cut one behind the other out of blocks
 * that are zeroed as a whole, each of twice the size of the one before; a piece more than half as
 * large as the next of these is a block of its own.
 */
final class AllocatorArena implements Arena {

  private static final long FIRST_BLOCK_BYTES = 128;
  private static final long MALLOC_ALIGNMENT = 16;
  private static final long LARGEST_BLOCK_BYTES = 16 << 10;

  private final Arena lifetime = Arena.ofConfined();
  private final Thread owner = Thread.currentThread();
  private final Allocator allocator;
  private final Runnable onClose;

  /** The blocks, the oldest first. */
  private long[] blocks = new long[4];

  private int count;

  /** What is left of the block out of which pieces are cut: from here to {@link #end}. */
  private long start;

  private long end;

  private long nextBlockBytes = FIRST_BLOCK_BYTES;

  AllocatorArena(Allocator allocator, Runnable onClose) {
    this.allocator = allocator;
    this.onClose = onClose;
  }

  @Override
  @SuppressWarnings("restricted") // The piece is the caller's: its address and size are ours.
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    check(byteSize, byteAlignment);
    long piece = (start + byteAlignment - 1) & -byteAlignment;
    // Each has an address of its own, those of no bytes too.
    long wanted = Math.max(byteSize, 1);
    if (wanted <= end - piece) {
      start = piece + wanted;
    } else {
      boolean alone = Math.max(wanted, byteAlignment) > nextBlockBytes / 2;
      long blockBytes = alone ? wanted : nextBlockBytes;
      if (count == blocks.length) {
        blocks = Arrays.copyOf(blocks, 2 * count);
      }
      piece = newBlock(allocator, blockBytes, byteAlignment);
      blocks[count++] = piece;
      if (!alone) {
        start = piece + wanted;
        end = piece + blockBytes;
        nextBlockBytes = Math.min(2 * blockBytes, LARGEST_BLOCK_BYTES);
      }
    }
    return MemorySegment.ofAddress(piece).reinterpret(byteSize, lifetime, null);
  }

  /**
   * A zeroed block. Static, and nothing of the arena is passed: where the compiler does not inline
   * it, it can still see that the arena is used by nobody else, and do without the object.
   */
  private static long newBlock(Allocator allocator, long byteSize, long byteAlignment) {
    long block = byteAlignment <= MALLOC_ALIGNMENT ? allocator.calloc(byteSize) : Allocator.NULL;
    return block != Allocator.NULL
        ? block
        // Which says what is wrong, if it is.
        : allocator.allocateZeroed(byteSize, byteAlignment).address();
  }

  /** Refuses what an arena of the JDK refuses, in the same order. */
  @SuppressWarnings("ReferenceEquality") // A thread is itself.
  private void check(long byteSize, long byteAlignment) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("byteSize " + byteSize + " is negative");
    }
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
    if (Thread.currentThread() != owner) {
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
      for (int i = count - 1; i >= 0; i--) {
        thrown = free(blocks[i], thrown);
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
