// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.memory.Memory;
import io.ashlar.region.Mapping;
import io.ashlar.region.Region;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import org.agrona.collections.LongArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The allocator on a memory file, in which no long run of frames is left. */
class ScatteredBlocksTest {

  private static final long CAPACITY = 128 << 20;
  private static final long FRAME = 4096;

  /** Twelve frames, and every second one of them is free. */
  private static final long PIECE = 12 * FRAME;

  private final LongArrayList kept = new LongArrayList();
  private final Ashlar allocator = fragmented(Ashlar.builder().memfd(true), kept);

  @BeforeAll
  static void needsMemfd() {
    assumeTrue(Region.memfdAvailable(), "a system with memfd_create");
  }

  @AfterEach
  void validateAndClose() {
    try (allocator) {
      allocator.validate();
      kept.forEachOrderedLong(allocator::free);
      allocator.validate();
      assertEquals(0, allocator.stats().liveBytes());
      allocator.trim();
      assertEquals(0, allocator.stats().committedBytes());
      assertEquals(0, allocator.stats().residentBytes());
    }
  }

  /** Fills the memory, and frees every second block. */
  private static Ashlar fragmented(AshlarBuilder builder, LongArrayList kept) {
    Ashlar allocator = builder.capacity(CAPACITY).build();
    LongArrayList all = new LongArrayList();
    for (long block; (block = allocator.malloc(PIECE)) != Allocator.NULL; ) {
      Memory.fill(block, PIECE, (byte) -1);
      all.addLong(block);
    }
    for (int i = 0; i < all.size(); i++) {
      if (i % 2 == 0) {
        allocator.free(all.getLong(i));
      } else {
        kept.addLong(all.getLong(i));
      }
    }
    return allocator;
  }

  /**
   * The fault that scattered blocks mend: half of the memory is free, and none of it can be had.
   */
  @Test
  void withoutAMemoryFileNothingIsToBeHad() {
    LongArrayList live = new LongArrayList();
    try (Ashlar plain = fragmented(Ashlar.builder(), live)) {
      assertThat(plain.stats().committedBytes()).isLessThan(CAPACITY * 3 / 4);
      assertEquals(Allocator.NULL, plain.malloc(64 * FRAME));
      live.forEachOrderedLong(plain::free);
      plain.validate();
    }
  }

  @Test
  void aLargeBlockOfScatteredFrames() throws IOException {
    AllocatorStats before = allocator.stats();
    long size = (24 << 20) - 100;
    long block = allocator.malloc(size);
    assertNotEquals(Allocator.NULL, block);
    long usable = allocator.usableSize(block);
    assertEquals(24 << 20, usable);
    AllocatorFixture.write(block, usable, 9);
    AllocatorFixture.assertHolds(block, usable, 9);
    kept.forEachOrderedLong(each -> assertEquals(-1, Memory.getLong(each + PIECE - 8)));
    AllocatorStats now = allocator.stats();
    assertEquals(usable, now.liveBytes() - before.liveBytes());
    assertEquals(usable, now.committedBytes() - before.committedBytes());
    // Most of the frames were touched before. They are counted once, though mapped twice.
    assertThat(now.residentBytes() - before.residentBytes()).isBetween(0L, usable / 2);
    assertEquals(1, now.largeAllocations() - before.largeAllocations());
    List<Mapping> mappings = Mapping.all();
    assertEquals("---s", Mapping.at(block - 1, mappings).permissions());
    assertEquals("---s", Mapping.at(block + usable, mappings).permissions());
    allocator.validate();
    allocator.free(block);
    assertEquals(before.liveBytes(), allocator.stats().liveBytes());
    assertEquals(before.committedBytes(), allocator.stats().committedBytes());
  }

  @Test
  void freedOnceAndOnlyAtItsStart() {
    long block = allocator.malloc(1 << 20);
    for (long wrong : new long[] {block + 8, block + FRAME, block - FRAME, block + (1 << 20)}) {
      assertThrows(InvalidFreeException.class, () -> allocator.free(wrong));
      assertThrows(InvalidFreeException.class, () -> allocator.usableSize(wrong));
      assertThrows(InvalidFreeException.class, () -> allocator.realloc(wrong, 100));
    }
    allocator.free(block);
    assertThrows(InvalidFreeException.class, () -> allocator.free(block));
    assertThrows(InvalidFreeException.class, () -> allocator.usableSize(block));
  }

  /** Frames that were in use before are cleared. */
  @Test
  void callocIsZero() {
    long block = allocator.calloc(5 << 20);
    AllocatorFixture.assertZero(block, 5 << 20);
    allocator.free(block);
  }

  @Test
  void alignmentsAreKept() {
    for (long alignment = 1; alignment <= 32 << 20; alignment *= 2) {
      long block = allocator.alignedAlloc(alignment, 1 << 20);
      assertNotEquals(Allocator.NULL, block);
      assertEquals(0, block % alignment);
      allocator.free(block);
    }
  }

  @Test
  void reallocGrowsAndShrinks() {
    long block = allocator.malloc(1 << 20);
    long size = 1 << 20;
    AllocatorFixture.write(block, size, 3);
    for (long to : new long[] {3 << 20, (20 << 20) + 1, 40 << 20, 2 << 20, 100_000, 50, 4 << 20}) {
      block = allocator.realloc(block, to);
      assertNotEquals(Allocator.NULL, block, "to " + to);
      AllocatorFixture.assertHoldsStart(block, size, Math.min(size, to), 3);
      size = to;
      AllocatorFixture.write(block, size, 3);
      allocator.validate();
    }
    assertEquals(Allocator.NULL, allocator.realloc(block, CAPACITY));
    AllocatorFixture.assertHolds(block, size, 3);
    allocator.free(block);
  }

  @Test
  void segmentsOfThem() {
    MemorySegment block = allocator.allocate(3 << 20, 4096);
    block.set(ValueLayout.JAVA_BYTE, block.byteSize() - 1, (byte) 1);
    block = allocator.reallocate(block, 5 << 20);
    assertEquals(1, block.get(ValueLayout.JAVA_BYTE, (3 << 20) - 1));
    allocator.free(block);
  }

  @Test
  void theLimitCountsThem() {
    LongArrayList live = new LongArrayList();
    long limit = CAPACITY * 3 / 4;
    AshlarBuilder builder = Ashlar.builder().memfd(true).limit(limit);
    try (Ashlar limited = fragmented(builder, live)) {
      LongArrayList blocks = new LongArrayList();
      for (long block; (block = limited.malloc(1 << 20)) != Allocator.NULL; ) {
        blocks.addLong(block);
      }
      assertThat(limited.stats().committedBytes()).isBetween(limit - (1 << 20), limit);
      blocks.forEachOrderedLong(limited::free);
      live.forEachOrderedLong(limited::free);
      limited.validate();
    }
  }

  /** What is freed can be had as runs again, and is given back to the system. */
  @Test
  void trimPunchesHoles() {
    long resident = allocator.stats().residentBytes();
    long block = allocator.malloc(16 << 20);
    allocator.free(block);
    assertThat(allocator.trim()).isGreaterThanOrEqualTo(44 << 20);
    assertThat(allocator.stats().residentBytes()).isLessThan(resident * 5 / 8);
    block = allocator.malloc(16 << 20);
    AllocatorFixture.assertZero(block, 16 << 20);
    allocator.free(block);
  }

  @Test
  void threadsAllocateAndFreeEachOthers() throws InterruptedException {
    AtomicLongArray exchange = new AtomicLongArray(8);
    List<Threads.Task> tasks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      SplittableRandom random = new SplittableRandom(i);
      tasks.add(
          () -> {
            for (int round = 0; round < 200; round++) {
              long size = 60_000 + random.nextLong(3 << 20);
              long block = allocator.malloc(size);
              assertNotEquals(Allocator.NULL, block);
              Memory.putLong(block, size);
              Memory.putLong(block + size - 8, size);
              long other = exchange.getAndSet(random.nextInt(8), block);
              if (other != 0) {
                long otherSize = Memory.getLong(other);
                assertEquals(otherSize, Memory.getLong(other + otherSize - 8));
                allocator.free(other);
              }
            }
          });
    }
    tasks.add(
        () -> {
          for (int round = 0; round < 50; round++) {
            allocator.trim();
          }
        });
    Threads.run(Thread.ofPlatform().factory(), tasks);
    for (int i = 0; i < 8; i++) {
      long block = exchange.getAndSet(i, 0);
      if (block != 0) {
        allocator.free(block);
      }
    }
    assertEquals(kept.size(), allocator.stats().liveBlocks());
  }

  @Test
  void closedWithBlocksLive() throws IOException {
    long block;
    LongArrayList live = new LongArrayList();
    try (Ashlar another = fragmented(Ashlar.builder().memfd(true), live)) {
      block = another.malloc(7 << 20);
      Memory.putLong(block, 1);
    }
    long gone = block;
    assertTrue(
        Mapping.all().stream().noneMatch(m -> m.start() == gone && m.permissions().equals("rw-s")));
  }
}
