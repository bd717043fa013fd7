// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** Writes and reads blocks by address. */
@SuppressWarnings("restricted")
public final class RawMemory {

  /** All memory; a constant, so its bounds are no check at run time. */
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  // Handles, for the compiler's sake: see io.ashlar.memory.Memory.
  private static final VarHandle LONGS = JAVA_LONG_UNALIGNED.varHandle();
  private static final VarHandle BYTES = JAVA_BYTE.varHandle();

  private static final long TOUCH_BYTES = 4096;

  private RawMemory() {}

  /**
   * Writes one byte.
   *
   * @param address where
   * @param value what
   */
  public static void putByte(long address, byte value) {
    BYTES.set(ALL, address, value);
  }

  /**
   * Writes a word.
   *
   * @param address where
   * @param value what
   */
  public static void putLong(long address, long value) {
    LONGS.set(ALL, address, value);
  }

  /**
   * Reads a word.
   *
   * @param address where
   * @return the word
   */
  public static long getLong(long address) {
    return (long) LONGS.get(ALL, address);
  }

  /**
   * Reads one byte.
   *
   * @param address where
   * @return the byte
   */
  public static byte getByte(long address) {
    return (byte) BYTES.get(ALL, address);
  }

  /**
   * Adds one to a byte: a read and a write that the compiler leaves where they are.
   *
   * @param address where
   */
  public static void increment(long address) {
    BYTES.setOpaque(ALL, address, (byte) ((byte) BYTES.getOpaque(ALL, address) + 1));
  }

  /**
   * Reads every byte of a range.
   *
   * @param address its start
   * @param bytes its length
   * @return what came of them
   */
  public static long sum(long address, long bytes) {
    long sum = 0;
    long at = address;
    for (long end = address + (bytes & -8); at < end; at += 8) {
      sum += (long) LONGS.get(ALL, at);
    }
    for (long end = address + bytes; at < end; at++) {
      sum += (byte) BYTES.get(ALL, at);
    }
    return sum;
  }

  /** Zeroes a range. */
  static void clear(long address, long bytes) {
    ALL.asSlice(address, bytes).fill((byte) 0);
  }

  /** Copies bytes of one block to another. */
  static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
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
      LONGS.set(ALL, at, value);
      LONGS.set(ALL, at + 8, value);
      LONGS.set(ALL, at + 16, value);
      LONGS.set(ALL, at + 24, value);
      LONGS.set(ALL, at + 32, value);
      LONGS.set(ALL, at + 40, value);
      LONGS.set(ALL, at + 48, value);
      LONGS.set(ALL, at + 56, value);
    }
    for (long end = address + (bytes & -8); at < end; at += 8) {
      LONGS.set(ALL, at, value);
    }
    for (long end = address + bytes; at < end; at++) {
      BYTES.set(ALL, at, (byte) value);
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
    BYTES.set(ALL, address, (byte) 1);
    for (long i = (from + TOUCH_BYTES - 1) & -TOUCH_BYTES; i < to; i += TOUCH_BYTES) {
      BYTES.set(ALL, address + i, (byte) 1);
    }
  }
}
