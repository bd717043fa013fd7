// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ashlar.memory.Memory;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.random.RandomGenerator;

/**
 * A table through which threads hand blocks to each other: a thread puts its block where another's
 * is, and frees that one. Each block carries its size and a cookie at both ends.
 */
final class Exchange {

  private final Allocator allocator;
  private final AtomicLongArray slots;

  Exchange(Allocator allocator, int slots) {
    this.allocator = allocator;
    this.slots = new AtomicLongArray(slots);
  }

  /** Allocates a block, if memory is not out, and frees the one whose place it takes. */
  void swap(RandomGenerator random, int log2MaxSize) {
    long size = 16 + random.nextLong(1L << random.nextInt(log2MaxSize + 1));
    long block = allocator.malloc(size);
    if (block != Allocator.NULL) {
      Memory.putLong(block, size);
      Memory.putLong(block + size - 8, size ^ block);
    }
    free(slots.getAndSet(random.nextInt(slots.length()), block));
  }

  private void free(long block) {
    if (block != Allocator.NULL) {
      long size = Memory.getLong(block);
      assertEquals(size ^ block, Memory.getLong(block + size - 8), "the cookie of a block");
      allocator.free(block);
    }
  }

  /** Frees all blocks that are left. */
  void clear() {
    for (int i = 0; i < slots.length(); i++) {
      free(slots.getAndSet(i, Allocator.NULL));
    }
  }
}
