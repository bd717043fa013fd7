// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.AllocatorSpec.Feature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A map of live intervals beside an allocator: each operation is made on both, and every block is
 * checked for overlap, alignment, usable size, zeroing, and for the pattern written through it.
 */
final class Model {

  private static final int BATCH = 20;

  /** Operations between two looks at the allocator's own count. */
  private static final int COUNTED_EVERY = 128;

  /** A live block: its pattern depends on its number. */
  private record Block(long address, long byteSize, long usableBytes, long number) {}

  private final Allocator allocator;
  private final AllocatorSpec spec;
  private final long maxLiveBytes;
  private final TreeMap<Long, Block> intervals = new TreeMap<>();
  private final List<Block> live = new ArrayList<>();
  private long liveBytes;
  private long blocksMade;
  private long operations;
  private long refusedForLackOfMemory;

  Model(Allocator allocator, AllocatorSpec spec) {
    this.allocator = allocator;
    this.spec = spec;
    this.maxLiveBytes = spec.capacityBytes() / 4;
  }

  /** How often memory was out. */
  long refusedForLackOfMemory() {
    return refusedForLackOfMemory;
  }

  void apply(Operation operation) {
    long size = operation.byteSize();
    long alignment = 1L << operation.log2Alignment();
    while (liveBytes > maxLiveBytes) {
      free(pick(operation));
    }
    switch (operation.kind()) {
      case MALLOC -> made(allocator.malloc(size), size, 1, false);
      case ALIGNED_ALLOC -> made(allocator.alignedAlloc(alignment, size), size, alignment, false);
      case CALLOC -> made(allocator.calloc(size), size, 1, true);
      case ALLOCATE -> allocate(size, alignment, false);
      case ALLOCATE_ZEROED -> allocate(size, alignment, true);
      case MALLOC_BATCH -> mallocBatch(size);
      case REALLOC -> realloc(pick(operation), size);
      case FREE -> free(pick(operation));
      case FREE_BATCH -> freeBatch(operation);
      case FREE_TWICE -> freeTwice(pick(operation));
      case FREE_INSIDE -> freeInside(pick(operation), size);
      case FREE_MOST -> freeMost(operation);
      case FLUSH -> allocator.flush();
      case TRIM -> allocator.trim();
      default -> throw new AssertionError(operation);
    }
    if (++operations % COUNTED_EVERY == 0) {
      checkCount();
    }
  }

  private void allocate(long size, long alignment, boolean zeroed) {
    long address;
    try {
      address =
          (zeroed ? allocator.allocateZeroed(size, alignment) : allocator.allocate(size, alignment))
              .address();
    } catch (OutOfNativeMemoryError e) {
      refusedForLackOfMemory++;
      return;
    }
    made(address, size, alignment, zeroed);
  }

  /** Takes note of a new block, and checks it. */
  private void made(long address, long size, long alignment, boolean zeroed) {
    if (address == Allocator.NULL) {
      refusedForLackOfMemory++;
      return;
    }
    if (zeroed) {
      AllocatorFixture.assertZero(address, size);
    }
    add(address, size, alignment);
  }

  private void add(long address, long size, long alignment) {
    long usable = allocator.usableSize(address);
    assertTrue(usable >= size, () -> "usable are " + usable + " bytes of " + size);
    assertEquals(
        0,
        address % Math.max(alignment, Allocator.MIN_ALIGNMENT),
        () -> "alignment of 0x" + Long.toHexString(address));
    Map.Entry<Long, Block> before = intervals.floorEntry(address);
    if (before != null) {
      checkApart(before.getValue(), address);
    }
    Map.Entry<Long, Block> after = intervals.higherEntry(address);
    assertTrue(
        after == null || address + Math.max(usable, 1) <= after.getKey(),
        () -> "overlap of 0x" + Long.toHexString(address) + " with " + after);
    Block block = new Block(address, size, usable, ++blocksMade);
    AllocatorFixture.write(address, usable, block.number());
    intervals.put(address, block);
    live.add(block);
    liveBytes += usable;
  }

  private static void checkApart(Block before, long address) {
    assertTrue(
        before.address() + Math.max(before.usableBytes(), 1) <= address,
        () -> "overlap of 0x" + Long.toHexString(address) + " with " + before);
  }

  private void mallocBatch(long size) {
    long[] blocks = new long[BATCH];
    int n = allocator.mallocBatch(size, blocks, 0, BATCH);
    for (int i = 0; i < n; i++) {
      assertNotEquals(Allocator.NULL, blocks[i]);
      made(blocks[i], size, 1, false);
    }
  }

  /** Takes one of the live blocks out; null if there is none. */
  private Block pick(Operation operation) {
    return live.isEmpty() ? null : remove(operation.pick() % live.size());
  }

  private Block remove(int index) {
    Block block = live.get(index);
    Block last = live.remove(live.size() - 1);
    if (index < live.size()) {
      live.set(index, last);
    }
    intervals.remove(block.address());
    liveBytes -= block.usableBytes();
    checkContents(block);
    return block;
  }

  private void checkContents(Block block) {
    try {
      AllocatorFixture.assertHolds(block.address(), block.usableBytes(), block.number());
    } catch (AssertionError e) {
      throw new AssertionError("contents of " + block + " changed: " + e.getMessage(), e);
    }
    assertEquals(block.usableBytes(), allocator.usableSize(block.address()));
  }

  private void free(Block block) {
    if (block != null) {
      allocator.free(block.address());
    }
  }

  private void realloc(Block block, long size) {
    if (block == null) {
      made(allocator.realloc(Allocator.NULL, size), size, 1, false);
      return;
    }
    long moved = allocator.realloc(block.address(), size);
    if (moved == Allocator.NULL) {
      refusedForLackOfMemory++;
      add(block.address(), block.byteSize(), 1);
      return;
    }
    try {
      AllocatorFixture.assertHoldsStart(
          moved, block.usableBytes(), Math.min(block.byteSize(), size), block.number());
    } catch (AssertionError e) {
      throw new AssertionError("contents of " + block + " lost: " + e.getMessage(), e);
    }
    add(moved, size, 1);
  }

  private void freeBatch(Operation operation) {
    long[] blocks = new long[BATCH];
    for (int i = 0; i < BATCH; i++) {
      Block block = i % 4 == 0 ? null : pick(operation);
      blocks[i] = block == null ? Allocator.NULL : block.address();
    }
    allocator.freeBatch(blocks, 0, BATCH);
  }

  private void freeMost(Operation operation) {
    int left = live.size() / 10;
    for (int at = operation.pick(); live.size() > left; at = at * 31 + 17) {
      free(remove(Math.floorMod(at, live.size())));
    }
  }

  private void freeTwice(Block block) {
    if (block == null) {
      return;
    }
    free(block);
    if (spec.has(Feature.REFUSES_DOUBLE_FREE)) {
      assertThrows(
          InvalidFreeException.class, () -> allocator.free(block.address()), "freed twice");
    }
  }

  private void freeInside(Block block, long offset) {
    if (block == null) {
      return;
    }
    long inside = 1 + offset % Math.max(1, block.usableBytes() - 1);
    if (spec.has(Feature.REFUSES_INTERIOR) && block.usableBytes() > 1) {
      assertThrows(
          InvalidFreeException.class, () -> allocator.free(block.address() + inside), "inside");
    }
    free(block);
  }

  private void checkCount() {
    if (spec.has(Feature.COUNTS_BLOCKS)) {
      assertEquals(live.size(), allocator.stats().liveBlocks(), "live blocks");
    }
  }

  /** Checks every live block once more, and frees them all. */
  void end() {
    checkCount();
    allocator.validate();
    for (Block block : live) {
      checkContents(block);
    }
    while (!live.isEmpty()) {
      free(remove(live.size() - 1));
    }
    checkCount();
    allocator.validate();
  }
}
