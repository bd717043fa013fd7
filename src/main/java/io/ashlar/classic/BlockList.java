// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.InvalidFreeException;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;

/**
 * All blocks of a {@link HeaderAllocator}, one behind the other without a gap, each with its header
 * in the managed memory: who knows a block's size knows where the next one begins.
 *
 * <pre>
 *   header                 +8       +16                        header + size = next header
 *   | size and state       | check  | usable bytes …           |
 *
 *   size and state:  63 … 6 the size, a multiple of 64 ┊ 5 … 2 zero ┊ 1 w ┊ 0 l
 *     l   live
 *     w   waiting: freed, but that is not yet carried out
 *     neither: free
 *   check: a hash of where the header is, the size, and a secret of this list
 *
 *   usable bytes of a free block:    | next free | previous free | what was there …
 *   usable bytes of a waiting block: | next waiting | what was there …
 * </pre>
 *
 * <p>Headers begin 16 bytes before a multiple of 64, so every block is aligned to 64 bytes. By the
 * check an address inside a block is told from the start of one, whatever its user has written
 * there, and a header that was written over is found before its size is believed. Headers of blocks
 * that are no more are erased.
 *
 * <p>Not thread-safe, but for {@link #liveSize} and {@link #claim}.
 */
final class BlockList {

  static final int HEADER_BYTES = 16;

  /** Of sizes and of alignment; the smallest block. */
  static final int UNIT = 64;

  static final long FREE = 0;
  static final long LIVE = 1;
  static final long WAITING = 2;

  private static final long STATE_MASK = UNIT - 1;
  private static final int CHECK = 8;

  /** 2^64 divided by the golden ratio, odd: different addresses stay different. */
  private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

  private final long secret;

  /** The first header, and where the last block ends at most: 16 below multiples of 64. */
  private final long first;

  private final long end;

  // first <= top <= end; the blocks fill [first, top)
  private long top;

  /** From here on the memory was never handed out, or was given back: it is zero. */
  private long touched;

  BlockList(long address, long byteSize, long secret) {
    this.secret = secret;
    first = Bits.alignUp(address + HEADER_BYTES, UNIT) - HEADER_BYTES;
    end = Bits.alignDown(address + byteSize, UNIT) - HEADER_BYTES;
    if (first + UNIT > end) {
      throw new IllegalArgumentException("a region of " + byteSize + " bytes");
    }
    top = first;
    touched = first;
  }

  /** The size of a block with room for {@code byteSize} bytes, which must not be near overflow. */
  static long blockBytes(long byteSize) {
    return Bits.alignUp(Math.max(byteSize, 1) + HEADER_BYTES, UNIT);
  }

  /** The bytes between a block's place and where it must begin to be aligned. */
  static long lead(long header, long byteAlignment) {
    long payload = header + HEADER_BYTES;
    return Bits.alignUp(payload, byteAlignment) - payload;
  }

  long first() {
    return first;
  }

  long top() {
    return top;
  }

  long touched() {
    return touched;
  }

  void setTouched(long address) {
    touched = address;
  }

  /** Bytes between the last block and the end. */
  long room() {
    return end - top;
  }

  private long check(long header, long size) {
    return ((header * SPREAD) ^ size) + secret;
  }

  /** A header's first word, once it is seen to be one. */
  private long word(long header) {
    long word = Memory.getLong(header);
    if (Memory.getLong(header + CHECK) != check(header, word & ~STATE_MASK)) {
      throw new IllegalStateException(
          "the header at 0x" + Long.toHexString(header) + " was written over");
    }
    return word;
  }

  long size(long header) {
    return word(header) & ~STATE_MASK;
  }

  boolean isFree(long header) {
    return (word(header) & STATE_MASK) == FREE;
  }

  boolean isLive(long header) {
    return (word(header) & STATE_MASK) == LIVE;
  }

  /** Where the next block begins, or {@link #top}. */
  long next(long header) {
    return header + size(header);
  }

  /** Whether a header could be at an address, by its place alone. */
  boolean isPlace(long header) {
    return header >= first && header < end && ((header - first) & (UNIT - 1)) == 0;
  }

  /** Makes a header. */
  void write(long header, long size, long state) {
    Memory.putLong(header, size | state);
    Memory.putLong(header + CHECK, check(header, size));
  }

  /** Makes a header one no more: it is inside another block from now on, or behind the last. */
  void erase(long header) {
    Memory.putLong(header, 0);
    Memory.putLong(header + CHECK, 0);
  }

  /** Makes room for a block of a size, which there is, at the end. */
  long append(long size) {
    long header = top;
    top += size;
    touched = Math.max(touched, top);
    return header;
  }

  /** Takes the last block, or all from a block on, away from the end. */
  void cutOff(long header) {
    erase(header);
    top = header;
  }

  /**
   * The size of the live block that begins at an address, or the refusal. Any thread may call it:
   * what is at the address may be changing if it is not the caller's block, and is then refused.
   */
  long liveSize(long address) {
    long header = headerOf(address);
    if (header < first || header >= end) {
      throw new InvalidFreeException(address, "outside the region of this allocator");
    }
    if (!isPlace(header)) {
      throw new InvalidFreeException(address, "inside a block");
    }
    long word = Memory.getLong(header);
    long size = word & ~STATE_MASK;
    if (Memory.getLong(header + CHECK) != check(header, size)) {
      throw new InvalidFreeException(
          address, "not the start of a block, or the header before it was written over");
    }
    if ((word & STATE_MASK) != LIVE) {
      throw new InvalidFreeException(
          address, "a free block of " + (size - HEADER_BYTES) + " usable bytes");
    }
    return size;
  }

  /**
   * Marks a live block as waiting, if no other thread was first. Lock-free.
   *
   * @return its size
   */
  long claim(long address) {
    long size = liveSize(address);
    if (!Memory.casLong(headerOf(address), size | LIVE, size | WAITING)) {
      throw new InvalidFreeException(address, "freed by another thread at the same moment");
    }
    return size;
  }

  /** Walks all blocks, and returns how many there are. */
  long validate() {
    check(first <= top && top <= touched && touched <= end, "the order of first, top and end");
    long blocks = 0;
    for (long header = first; header != top; header = next(header)) {
      check(header < top, "the last block reaches beyond the top");
      long word = word(header);
      check((word & ~STATE_MASK) >= UNIT, "the size of a block");
      check((word & STATE_MASK) <= WAITING, "the state of a block");
      blocks++;
    }
    return blocks;
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException("broken: " + broken);
    }
  }

  /** The address that a block's user has. */
  static long addressOf(long header) {
    return header + HEADER_BYTES;
  }

  /** The reverse of {@link #addressOf}. */
  static long headerOf(long address) {
    return address - HEADER_BYTES;
  }

  /** The user's bytes in a block of a size. */
  static long usableBytes(long size) {
    return size - HEADER_BYTES;
  }
}
