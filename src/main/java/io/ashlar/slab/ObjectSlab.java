// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * A run of frames cut into blocks of a typed cache. Of each block two bits: whether it is in the
 * slab, and, if so, whether it is constructed. Used under its home shard's lock, or by the one who
 * took it out of the shard's list while all blocks were in it.
 *
 * <p>Invariants, checked by {@link #validate}:
 *
 * <pre>
 *   (1) freeCount = set bits of free, rawCount = freeCount - set bits of constructed
 *   (2) constructed ⊆ free, and no bit at or behind capacity is set
 *   (3) the slab is in its shard's list ⇒ freeCount > 0
 * </pre>
 */
final class ObjectSlab {

  /** Its number in the cache's directory, for good. */
  final int number;

  ObjectSlab previous;
  ObjectSlab next;

  private final BlockShape shape;
  private final int firstFrame;
  private final long address;
  private final int capacity;
  private final long[] free;
  private final long[] constructed;

  private ObjectShard home;
  private int freeCount;
  private int rawCount;

  /** Makes a slab with all blocks in it, none constructed. */
  ObjectSlab(int number, BlockShape shape, int firstFrame, long address, int capacity) {
    this.number = number;
    this.shape = shape;
    this.firstFrame = firstFrame;
    this.address = address;
    this.capacity = capacity;
    freeCount = capacity;
    rawCount = capacity;
    free = new long[(capacity + 63) >>> 6];
    constructed = new long[free.length];
    Arrays.fill(free, -1L);
    if ((capacity & 63) != 0) {
      free[free.length - 1] = (1L << capacity) - 1;
    }
  }

  ObjectShard home() {
    return home;
  }

  void setHome(ObjectShard shard) {
    home = shard;
  }

  int firstFrame() {
    return firstFrame;
  }

  int frames() {
    return shape.frames(capacity);
  }

  int capacity() {
    return capacity;
  }

  int freeCount() {
    return freeCount;
  }

  int rawCount() {
    return rawCount;
  }

  boolean isAllFree() {
    return freeCount == capacity;
  }

  /** Whether the slab has a constructed block to give. */
  boolean hasConstructed() {
    return freeCount > rawCount;
  }

  /** Takes constructed blocks into a batch, lowest first: {@code n}, or as many as there are. */
  int takeConstructed(FreeBatch into, int n) {
    int taken = 0;
    for (int word = 0; taken < n && word < free.length; word++) {
      long bits = constructed[word];
      while (bits != 0 && taken < n) {
        into.add(blockAt((word << 6) + Long.numberOfTrailingZeros(bits)));
        bits &= bits - 1;
        taken++;
      }
      free[word] &= ~(constructed[word] & ~bits);
      constructed[word] = bits;
    }
    freeCount -= taken;
    return taken;
  }

  /** Takes blocks that are not constructed, lowest first: {@code n}, or as many as there are. */
  int takeRaw(FreeBatch into, int n) {
    int taken = 0;
    for (int word = 0; taken < n && word < free.length; word++) {
      long bits = free[word] & ~constructed[word];
      while (bits != 0 && taken < n) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        into.add(blockAt(index));
        free[word] &= ~(1L << index);
        bits &= bits - 1;
        taken++;
      }
    }
    freeCount -= taken;
    rawCount -= taken;
    return taken;
  }

  private long blockAt(int index) {
    return address + (long) index * shape.blockBytes();
  }

  /**
   * Puts a block back.
   *
   * @return whether it is a block of this slab that was not in it
   */
  boolean put(long block, boolean isConstructed) {
    long offset = block - address;
    int index = shape.index(offset);
    int word = index >>> 6;
    long bit = 1L << index;
    if ((long) index * shape.blockBytes() != offset
        || index >= capacity
        || (free[word] & bit) != 0) {
      return false;
    }
    free[word] |= bit;
    freeCount++;
    if (isConstructed) {
      constructed[word] |= bit;
    } else {
      rawCount++;
    }
    return true;
  }

  /** Whether one of its blocks begins at an address inside of the slab. */
  boolean begins(long block) {
    long offset = block - address;
    int index = shape.index(offset);
    return (long) index * shape.blockBytes() == offset && index < capacity;
  }

  /** Whether a block is in the slab. */
  boolean holds(long block) {
    int index = shape.index(block - address);
    return (free[index >>> 6] >>> index & 1) != 0;
  }

  /** Shows the constructed blocks in the slab, which are raw from then on, each before it is. */
  void unmake(LongConsumer destroy) {
    for (int word = 0; word < constructed.length; word++) {
      while (constructed[word] != 0) {
        int bit = Long.numberOfTrailingZeros(constructed[word]);
        constructed[word] &= constructed[word] - 1;
        rawCount++;
        destroy.accept(blockAt((word << 6) + bit));
      }
    }
  }

  /** Blocks marked as in use. */
  long liveBlocks(ObjectBlocks blocks) {
    long sum = 0;
    for (int index = 0; index < capacity; index++) {
      sum += blocks.isLive(blocks.placeOf(blockAt(index))) ? 1 : 0;
    }
    return sum;
  }

  /** Bytes that the object takes on the Java heap, about. */
  long footprint() {
    return 72 + 2 * (16 + (long) free.length * Long.BYTES);
  }

  /** Checks (1) and (2), and that no block in it is in use, if a shard has it. */
  void validate(ObjectBlocks blocks) {
    int bits = 0;
    int made = 0;
    for (int index = 0; index < free.length << 6; index++) {
      boolean isFree = (free[index >>> 6] >>> index & 1) != 0;
      boolean isMade = (constructed[index >>> 6] >>> index & 1) != 0;
      bits += isFree ? 1 : 0;
      made += isMade ? 1 : 0;
      check(isFree || !isMade, "has a constructed block that is not in it");
      check(!isFree || index < capacity, "has a bit behind its last block");
      check(
          home == null
              || !isFree
              || !blocks.checked()
              || !blocks.isLive(blocks.placeOf(blockAt(index))),
          "holds a block that is in use: " + index);
    }
    check(bits == freeCount, "has " + bits + " free blocks, counted as " + freeCount);
    check(bits - made == rawCount, "has " + made + " constructed blocks, raw are " + rawCount);
  }

  private void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(
          "object slab %d (0x%x) %s".formatted(number, address, broken));
    }
  }
}
