// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

import io.ashlar.memory.Memory;

/**
 * The pattern in a block: words that depend on a key of the owner's and on their place. Small
 * blocks are filled, larger ones have it at both ends and in the middle, so that an operation costs
 * some nanoseconds whatever the size. A block handed out twice, or moved without its contents, has
 * another's pattern, since no two allocations have the same key.
 */
final class Cookies {

  private static final int WORD = Long.BYTES;
  private static final long FILLED_BYTES = 128;
  private static final long SWEPT_BYTES = 4096;
  private static final long SWEEP_STRIDE = 512;

  private Cookies() {}

  static long key(long address, long nonce) {
    return (address ^ nonce) * 0x9E3779B97F4A7C15L;
  }

  static void write(long address, long size, long key) {
    if (size < 2 * WORD) {
      for (int i = 0; i < size; i++) {
        Memory.putByte(address + i, patternByte(key, i));
      }
      return;
    }
    long step = step(size);
    for (long at = 0; at <= size - 2 * WORD; at += step) {
      Memory.putLong(address + at, key + at);
    }
    Memory.putLong(address + size - WORD, ~key);
  }

  /** Too small for a word at each end: byte by byte. */
  private static byte patternByte(long key, int index) {
    return (byte) (key >>> (8 * (index & 7)));
  }

  /** Neighbouring words of a small block; the first and the middle one of a larger. */
  private static long step(long size) {
    return size <= FILLED_BYTES ? WORD : Math.max(size >>> 1, 2 * WORD);
  }

  /**
   * Checks what is left of a block's pattern.
   *
   * @param kept bytes that must be as they were, at most {@code size}
   * @throws BrokenException if they are not
   */
  static void check(long address, long size, long key, long kept) {
    if (size < 2 * WORD) {
      for (int i = 0; i < kept; i++) {
        expect(Memory.getByte(address + i), patternByte(key, i), address, size, i);
      }
      return;
    }
    long step = step(size);
    long end = Math.min(kept - WORD, size - 2 * WORD);
    for (long at = 0; at <= end; at += step) {
      expect(Memory.getLong(address + at), key + at, address, size, at);
    }
    if (kept == size) {
      expect(Memory.getLong(address + size - WORD), ~key, address, size, size - WORD);
    }
  }

  /** Checks that a block is zero: all of a small one, some bytes of each half KiB of a larger. */
  static void checkZero(long address, long size) {
    long step = size <= SWEPT_BYTES ? WORD : SWEEP_STRIDE;
    long at = 0;
    for (; at <= size - WORD; at += step) {
      expect(Memory.getLong(address + at), 0, address, size, at);
    }
    if (size >= WORD) {
      expect(Memory.getLong(address + size - WORD), 0, address, size, size - WORD);
      return;
    }
    for (; at < size; at++) {
      expect(Memory.getByte(address + at), 0, address, size, at);
    }
  }

  private static void expect(long found, long expected, long address, long size, long at) {
    if (found != expected) {
      throw new BrokenException(
          "block 0x%x of %,d bytes holds 0x%x at byte %,d and not 0x%x"
              .formatted(address, size, found, at, expected));
    }
  }
}
