// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.InvalidFreeException;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is this design's own: its lists, its runs, and what it refuses. */
class FixedSizeBlockAllocatorTest {

  private static final int SMALL_HEAP = 100 << 10;

  private record Block(long size, long usable, byte filler) {}

  @Test
  void blocksNeverOverlapAndKeepTheirContents() {
    long seed = Long.getLong("ashlar.test.seed", System.nanoTime());
    System.out.println("FixedSizeBlockAllocatorTest: -Dashlar.test.seed=" + seed);
    Random random = new Random(seed);
    try (Allocator allocator = FixedSizeBlockAllocator.create(8 << 20)) {
      TreeMap<Long, Block> live = new TreeMap<>();
      List<Long> order = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        if (order.isEmpty() || random.nextInt(100) < 54) {
          add(live, order, newBlock(allocator, random, live));
        } else {
          long address = order.remove(random.nextInt(order.size()));
          Block block = live.remove(address);
          check(address, block.size(), block.filler());
          if (random.nextInt(4) == 0) {
            add(live, order, resized(allocator, random, address, block));
          } else {
            allocator.free(address);
          }
        }
        if (i % 1_000 == 0) {
          allocator.validate();
        }
      }
      checkNoOverlap(live);
      AllocatorStats stats = allocator.stats();
      assertThat(stats.liveBlocks()).isEqualTo(live.size());
      assertThat(stats.liveBytes())
          .isEqualTo(live.values().stream().mapToLong(Block::usable).sum());
      live.forEach((address, block) -> check(address, block.size(), block.filler()));
      live.keySet().forEach(allocator::free);
      allocator.trim();
      allocator.validate();
      assertThat(allocator.stats().committedBytes()).isZero();
      assertThat(allocator.stats().residentBytes()).isZero();
    }
  }

  private static void add(Map<Long, Block> live, List<Long> order, Map.Entry<Long, Block> entry) {
    if (entry.getKey() != Allocator.NULL) {
      assertThat(live.put(entry.getKey(), entry.getValue())).isNull();
      order.add(entry.getKey());
    }
  }

  private static Map.Entry<Long, Block> newBlock(
      Allocator allocator, Random random, Map<Long, Block> live) {
    long size = randomSize(random);
    long alignment = 1L << (random.nextInt(4) == 0 ? random.nextInt(16) : 0);
    boolean zeroed = alignment == 1 && random.nextInt(3) == 0;
    long address = zeroed ? allocator.calloc(size) : allocator.alignedAlloc(alignment, size);
    if (address == Allocator.NULL) {
      assertThat(live).as("out of memory with nothing in use").isNotEmpty();
      return Map.entry(address, new Block(0, 0, (byte) 0));
    }
    assertThat(address % Math.max(alignment, Allocator.MIN_ALIGNMENT)).isZero();
    if (zeroed) {
      check(address, size, (byte) 0);
    }
    return filled(allocator, random, address, size);
  }

  private static Map.Entry<Long, Block> resized(
      Allocator allocator, Random random, long address, Block block) {
    long size = randomSize(random);
    long moved = allocator.realloc(address, size);
    if (moved == Allocator.NULL) {
      check(address, block.size(), block.filler());
      return Map.entry(address, block);
    }
    check(moved, Math.min(size, block.size()), block.filler());
    return filled(allocator, random, moved, size);
  }

  private static long randomSize(Random random) {
    return random.nextInt(1 << random.nextInt(17));
  }

  private static Map.Entry<Long, Block> filled(
      Allocator allocator, Random random, long address, long size) {
    byte filler = (byte) (1 + random.nextInt(127));
    Memory.fill(address, size, filler);
    long usable = allocator.usableSize(address);
    assertThat(usable).isGreaterThanOrEqualTo(size);
    return Map.entry(address, new Block(size, usable, filler));
  }

  private static void check(long address, long size, byte filler) {
    for (long i = 0; i < size; i++) {
      if (Memory.getByte(address + i) != filler) {
        throw new AssertionError("byte " + i + " of " + size + " changed");
      }
    }
  }

  private static void checkNoOverlap(Map<Long, Block> live) {
    long end = 0;
    for (Map.Entry<Long, Block> entry : live.entrySet()) {
      assertThat(entry.getKey()).isGreaterThanOrEqualTo(end);
      end = entry.getKey() + entry.getValue().usable();
    }
  }

  @Test
  void runsOnAHundredKibibytes() {
    try (Allocator allocator = FixedSizeBlockAllocator.create(SMALL_HEAP)) {
      long kept = allocator.malloc(8);
      for (int i = 0; i < SMALL_HEAP; i++) {
        long block = allocator.malloc(8);
        Memory.putLong(block, i);
        allocator.free(block);
      }
      long array = allocator.malloc(8);
      for (int i = 0; i < 1_000; i++) {
        if (i * 8L >= allocator.usableSize(array)) {
          array = allocator.realloc(array, 16L * i);
        }
        Memory.putLong(array + 8L * i, i);
      }
      long sum = 0;
      for (int i = 0; i < 1_000; i++) {
        sum += Memory.getLong(array + 8L * i);
      }
      assertThat(sum).isEqualTo(499_500);
      allocator.free(array);
      allocator.free(kept);
      allocator.validate();
    }
  }

  @Test
  void framesOfOneSizeServeAnotherWhenMemoryIsOut() {
    try (Allocator allocator = FixedSizeBlockAllocator.create(SMALL_HEAP)) {
      for (int size = 16; size <= 8 * 4096; size *= 2) {
        List<Long> blocks = new ArrayList<>();
        for (long b = allocator.malloc(size); b != Allocator.NULL; b = allocator.malloc(size)) {
          blocks.add(b);
        }
        assertThat(blocks).hasSize(size <= 4096 ? SMALL_HEAP / size : 25 / (size / 4096));
        blocks.forEach(allocator::free);
        allocator.validate();
      }
    }
  }

  @Test
  void alignsBeyondItsRegion() {
    long page = Region.osPageSize();
    try (Allocator allocator =
        new FixedSizeBlockAllocator(Region.reserve(8 << 20, page, Region.Commitment.LAZY))) {
      for (long alignment = 1; alignment <= 2 << 20; alignment *= 2) {
        long block = allocator.alignedAlloc(alignment, 100);
        assertThat(block).isNotZero();
        assertThat(block % alignment).isZero();
        allocator.validate();
        allocator.free(block);
      }
      allocator.validate();
    }
  }

  @Test
  void refusesWhatIsNoBlock() {
    try (Allocator allocator = FixedSizeBlockAllocator.create(1 << 20)) {
      long block = allocator.malloc(64);
      long run = allocator.malloc(10_000);
      for (long bad :
          new long[] {block + 16, run + 16, run + 4096, run + (64 << 10), block - 4096, 8, -16}) {
        assertThatThrownBy(() -> allocator.free(bad)).isInstanceOf(InvalidFreeException.class);
        assertThatThrownBy(() -> allocator.realloc(bad, 1))
            .isInstanceOf(InvalidFreeException.class);
      }
      allocator.free(block);
      allocator.free(run);
      assertThatThrownBy(() -> allocator.free(block)).isInstanceOf(InvalidFreeException.class);
      assertThatThrownBy(() -> allocator.free(run)).isInstanceOf(InvalidFreeException.class);
      allocator.validate();
    }
  }

  @Test
  void validateFindsABlockInTheListTwice() {
    try (Allocator allocator = FixedSizeBlockAllocator.create(1 << 20)) {
      long first = allocator.malloc(64);
      long second = allocator.malloc(64);
      allocator.free(first);
      allocator.free(second);
      allocator.free(first);
      assertThatThrownBy(allocator::validate).isInstanceOf(IllegalStateException.class);
    }
  }
}
