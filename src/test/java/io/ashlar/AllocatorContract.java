// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Allocator} does. A subclass says how one is made and, by an {@link
 * AllocatorSpec}, what does not apply to it; every test ends with {@link Allocator#validate}.
 */
public abstract class AllocatorContract extends SegmentContract {

  /** For subclasses. */
  protected AllocatorContract() {}

  // ---- bad input -------------------------------------------------------------------------------

  /** Tries an address that is no live block's in every call that takes one. */
  private void assertRefused(long address) {
    InvalidFreeException refusal =
        assertThrows(InvalidFreeException.class, () -> allocator.free(address));
    assertEquals(address, refusal.address());
    assertTrue(refusal.getMessage().contains(Long.toHexString(address)), refusal.getMessage());
    assertThrows(
        InvalidFreeException.class, () -> allocator.free(MemorySegment.ofAddress(address)));
    assertThrows(InvalidFreeException.class, () -> allocator.realloc(address, 10));
    assertThrows(InvalidFreeException.class, () -> allocator.realloc(address, 100_000));
    assertThrows(
        InvalidFreeException.class,
        () -> allocator.reallocate(MemorySegment.ofAddress(address), 10));
    assertThrows(InvalidFreeException.class, () -> allocator.usableSize(address));
    assertThrows(InvalidFreeException.class, () -> allocator.freeBatch(new long[] {address}, 0, 1));
  }

  @Test
  void addressesInsideBlocksAreRefused() {
    requires(Feature.REFUSES_INTERIOR);
    for (long size : sizes()) {
      long block = malloc(size);
      long usable = allocator.usableSize(block);
      write(block, size, size);
      for (long at : new long[] {1, 8, 16, 24, 4096, usable / 2, usable - 16, usable - 1}) {
        if (at > 0 && at < usable) {
          assertRefused(block + at);
        }
      }
      assertHolds(block, size, size);
      assertLiveBlocks(1);
      allocator.free(block);
    }
  }

  @Test
  void addressesThatWereNeverAllocatedAreRefused() {
    requires(Feature.REFUSES_FOREIGN);
    long block = malloc(64);
    for (long address :
        new long[] {1, 16, 4096, -1, -16, Long.MIN_VALUE, Long.MAX_VALUE, block ^ 1L << 47}) {
      assertRefused(address);
    }
    try (Arena arena = Arena.ofConfined()) {
      assertRefused(arena.allocate(64, 64).address());
    }
    assertLiveBlocks(1);
    allocator.free(block);
  }

  /** Blocks of the same class that lie in the same memory but are nobody's yet. */
  @Test
  void neighboursThatWereNeverAllocatedAreRefused() {
    requires(Feature.REFUSES_FREE_BLOCKS);
    requires(Feature.REFUSES_FOREIGN);
    for (long size : sizes()) {
      long block = malloc(size);
      long usable = allocator.usableSize(block);
      for (long distance = 1; distance <= 64; distance *= 2) {
        assertRefused(block + distance * usable);
      }
      allocator.free(block);
    }
    assertLiveBlocks(0);
  }

  @Test
  void anotherAllocatorsBlocksAreRefused() {
    requires(Feature.REFUSES_FOREIGN);
    Allocator other = another(spec().capacityBytes());
    for (long size : sizes()) {
      long block = other.malloc(size);
      assertRefused(block);
      other.free(block);
    }
    assertLiveBlocks(0);
  }

  @Test
  void blocksFreedTwiceAreRefused() {
    requires(Feature.REFUSES_DOUBLE_FREE);
    for (long size : sizes()) {
      long keep = malloc(size);
      long block = malloc(size);
      allocator.free(block);
      assertRefused(block);
      allocator.flush();
      assertRefused(block);
      allocator.trim();
      assertRefused(block);
      assertLiveBlocks(1);
      allocator.free(keep);
      allocator.flush();
      allocator.trim();
      assertRefused(block);
      assertLiveBlocks(0);
    }
  }

  @Test
  void blocksThatMovedAreRefused() {
    requires(Feature.REFUSES_DOUBLE_FREE);
    for (long size : sizes()) {
      long block = malloc(100);
      long moved = allocator.realloc(block, size);
      if (moved != block) {
        assertRefused(block);
      }
      allocator.free(moved);
      assertRefused(moved);
    }
    assertLiveBlocks(0);
  }

  @Test
  void aBatchStopsAtTheFirstBadAddress() {
    requires(Feature.ANY_ORDER);
    requires(Feature.REFUSES_INTERIOR);
    long[] blocks = new long[5];
    allocator.mallocBatch(100, blocks, 0, 5);
    long good = blocks[2];
    blocks[2] += 4;
    assertThrows(InvalidFreeException.class, () -> allocator.freeBatch(blocks, 0, 5));
    assertLiveBlocks(3);
    blocks[2] = good;
    allocator.freeBatch(blocks, 2, 3);
    assertLiveBlocks(0);
  }

  // ---- arena -----------------------------------------------------------------------------------

  @Test
  void anArenaFreesWhatWasAllocatedInIt() {
    for (int round = 0; round < 3; round++) {
      try (Arena arena = allocator.arena()) {
        for (long size : sizes()) {
          MemorySegment segment = arena.allocate(size, 8);
          assertEquals(size, segment.byteSize());
          assertZero(segment.address(), size);
          segment.fill((byte) 0x5a);
          assertEquals(arena.scope(), segment.scope());
          if (size > 32 << 20) {
            break;
          }
        }
      }
      assertLiveBlocks(0);
    }
  }

  /** Pieces of all sizes are apart, aligned and zero, and keep what is written, up to the close. */
  @Test
  void piecesOfAnArenaAreApart() throws InterruptedException {
    Seeds.run(this::piecesAreApart);
    assertLiveBlocks(0);
  }

  private void piecesAreApart(RandomGenerator random) {
    try (Arena arena = allocator.arena()) {
      List<MemorySegment> pieces = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        long alignment = 1L << random.nextInt(7);
        MemorySegment piece = arena.allocate(random.nextInt(1 << random.nextInt(10)), alignment);
        assertEquals(0, piece.address() % Math.max(alignment, Allocator.MIN_ALIGNMENT));
        assertZero(piece.address(), piece.byteSize());
        piece.fill((byte) (i + 1));
        pieces.add(piece);
      }
      for (int i = 0; i < pieces.size(); i++) {
        for (byte each : pieces.get(i).toArray(ValueLayout.JAVA_BYTE)) {
          assertEquals((byte) (i + 1), each);
        }
      }
      assertEquals(
          pieces.size(), pieces.stream().mapToLong(MemorySegment::address).distinct().count());
    }
  }

  @Test
  void anArenaAlignsAndTakesBadInputAsTheJdks() {
    try (Arena jdk = Arena.ofConfined();
        Arena arena = allocator.arena()) {
      for (long alignment : alignments()) {
        assertEquals(0, arena.allocate(10, alignment).address() % alignment);
      }
      for (long[] bad : new long[][] {{-1, 1}, {1, 0}, {1, 3}, {1, -8}, {-1, 0}}) {
        assertThrows(IllegalArgumentException.class, () -> jdk.allocate(bad[0], bad[1]));
        assertThrows(IllegalArgumentException.class, () -> arena.allocate(bad[0], bad[1]));
      }
      assertThrows(OutOfNativeMemoryError.class, () -> arena.allocate(1L << 50, 1));
      assertEquals("stone", arena.allocateFrom("stone").getString(0));
    }
    assertLiveBlocks(0);
  }

  /** The same misuse of an arena of the JDK and of ours fails in the same way. */
  @Test
  void aClosedArenaFailsAsTheJdks() throws InterruptedException {
    requires(Feature.THREADS);
    Arena jdk = Arena.ofConfined();
    Arena ours = allocator.arena();
    MemorySegment theirs = jdk.allocate(64);
    MemorySegment segment = ours.allocate(64);
    Threads.run(
        () -> {
          assertSameFailure(() -> theirs.fill((byte) 1), () -> segment.fill((byte) 1));
          assertSameFailure(() -> jdk.allocate(8), () -> ours.allocate(8));
          assertSameFailure(() -> jdk.allocate(-8), () -> ours.allocate(-8));
          assertSameFailure(jdk::close, ours::close);
        });
    assertLiveBlocks(1);
    jdk.close();
    ours.close();
    assertSameFailure(() -> theirs.fill((byte) 1), () -> segment.fill((byte) 1));
    assertSameFailure(
        () -> theirs.get(ValueLayout.JAVA_INT, 0), () -> segment.get(ValueLayout.JAVA_INT, 0));
    assertSameFailure(() -> jdk.allocate(8), () -> ours.allocate(8));
    assertSameFailure(jdk::close, ours::close);
    assertLiveBlocks(0);
  }

  private static void assertSameFailure(Runnable theirs, Runnable ours) {
    Class<? extends Throwable> expected =
        assertThrows(RuntimeException.class, theirs::run).getClass();
    assertEquals(expected, assertThrows(RuntimeException.class, ours::run).getClass());
  }

  @Test
  void anOpenArenaKeepsTheAllocatorOpen() {
    requires(Feature.WATCHES_ARENAS);
    MemorySegment segment;
    try (Arena arena = allocator.arena()) {
      segment = arena.allocate(64);
      assertThrows(IllegalStateException.class, allocator::close);
      segment.fill((byte) 1);
      allocator.free(malloc(64));
    }
    assertThrows(IllegalStateException.class, () -> segment.fill((byte) 1));
    assertDoesNotThrow(allocator::close);
  }

  // ---- figures ---------------------------------------------------------------------------------

  @Test
  void figuresFollowTheBlocks() {
    requires(Feature.COUNTS_BLOCKS);
    long expectedBytes = 0;
    long expectedBlocks = 0;
    long[] sizes = sizes();
    long[] blocks = new long[sizes.length];
    for (int i = 0; i < sizes.length && sizes[i] <= 5 << 20; i++) {
      blocks[i] = malloc(sizes[i]);
      expectedBytes += allocator.usableSize(blocks[i]);
      expectedBlocks++;
      AllocatorStats stats = allocator.stats();
      assertEquals(expectedBytes, stats.liveBytes());
      assertEquals(expectedBlocks, stats.liveBlocks());
      assertTrue(stats.committedBytes() == -1 || stats.committedBytes() >= expectedBytes);
    }
    freeNewestFirst(blocks);
    assertEquals(0, allocator.stats().liveBytes());
    assertEquals(0, allocator.stats().liveBlocks());
    assertTrue(allocator.trim() >= 0);
    allocator.flush();
    assertLiveBlocks(0);
  }

  // ---- the programs everyone starts with -------------------------------------------------------

  @Test
  void starterOneAllocation() {
    allocator = another(spec().tinyBytes());
    long block = malloc(8);
    Memory.putLong(block, 42);
    assertEquals(42, Memory.getLong(block));
    allocator.free(block);
  }

  @Test
  void starterGrowingArray() {
    allocator = another(spec().tinyBytes());
    long array = malloc(8);
    long capacity = 1;
    for (long i = 0; i < 1000; i++) {
      if (i == capacity) {
        capacity *= 2;
        array = allocator.realloc(array, 8 * capacity);
        assertNotEquals(Allocator.NULL, array);
      }
      Memory.putLong(array + 8 * i, i);
    }
    long sum = 0;
    for (long i = 0; i < 1000; i++) {
      sum += Memory.getLong(array + 8 * i);
    }
    assertEquals(499_500, sum);
    allocator.free(array);
  }

  @Test
  void starterOneBlockPerIteration() {
    allocator = another(spec().tinyBytes());
    loopOverTheCapacity();
    assertLiveBlocks(0);
  }

  /** The long-lived block is the older one, so that taking back the newest block is enough. */
  @Test
  void starterOneBlockPerIterationBesideALongLivedOne() {
    allocator = another(spec().tinyBytes());
    long kept = malloc(8);
    Memory.putLong(kept, 1234);
    loopOverTheCapacity();
    assertEquals(1234, Memory.getLong(kept));
    allocator.free(kept);
  }

  private void loopOverTheCapacity() {
    for (long i = 0; i < spec().tinyBytes(); i++) {
      long block = malloc(8);
      Memory.putLong(block, i);
      assertEquals(i, Memory.getLong(block));
      allocator.free(block);
    }
  }

  /**
   * The same with two blocks an iteration, the older freed first. This is the program that the
   * designs without reuse fail, and must: the long-lived block keeps a bump allocator from ever
   * being empty, so that it runs out of memory; a stack refuses the first free.
   */
  @Test
  void starterTwoBlocksPerIterationBesideALongLivedOne() {
    allocator = another(spec().tinyBytes());
    long kept = malloc(8);
    Memory.putLong(kept, 1234);
    assertEquals(spec().has(Feature.REUSE), survivesPairsOverTheCapacity());
    assertEquals(1234, Memory.getLong(kept));
  }

  /** Frees the older block of each pair first. */
  private boolean survivesPairsOverTheCapacity() {
    for (long i = 0; i < spec().tinyBytes(); i++) {
      long first = allocator.malloc(8);
      long second = allocator.malloc(8);
      if (first == Allocator.NULL || second == Allocator.NULL) {
        return false;
      }
      Memory.putLong(first, i);
      Memory.putLong(second, -i);
      if (!spec().has(Feature.ANY_ORDER)) {
        assertThrows(InvalidFreeException.class, () -> allocator.free(first));
        return false;
      }
      allocator.free(first);
      assertEquals(-i, Memory.getLong(second));
      allocator.free(second);
    }
    return true;
  }
}
