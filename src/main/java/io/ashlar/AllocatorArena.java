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
 * <p>Nothing is freed before the close, so small pieces may share blocks: they are cut one behind
 * the other out of blocks that are zeroed as a whole, each of twice the size of the one before up
 * to {@link #LARGEST_SHARED_BYTES}. A piece more than half as large as the next of these is a block
 * of its own; so are all if memory is out for more.
 */
final class AllocatorArena implements Arena {

  /** For the constructor: each piece a block. */
  static final long UNSHARED = 0;

  /** For the constructor: pieces share blocks, the first of which is so large. */
  static final long SHARED_BYTES = 128;

  private static final long LARGEST_SHARED_BYTES = 16 << 10;

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

  /** Bytes of the next such block; 0 if pieces do not share. */
  private long nextSharedBytes;

  AllocatorArena(Allocator allocator, long sharedBytes, Runnable onClose) {
    this.allocator = allocator;
    this.nextSharedBytes = sharedBytes;
    this.onClose = onClose;
  }

  @Override
  @SuppressWarnings("restricted") // The piece is the caller's: its address and size are ours.
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    check(byteSize, byteAlignment);
    long alignment = Math.max(byteAlignment, Allocator.MIN_ALIGNMENT);
    long piece = (start + alignment - 1) & -alignment;
    // Each has an address of its own, those of no bytes too.
    long wanted = Math.max(byteSize, 1);
    if (wanted <= end - piece) {
      start = piece + wanted;
    } else {
      if (count == blocks.length) {
        blocks = Arrays.copyOf(blocks, 2 * count);
      }
      boolean shares = wanted <= nextSharedBytes / 2 && alignment == Allocator.MIN_ALIGNMENT;
      piece = shares ? allocator.calloc(nextSharedBytes) : Allocator.NULL;
      if (piece != Allocator.NULL) {
        start = piece + wanted;
        end = piece + nextSharedBytes;
        nextSharedBytes = Math.min(2 * nextSharedBytes, LARGEST_SHARED_BYTES);
      } else {
        piece = allocator.allocateZeroed(wanted, byteAlignment).address();
      }
      blocks[count++] = piece;
    }
    return MemorySegment.ofAddress(piece).reinterpret(byteSize, lifetime, null);
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
