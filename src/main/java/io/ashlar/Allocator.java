// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Objects;

/**
 * Allocates and frees native memory: {@code malloc} for programs on the Foreign Function &amp;
 * Memory API.
 *
 * <p>One thing in two dialects. Raw addresses ({@code long}) under the names of C, for hot code: no
 * object is made, and no access is checked. {@link MemorySegment} under the names of {@code
 * java.lang.foreign}: sized, aligned, bounds-checked, and no longer accessible once the allocator
 * is closed. A block allocated in one dialect may be freed in the other.
 *
 * <p><b>Sizes</b> are in bytes. A size of 0 gives a distinct block of the smallest size. A negative
 * size, or an alignment that is not a positive power of two, is an {@link
 * IllegalArgumentException}. A size larger than the allocator can ever give is out of memory.
 *
 * <p><b>Alignment</b> is in bytes; every block is aligned to at least {@link #MIN_ALIGNMENT}.
 *
 * <p><b>Contents</b> of a block are undefined unless a zeroing call allocated it.
 *
 * <p><b>Out of memory</b>: the raw calls return {@link #NULL} and change nothing; the segment calls
 * throw {@link OutOfNativeMemoryError}.
 *
 * <p><b>Bad frees</b>: an address that is not the start of a live block of this allocator is
 * refused with an {@link InvalidFreeException}, and nothing changes. Which of them an
 * implementation can find, and when, it says itself.
 *
 * <p><b>Threads</b>: whether calls may be made from several threads, each implementation says. A
 * block may be freed by another thread than the one that allocated it wherever calls from several
 * threads are allowed.
 */
public interface Allocator extends SegmentAllocator, AutoCloseable {

  /** The address of no block: what the raw calls return when memory is out. */
  long NULL = 0;

  /** Alignment in bytes that every block has at least. */
  long MIN_ALIGNMENT = 16;

  /**
   * Allocates a block.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return the block's address, a multiple of {@link #MIN_ALIGNMENT}, or {@link #NULL} if memory
   *     is out
   * @throws IllegalArgumentException if the size is negative
   * @throws IllegalStateException if this allocator is closed
   */
  long malloc(long byteSize);

  /**
   * Allocates a block at a multiple of an alignment.
   *
   * @param byteAlignment a power of two, at least 1
   * @param byteSize bytes wanted, 0 or more; it need not be a multiple of the alignment
   * @return the block's address, or {@link #NULL} if memory is out
   * @throws IllegalArgumentException if the size is negative or the alignment no power of two
   * @throws IllegalStateException if this allocator is closed
   */
  long alignedAlloc(long byteAlignment, long byteSize);

  /**
   * Allocates a block whose first {@code byteSize} bytes are zero.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return the block's address, or {@link #NULL} if memory is out
   * @throws IllegalArgumentException if the size is negative
   * @throws IllegalStateException if this allocator is closed
   */
  long calloc(long byteSize);

  /**
   * Changes the size of a block, keeping its contents up to the smaller of the two sizes; the block
   * may move, and then its old address is free.
   *
   * @param address a live block, or {@link #NULL}, which makes this {@link #malloc}
   * @param newByteSize bytes wanted, 0 or more; 0 gives a block of the smallest size
   * @return the block's address after the call, or {@link #NULL} if memory is out; the block at
   *     {@code address} is then unchanged
   * @throws IllegalArgumentException if the size is negative
   * @throws InvalidFreeException if {@code address} is not a live block
   * @throws IllegalStateException if this allocator is closed
   */
  long realloc(long address, long newByteSize);

  /**
   * Frees a block.
   *
   * @param address a live block, or {@link #NULL}, which does nothing
   * @throws InvalidFreeException if {@code address} is not a live block
   * @throws IllegalStateException if this allocator is closed
   */
  void free(long address);

  /**
   * The bytes that may be used in a block: at least as many as were asked for.
   *
   * @param address a live block
   * @return its usable bytes
   * @throws InvalidFreeException if {@code address} is not a live block
   * @throws IllegalStateException if this allocator is closed
   */
  long usableSize(long address);

  /**
   * Allocates up to {@code n} blocks of one size.
   *
   * @param byteSize bytes wanted in each, 0 or more
   * @param into receives the addresses
   * @param from index of the first address in {@code into}
   * @param n blocks wanted
   * @return how many blocks were allocated; fewer than {@code n} only if memory is out
   * @throws IllegalArgumentException if the size is negative
   * @throws IndexOutOfBoundsException if {@code from} and {@code n} do not fit {@code into}
   * @throws IllegalStateException if this allocator is closed
   */
  default int mallocBatch(long byteSize, long[] into, int from, int n) {
    Objects.checkFromIndexSize(from, n, into.length);
    for (int i = 0; i < n; i++) {
      long address = malloc(byteSize);
      if (address == NULL) {
        return i;
      }
      into[from + i] = address;
    }
    return n;
  }

  /**
   * Frees {@code n} blocks, of any sizes; {@link #NULL} entries are skipped.
   *
   * @param addresses holds the blocks' addresses
   * @param from index of the first
   * @param n how many
   * @throws InvalidFreeException at the first entry that is not a live block; those before it are
   *     freed, it and those after it are not
   * @throws IndexOutOfBoundsException if {@code from} and {@code n} do not fit {@code addresses}
   * @throws IllegalStateException if this allocator is closed
   */
  default void freeBatch(long[] addresses, int from, int n) {
    Objects.checkFromIndexSize(from, n, addresses.length);
    for (int i = from; i < from + n; i++) {
      free(addresses[i]);
    }
  }

  /**
   * Allocates a block as a segment of exactly {@code byteSize} bytes, which can be accessed until
   * this allocator is closed. After the block is freed it must not be: its contents are no longer
   * the caller's, and a block so large that it is a mapping of its own is mapped no more, so that
   * an access ends the JVM ({@code SIGSEGV}), as in C.
   *
   * @param byteSize bytes wanted, 0 or more
   * @param byteAlignment a power of two, at least 1
   * @return the block; its contents are undefined
   * @throws IllegalArgumentException if the size is negative or the alignment no power of two
   * @throws OutOfNativeMemoryError if memory is out
   * @throws IllegalStateException if this allocator is closed
   */
  @Override
  MemorySegment allocate(long byteSize, long byteAlignment);

  /**
   * {@link #allocate(long, long)} with every byte of the segment zero.
   *
   * @param byteSize bytes wanted, 0 or more
   * @param byteAlignment a power of two, at least 1
   * @return the block, zeroed
   * @throws IllegalArgumentException if the size is negative or the alignment no power of two
   * @throws OutOfNativeMemoryError if memory is out
   * @throws IllegalStateException if this allocator is closed
   */
  default MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    return allocate(byteSize, byteAlignment).fill((byte) 0);
  }

  /**
   * Changes the size of a block, as {@link #realloc} does.
   *
   * @param block a segment that starts where a live block does
   * @param newByteSize bytes wanted, 0 or more
   * @return the block after the call; {@code block} must no longer be used
   * @throws IllegalArgumentException if the size is negative or {@code block} is not native
   * @throws InvalidFreeException if {@code block} does not start where a live block does
   * @throws OutOfNativeMemoryError if memory is out; {@code block} is then unchanged
   * @throws IllegalStateException if this allocator is closed
   */
  MemorySegment reallocate(MemorySegment block, long newByteSize);

  /**
   * Frees a block.
   *
   * @param block a segment that starts where a live block does, or {@link MemorySegment#NULL},
   *     which does nothing
   * @throws IllegalArgumentException if {@code block} is not native
   * @throws InvalidFreeException if {@code block} does not start where a live block does
   * @throws IllegalStateException if this allocator is closed
   */
  default void free(MemorySegment block) {
    if (!block.isNative()) {
      throw new IllegalArgumentException("not a native segment: " + block);
    }
    free(block.address());
  }

  /**
   * A scope of the calling thread: everything allocated in it is zeroed, as the contract of {@link
   * Arena} has it, is freed when it is closed, and cannot be accessed afterwards. Like {@link
   * Arena#ofConfined()} it is for the calling thread alone. Small pieces may share a block, so that
   * what is allocated in it cannot be freed or resized by itself.
   *
   * @return a new arena over this allocator
   * @throws IllegalStateException if this allocator is closed
   */
  default Arena arena() {
    free(NULL); // refused once this is closed
    return new AllocatorArena(this, AllocatorArena.UNSHARED, () -> {});
  }

  /**
   * A snapshot of what is in use.
   *
   * @return the figures, each read at some moment during the call
   * @throws IllegalStateException if this allocator is closed
   */
  AllocatorStats stats();

  /**
   * The handle of the calling thread, for code that calls often and can keep it in a field.
   *
   * @return the thread's handle
   * @throws IllegalStateException if this allocator is closed
   */
  default LocalAllocator attach() {
    free(NULL); // refused once this is closed
    return new LocalAllocator(this);
  }

  /** Gives back to the shared parts what the calling thread keeps back for itself. */
  default void flush() {}

  /**
   * Gives back to the operating system what memory is free.
   *
   * @return the bytes given back
   */
  default long trim() {
    return 0;
  }

  /**
   * Checks every structure, and throws at the first broken invariant. For tests: no other thread
   * may be in a call of this allocator.
   *
   * @throws IllegalStateException naming the invariant, if one is broken
   */
  void validate();

  /**
   * Gives back all memory at once, live blocks included; idempotent. Segments made by this
   * allocator can no longer be accessed; raw addresses must no longer be. No other thread may be in
   * a call of this allocator.
   */
  @Override
  void close();
}
