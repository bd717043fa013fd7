// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * All raw access to native memory by address: every ordering in the library is one search away.
 * Names carry the memory order; a name without one is plain. Nothing is checked: the address must
 * lie in memory that is mapped, and atomic access needs natural alignment.
 */
public final class Memory {

  /** Constant, so that the bounds check folds to one comparison against a constant. */
  @SuppressWarnings("restricted") // The library is about memory by address.
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  // Handles, not the methods of MemorySegment, which find the handle first: to the compiler an
  // access is hundreds of nodes, and it stops inlining where there are too many.
  private static final VarHandle BYTES = ValueLayout.JAVA_BYTE.varHandle();
  private static final VarHandle UNALIGNED_INTS = ValueLayout.JAVA_INT_UNALIGNED.varHandle();
  private static final VarHandle UNALIGNED_LONGS = ValueLayout.JAVA_LONG_UNALIGNED.varHandle();
  private static final VarHandle INTS = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONGS = ValueLayout.JAVA_LONG.varHandle();

  /** Up to so many bytes a loop over words is faster than the call that fills. */
  private static final int CLEARED_BY_WORDS = 256;

  private static final int BASE_SHIFT = 16;

  private Memory() {}

  /**
   * A base address in 32 bits, for {@link #base}.
   *
   * @param address a multiple of 64 KiB below 2^48
   * @return the address in units of 64 KiB
   */
  public static int packBase(long address) {
    int packed = (int) (address >>> BASE_SHIFT);
    if (base(packed) != address) {
      throw new IllegalArgumentException("0x" + Long.toHexString(address) + " is no base address");
    }
    return packed;
  }

  /**
   * A base address out of its 32 bits. The compiler sees from the shift that it lies between 0 and
   * 2^48; so it does with an offset that it sees is bounded (by {@code >>>}, a mask, a {@code
   * char}), and the bounds check of the access goes away. From a field of type {@code long} it sees
   * nothing.
   *
   * @param packed what {@link #packBase} returned
   * @return the address
   */
  public static long base(int packed) {
    return (packed & 0xFFFF_FFFFL) << BASE_SHIFT;
  }

  /**
   * Reads a byte.
   *
   * @param address where
   * @return the byte
   */
  public static byte getByte(long address) {
    return (byte) BYTES.get(ALL, address);
  }

  /**
   * Writes a byte.
   *
   * @param address where
   * @param value what
   */
  public static void putByte(long address, byte value) {
    BYTES.set(ALL, address, value);
  }

  /**
   * Reads 32 bits.
   *
   * @param address where
   * @return the bits
   */
  public static int getInt(long address) {
    return (int) UNALIGNED_INTS.get(ALL, address);
  }

  /**
   * Writes 32 bits.
   *
   * @param address where
   * @param value what
   */
  public static void putInt(long address, int value) {
    UNALIGNED_INTS.set(ALL, address, value);
  }

  /**
   * Reads a word.
   *
   * @param address where
   * @return the word
   */
  public static long getLong(long address) {
    return (long) UNALIGNED_LONGS.get(ALL, address);
  }

  /**
   * Writes a word.
   *
   * @param address where
   * @param value what
   */
  public static void putLong(long address, long value) {
    UNALIGNED_LONGS.set(ALL, address, value);
  }

  /**
   * Reads a word, with acquire order.
   *
   * @param address where, a multiple of 8
   * @return the word
   */
  public static long getLongAcquire(long address) {
    return (long) LONGS.getAcquire(ALL, address);
  }

  /**
   * Reads a word, with volatile order.
   *
   * @param address where, a multiple of 8
   * @return the word
   */
  public static long getLongVolatile(long address) {
    return (long) LONGS.getVolatile(ALL, address);
  }

  /**
   * Writes a word, with release order.
   *
   * @param address where, a multiple of 8
   * @param value what
   */
  public static void putLongRelease(long address, long value) {
    LONGS.setRelease(ALL, address, value);
  }

  /**
   * Replaces a word if it has the expected value, with volatile order.
   *
   * @param address where, a multiple of 8
   * @param expected the value it must have
   * @param value the value it gets
   * @return whether it was replaced
   */
  public static boolean casLong(long address, long expected, long value) {
    boolean done = LONGS.compareAndSet(ALL, address, expected, value);
    if (Counts.ON) {
      Counts.atomic(done);
    }
    return done;
  }

  /**
   * Sets bits of a word, with volatile order.
   *
   * @param address where, a multiple of 8
   * @param bits the bits to set
   * @return the word before
   */
  public static long getAndOrLong(long address, long bits) {
    if (Counts.ON) {
      Counts.atomic(true);
    }
    return (long) LONGS.getAndBitwiseOr(ALL, address, bits);
  }

  /**
   * Keeps only some bits of a word, with volatile order.
   *
   * @param address where, a multiple of 8
   * @param bits the bits to keep
   * @return the word before
   */
  public static long getAndAndLong(long address, long bits) {
    if (Counts.ON) {
      Counts.atomic(true);
    }
    return (long) LONGS.getAndBitwiseAnd(ALL, address, bits);
  }

  /**
   * Replaces a byte if it has the expected value, with volatile order: a compare-and-set of the
   * aligned 32-bit word around it, since the platform has none for bytes. Neighbours written at the
   * same time, atomically or plainly, are not lost: the comparison fails and is made again.
   * Lock-free.
   *
   * @param address where
   * @param expected the value it must have
   * @param value the value it gets
   * @return whether it was replaced
   */
  public static boolean casByte(long address, byte expected, byte value) {
    long word = address & ~3L;
    int shift = Bits.shiftInWord(address);
    while (true) {
      int before = (int) INTS.getVolatile(ALL, word);
      if ((byte) (before >>> shift) != expected) {
        return false;
      }
      int after = (before & ~(0xFF << shift)) | ((value & 0xFF) << shift);
      boolean done = INTS.compareAndSet(ALL, word, before, after);
      if (Counts.ON) {
        Counts.atomic(done);
      }
      if (done) {
        return true;
      }
    }
  }

  /**
   * Sets every byte of a range.
   *
   * @param address where it begins
   * @param byteLength bytes in it
   * @param value what
   */
  public static void fill(long address, long byteLength, byte value) {
    ALL.asSlice(address, byteLength).fill(value);
  }

  /**
   * Zeroes a range, and what is behind it up to a multiple of 16 bytes. A short one by words: what
   * {@link MemorySegment#fill} compiles to is longer than all of an allocation.
   *
   * @param address where it begins
   * @param byteLength bytes in it
   */
  public static void clear(long address, long byteLength) {
    if (byteLength > CLEARED_BY_WORDS) {
      fill(address, byteLength, (byte) 0);
      return;
    }
    for (long at = address; at < address + byteLength; at += 2 * Long.BYTES) {
      putLong(at, 0);
      putLong(at + Long.BYTES, 0);
    }
  }

  /**
   * Copies a range; the two may overlap.
   *
   * @param from where it begins
   * @param to where the copy begins
   * @param byteLength bytes in it
   */
  public static void copy(long from, long to, long byteLength) {
    MemorySegment.copy(ALL, from, ALL, to, byteLength);
  }
}
