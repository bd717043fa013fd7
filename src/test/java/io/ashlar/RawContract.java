// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.memory.Memory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.agrona.collections.LongArrayList;
import org.junit.jupiter.api.Test;

/** The part of {@link AllocatorContract} about raw addresses. */
public abstract class RawContract extends AllocatorFixture {

  /** For subclasses. */
  protected RawContract() {}

  @Test
  void blocksOfEverySmallSize() {
    long most = Math.min(spec().maxBlockBytes(), 2100);
    for (long size = 0; size <= most; size++) {
      long block = allocator.malloc(size);
      checkBlock(block, size, 1);
      allocator.free(block);
    }
    assertLiveBlocks(0);
  }

  @Test
  void blocksAroundEveryBoundary() {
    for (long size : sizes()) {
      long block = allocator.malloc(size);
      checkBlock(block, size, 1);
      allocator.free(block);
    }
  }

  @Test
  void liveBlocksDoNotOverlap() {
    long[] sizes = Arrays.stream(sizes()).filter(size -> size <= 5 << 20).toArray();
    long[] blocks = new long[3 * sizes.length];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = malloc(sizes[i % sizes.length]);
      write(blocks[i], sizes[i % sizes.length], i);
    }
    assertLiveBlocks(blocks.length);
    for (int i = 0; i < blocks.length; i++) {
      assertHolds(blocks[i], sizes[i % sizes.length], i);
    }
    for (int i = blocks.length - 1; i >= 0; i--) {
      assertHolds(blocks[i], sizes[i % sizes.length], i);
      allocator.free(blocks[i]);
    }
    assertLiveBlocks(0);
  }

  @Test
  void blocksOfNoBytesAreDistinct() {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      assertTrue(seen.add(malloc(0)));
    }
  }

  @Test
  void everyAlignmentWithEverySize() {
    for (long alignment : alignments()) {
      for (long size : sizes()) {
        if (size <= 5 << 20) {
          long block = allocator.alignedAlloc(alignment, size);
          checkBlock(block, size, alignment);
          allocator.free(block);
        }
      }
    }
  }

  @Test
  void alignedBlocksLiveTogether() {
    LongArrayList blocks = new LongArrayList();
    for (int round = 0; round < 3; round++) {
      for (long alignment : alignments()) {
        long block = allocator.alignedAlloc(alignment, 100);
        checkBlock(block, 100, alignment);
        write(block, 100, alignment);
        blocks.addLong(block);
      }
    }
    for (int i = 0; i < blocks.size(); i++) {
      assertHolds(blocks.getLong(i), 100, alignments()[i % alignments().length]);
    }
    freeNewestFirst(blocks.toLongArray());
    assertLiveBlocks(0);
  }

  @Test
  void badSizesAndAlignmentsAreRefused() {
    long block = malloc(100);
    write(block, 100, 7);
    for (long size : new long[] {-1, -16, Integer.MIN_VALUE, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> allocator.malloc(size));
      assertThrows(IllegalArgumentException.class, () -> allocator.alignedAlloc(64, size));
      assertThrows(IllegalArgumentException.class, () -> allocator.calloc(size));
      assertThrows(IllegalArgumentException.class, () -> allocator.realloc(block, size));
      assertThrows(IllegalArgumentException.class, () -> allocator.realloc(Allocator.NULL, size));
      long[] into = new long[4];
      assertThrows(IllegalArgumentException.class, () -> allocator.mallocBatch(size, into, 0, 4));
    }
    for (long alignment : new long[] {0, -1, -16, 3, 24, 4097, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> allocator.alignedAlloc(alignment, 64));
    }
    assertHolds(block, 100, 7);
    assertLiveBlocks(1);
  }

  @Test
  void sizesBeyondTheRegionAreOutOfMemory() {
    long live = malloc(100);
    write(live, 100, 3);
    long capacity = spec().capacityBytes();
    for (long size : new long[] {capacity + 1, 2 * capacity, 1L << 46, 1L << 62, Long.MAX_VALUE}) {
      assertEquals(Allocator.NULL, allocator.malloc(size));
      assertEquals(Allocator.NULL, allocator.calloc(size));
      assertEquals(Allocator.NULL, allocator.alignedAlloc(4096, size));
      assertEquals(Allocator.NULL, allocator.realloc(Allocator.NULL, size));
      assertEquals(Allocator.NULL, allocator.realloc(live, size));
      assertEquals(0, allocator.mallocBatch(size, new long[3], 0, 3));
      allocator.validate();
    }
    for (int shift = 50; shift < 63; shift++) {
      assertEquals(Allocator.NULL, allocator.alignedAlloc(1L << shift, 64));
    }
    assertHolds(live, 100, 3);
    assertLiveBlocks(1);
    allocator.free(live);
    allocator.free(malloc(100));
  }

  @Test
  void everySizeNearTheLargestLong() {
    for (long below = 0; below < 70_000; below += 509) {
      assertEquals(Allocator.NULL, allocator.malloc(Long.MAX_VALUE - below));
    }
    allocator.validate();
  }

  @Test
  void memoryRunsOutAndIsThereAgain() {
    requires(Feature.REUSE);
    long capacity = Math.max(4 << 20, spec().tinyBytes());
    allocator = another(capacity);
    for (long size : new long[] {16, 100, 1000, 20_000, 40_000, 1 << 20}) {
      if (size > spec().maxBlockBytes()) {
        continue;
      }
      if (!spec().has(Feature.MERGES)) {
        allocator = another(capacity);
      }
      int first = exhaust(size);
      assertTrue(first > 0, () -> "no block of " + size);
      assertEquals(first, exhaust(size), () -> "blocks of " + size + " the second time");
    }
  }

  /** Allocates until memory is out, frees all, and says how many there were. */
  private int exhaust(long byteSize) {
    LongArrayList blocks = new LongArrayList();
    for (long block; (block = allocator.malloc(byteSize)) != Allocator.NULL; ) {
      write(block, Math.min(byteSize, 64), block);
      blocks.addLong(block);
    }
    assertEquals(Allocator.NULL, allocator.calloc(byteSize));
    for (int i = 0; i < blocks.size(); i++) {
      assertHolds(blocks.getLong(i), Math.min(byteSize, 64), blocks.getLong(i));
      allocator.free(blocks.getLong(i));
    }
    assertLiveBlocks(0);
    allocator.validate();
    return blocks.size();
  }

  @Test
  void callocClearsMemoryUsedBefore() {
    for (long size : sizes()) {
      long[] blocks = new long[size <= 1 << 20 ? 4 : 1];
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < blocks.length; i++) {
          blocks[i] = allocator.calloc(size);
          assertNotEquals(Allocator.NULL, blocks[i]);
          assertZero(blocks[i], size);
          Memory.fill(blocks[i], allocator.usableSize(blocks[i]), (byte) 0x5a);
        }
        freeNewestFirst(blocks);
      }
    }
  }

  @Test
  void callocClearsMemoryThatHasBeenOfAnotherKind() {
    requires(Feature.REUSE);
    long[] sizes = Arrays.stream(sizes()).filter(size -> size >= 1000).toArray();
    for (long before : sizes) {
      for (long after : new long[] {1000, 30_000, 200_000, 3 << 20}) {
        if (after <= spec().maxBlockBytes()) {
          long block = malloc(before);
          Memory.fill(block, before, (byte) 0x5a);
          allocator.free(block);
          allocator.flush();
          allocator.trim();
          long cleared = allocator.calloc(after);
          assertZero(cleared, after);
          allocator.free(cleared);
        }
      }
    }
  }

  @Test
  void reallocKeepsContents() {
    for (long from : sizes()) {
      for (long to : sizes()) {
        if (!isWorthwhile(from, to)) {
          continue;
        }
        long block = malloc(from);
        write(block, from, from);
        long moved = allocator.realloc(block, to);
        assertNotEquals(Allocator.NULL, moved, () -> from + " to " + to);
        assertHoldsStart(moved, from, Math.min(from, to), from);
        assertTrue(allocator.usableSize(moved) >= to);
        assertLiveBlocks(1);
        write(moved, to, to);
        assertHolds(moved, to, to);
        allocator.free(moved);
      }
    }
    assertLiveBlocks(0);
  }

  /** Copies of many megabytes take their time: one from and to each kind will do. */
  private static boolean isWorthwhile(long from, long to) {
    long large = Math.max(from, to);
    long small = Math.min(from, to);
    return large <= 1 << 20
        || (small > 32 << 20 || small == 5 << 20 || small == 100_000 || small == 17);
  }

  @Test
  void reallocStepByStep() {
    requires(Feature.ANY_ORDER);
    long most = Math.min(spec().maxBlockBytes(), 40L << 20);
    long size = 1;
    long block = malloc(size);
    Memory.putByte(block, (byte) 42);
    long neighbour = malloc(64);
    for (; size < most; size += 1 + size / 3) {
      block = allocator.realloc(block, size);
      assertEquals(42, Memory.getByte(block));
      Memory.putByte(block + size - 1, (byte) 42);
    }
    for (; size > 1; size -= 1 + size / 5) {
      block = allocator.realloc(block, size);
      assertEquals(42, Memory.getByte(block));
    }
    allocator.free(block);
    allocator.free(neighbour);
    assertLiveBlocks(0);
  }

  @Test
  void reallocThatCannotBeLeavesTheBlock() {
    allocator = another(Math.max(1 << 20, spec().tinyBytes()));
    long block = malloc(1000);
    write(block, 1000, 5);
    assertEquals(Allocator.NULL, allocator.realloc(block, 64 << 20));
    assertHolds(block, 1000, 5);
    assertLiveBlocks(1);
    allocator.free(block);
  }

  @Test
  void noBlockIsNothingToFree() {
    allocator.free(Allocator.NULL);
    allocator.freeBatch(new long[3], 0, 3);
    long block = allocator.realloc(Allocator.NULL, 100);
    checkBlock(block, 100, 1);
    allocator.free(block);
  }

  @Test
  void freedMemoryIsUsedAgain() {
    requires(Feature.REUSE);
    allocator = another(Math.max(4 << 20, spec().tinyBytes()));
    for (long size : new long[] {50, 5000, 50_000, 500_000}) {
      if (size <= spec().maxBlockBytes()) {
        for (long used = 0; used < 32 << 20; used += size) {
          allocator.free(malloc(size));
        }
      }
    }
    assertLiveBlocks(0);
  }

  @Test
  void batches() {
    requires(Feature.ANY_ORDER);
    long[] blocks = new long[302];
    for (long size : sizes()) {
      int n = (int) Math.min(300, Math.max(1, (8L << 20) / Math.max(1, size)));
      Arrays.fill(blocks, 0);
      assertEquals(n, allocator.mallocBatch(size, blocks, 1, n));
      assertEquals(0, blocks[0]);
      assertEquals(0, blocks[n + 1]);
      assertEquals(n, Arrays.stream(blocks, 1, n + 1).distinct().count());
      for (int i = 1; i <= n; i++) {
        checkBlock(blocks[i], size, 1);
      }
      assertLiveBlocks(n);
      allocator.freeBatch(blocks, 0, n + 2);
      assertLiveBlocks(0);
    }
  }

  @Test
  void batchesOutsideOfTheArrayAreRefused() {
    long[] blocks = new long[4];
    for (int[] range : new int[][] {{-1, 2}, {0, 5}, {4, 1}, {2, -1}, {3, Integer.MAX_VALUE}}) {
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> allocator.mallocBatch(64, blocks, range[0], range[1]));
      assertThrows(
          IndexOutOfBoundsException.class, () -> allocator.freeBatch(blocks, range[0], range[1]));
    }
    assertEquals(0, allocator.mallocBatch(64, blocks, 4, 0));
    allocator.freeBatch(blocks, 4, 0);
    assertLiveBlocks(0);
  }

  @Test
  void aBatchLargerThanMemoryIsCutShort() {
    allocator = another(Math.max(2 << 20, spec().tinyBytes()));
    long[] blocks = new long[1 << 16];
    int got = allocator.mallocBatch(1024, blocks, 0, blocks.length);
    assertTrue(got > 0 && got < blocks.length);
    assertNotEquals(Allocator.NULL, blocks[got - 1]);
    assertEquals(Allocator.NULL, blocks[got]);
    assertLiveBlocks(got);
    freeNewestFirst(blocks);
    assertLiveBlocks(0);
  }
}
