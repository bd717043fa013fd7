// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.memory.Memory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the parts of {@link AllocatorContract} share: the allocator under test, which is validated
 * and closed after each test, and ways to write into blocks and read back.
 */
public abstract class AllocatorFixture {

  /** Sizes around every boundary that an allocator is likely to have. */
  private static final long[] SIZES = {
    0,
    1,
    15,
    16,
    17,
    24,
    48,
    63,
    64,
    65,
    100,
    127,
    128,
    129,
    1000,
    1024,
    1025,
    4095,
    4096,
    4097,
    10_000,
    28_672,
    28_673,
    32_767,
    32_768,
    32_769,
    65_536,
    65_537,
    100_000,
    1 << 20,
    (1 << 20) + 1,
    5 << 20,
    (32 << 20) - 1,
    32 << 20,
    (32 << 20) + 1,
    40 << 20,
  };

  private final Deque<Allocator> opened = new ArrayDeque<>();

  /** The allocator under test, of the capacity that the specification says. */
  protected Allocator allocator;

  /** For subclasses. */
  protected AllocatorFixture() {}

  /**
   * Makes an allocator.
   *
   * @param capacityBytes about how many bytes it is to have for blocks
   * @return a new allocator
   */
  protected abstract Allocator create(long capacityBytes);

  /**
   * What applies to it.
   *
   * @return the specification
   */
  protected abstract AllocatorSpec spec();

  @BeforeEach
  void open() {
    allocator = another(spec().capacityBytes());
  }

  /** One more allocator, closed after the test. */
  final Allocator another(long capacityBytes) {
    Allocator made = create(capacityBytes);
    opened.push(made);
    return made;
  }

  /** Validates every allocator that the test has not closed itself, and closes it. */
  @AfterEach
  void validateAndClose() {
    while (!opened.isEmpty()) {
      try (Allocator each = opened.pop()) {
        if (isOpen(each)) {
          each.validate();
        }
      }
    }
  }

  private static boolean isOpen(Allocator allocator) {
    try {
      return allocator.stats() != null;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  final void requires(Feature feature) {
    assumeTrue(spec().has(feature), "does not apply: " + feature);
  }

  /** Sizes up to the largest that applies. */
  final long[] sizes() {
    return LongStream.of(SIZES).filter(size -> size <= spec().maxBlockBytes()).toArray();
  }

  /** Powers of two from 1 to the largest that applies. */
  final long[] alignments() {
    return LongStream.iterate(1, a -> a <= spec().maxAlignment(), a -> 2 * a).toArray();
  }

  final long malloc(long byteSize) {
    long block = allocator.malloc(byteSize);
    assertNotEquals(Allocator.NULL, block, () -> "memory is out at " + byteSize + " bytes");
    return block;
  }

  /** Frees blocks in the one order that every design allows. */
  final void freeNewestFirst(long[] blocks) {
    for (int i = blocks.length - 1; i >= 0; i--) {
      allocator.free(blocks[i]);
    }
  }

  /** Checks what every block is, and that it can be written from end to end. */
  final void checkBlock(long block, long byteSize, long byteAlignment) {
    assertNotEquals(Allocator.NULL, block, () -> byteSize + " bytes aligned to " + byteAlignment);
    assertEquals(0, block % Math.max(byteAlignment, Allocator.MIN_ALIGNMENT));
    long usable = allocator.usableSize(block);
    assertTrue(usable >= byteSize, () -> usable + " usable bytes of " + byteSize);
    write(block, usable, block);
    assertHolds(block, usable, block);
  }

  /** Where words are written in a block: all of a small one, samples and the ends of a large. */
  private static long step(long byteSize) {
    return byteSize <= 4096 ? 8 : 504;
  }

  /** Writes a pattern that depends on a seed and the place in the block. */
  static void write(long block, long byteSize, long seed) {
    for (long at = 0; at + 8 <= byteSize; at += step(byteSize)) {
      Memory.putLong(block + at, seed ^ at);
    }
    for (long at = Math.max(0, byteSize - 7); at < byteSize; at++) {
      Memory.putByte(block + at, (byte) (seed ^ at));
    }
  }

  /** Checks the pattern that {@link #write} wrote. */
  static void assertHolds(long block, long byteSize, long seed) {
    assertHoldsStart(block, byteSize, byteSize - 7, seed);
    for (long at = Math.max(0, byteSize - 7); at < byteSize; at++) {
      assertEquals((byte) (seed ^ at), Memory.getByte(block + at));
    }
  }

  /** Checks the words of the pattern that lie before an end. */
  static void assertHoldsStart(long block, long writtenBytes, long end, long seed) {
    for (long at = 0; at + 8 <= Math.min(end, writtenBytes - 7); at += step(writtenBytes)) {
      if (Memory.getLong(block + at) != (seed ^ at)) {
        assertEquals(seed ^ at, Memory.getLong(block + at), "byte " + at + " of " + writtenBytes);
      }
    }
  }

  static void assertZero(long block, long byteSize) {
    for (long at = 0; at + 8 <= byteSize; at += 8) {
      if (Memory.getLong(block + at) != 0) {
        assertEquals(0, Memory.getLong(block + at), "byte " + at + " of " + byteSize);
      }
    }
    for (long at = Math.max(0, byteSize - 7); at < byteSize; at++) {
      if (Memory.getByte(block + at) != 0) {
        assertEquals(0, Memory.getByte(block + at), "byte " + at + " of " + byteSize);
      }
    }
  }

  /** Blocks in use, where they are counted. */
  final void assertLiveBlocks(long expected) {
    if (spec().has(Feature.COUNTS_BLOCKS)) {
      assertEquals(expected, allocator.stats().liveBlocks());
    }
  }
}
