// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Writes to blocks by address. */
@SuppressWarnings("restricted")
public final class RawMemory {

  /** All memory; a constant, so its bounds are no check at run time. */
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final long TOUCH_BYTES = 4096;

  private RawMemory() {}

  /**
   * Writes one byte.
   *
   * @param address where
   * @param value what
   */
  public static void putByte(long address, byte value) {
    ALL.set(JAVA_BYTE, address, value);
  }

  /**
   * Writes a word.
   *
   * @param address where
   * @param value what
   */
  public static void putLong(long address, long value) {
    ALL.set(JAVA_LONG_UNALIGNED, address, value);
  }

  /**
   * Reads a word.
   *
   * @param address where
   * @return the word
   */
  public static long getLong(long address) {
    return ALL.get(JAVA_LONG_UNALIGNED, address);
  }

  /**
   * Reads one byte.
   *
   * @param address where
   * @return the byte
   */
  public static byte getByte(long address) {
    return ALL.get(JAVA_BYTE, address);
  }

  /** A copy of a range; not for what is measured. */
  static byte[] bytes(long address, long length) {
    return ALL.asSlice(address, length).toArray(JAVA_BYTE);
  }

  /**
   * Writes every byte of a range.
   *
   * @param address its start
   * @param bytes its length
   * @param value what; all of it, or its low byte at the end
   */
  public static void fill(long address, long bytes, long value) {
    long at = address;
    // By whole lines without a loop inside: what a loop costs to begin is more than the writing.
    for (long end = address + (bytes & -64); at < end; at += 64) {
      ALL.set(JAVA_LONG_UNALIGNED, at, value);
      ALL.set(JAVA_LONG_UNALIGNED, at + 8, value);
      ALL.set(JAVA_LONG_UNALIGNED, at + 16, value);
      ALL.set(JAVA_LONG_UNALIGNED, at + 24, value);
      ALL.set(JAVA_LONG_UNALIGNED, at + 32, value);
      ALL.set(JAVA_LONG_UNALIGNED, at + 40, value);
      ALL.set(JAVA_LONG_UNALIGNED, at + 48, value);
      ALL.set(JAVA_LONG_UNALIGNED, at + 56, value);
    }
    for (long end = address + (bytes & -8); at < end; at += 8) {
      ALL.set(JAVA_LONG_UNALIGNED, at, value);
    }
    for (long end = address + bytes; at < end; at++) {
      ALL.set(JAVA_BYTE, at, (byte) value);
    }
  }

  /**
   * Makes the new part of a block resident: writes the block's first byte, and one in every 4,096
   * of the new part.
   *
   * @param address the block's start
   * @param from offset of the new part
   * @param to the block's size; 0 writes nothing
   */
  public static void touch(long address, long from, long to) {
    if (to == 0) {
      return;
    }
    ALL.set(JAVA_BYTE, address, (byte) 1);
    for (long i = (from + TOUCH_BYTES - 1) & -TOUCH_BYTES; i < to; i += TOUCH_BYTES) {
      ALL.set(JAVA_BYTE, address + i, (byte) 1);
    }
  }
}
