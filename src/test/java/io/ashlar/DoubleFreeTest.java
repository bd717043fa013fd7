// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks freed twice, by one thread or by several. */
class DoubleFreeTest {

  private static final int LARGEST = 32 << 10;

  private final Queue<Throwable> reported = new ConcurrentLinkedQueue<>();

  private Allocator allocator(Hardening hardening) {
    return Ashlar.builder().shards(8).hardening(hardening).errorHandler(reported::add).build();
  }

  @ParameterizedTest
  @EnumSource(
      value = Hardening.class,
      names = {"STANDARD", "STRICT"})
  void byTwoThreadsOneAfterTheOther(Hardening hardening) throws InterruptedException {
    try (Allocator allocator = allocator(hardening)) {
      for (long size : new long[] {16, 100, 30_000, 100_000, 33 << 20}) {
        long block = allocator.malloc(size);
        Threads.run(
            () -> {
              allocator.free(block);
              assertThrows(InvalidFreeException.class, () -> allocator.free(block));
            });
        assertThrows(InvalidFreeException.class, () -> allocator.free(block));
        Threads.runVirtual(
            () -> assertThrows(InvalidFreeException.class, () -> allocator.free(block)));
        allocator.trim();
        assertThrows(InvalidFreeException.class, () -> allocator.free(block));
        Threads.run(() -> assertThrows(InvalidFreeException.class, () -> allocator.free(block)));
        assertEquals(0, allocator.stats().liveBlocks());
        allocator.validate();
      }
      assertThat(reported).isEmpty();
    }
  }

  /** A block that a thread has freed at home is not another's to free again. */
  @Test
  void firstByTheThreadThatAllocatedIt() throws InterruptedException {
    try (Allocator allocator = allocator(Hardening.STANDARD)) {
      long block = allocator.malloc(64);
      allocator.free(block);
      Threads.run(
          () -> {
            assertThrows(InvalidFreeException.class, () -> allocator.free(block));
            assertThrows(InvalidFreeException.class, () -> allocator.realloc(block, 10));
            assertThrows(InvalidFreeException.class, () -> allocator.usableSize(block));
          });
      allocator.validate();
    }
  }

  /** Frees each block from several threads at the same moment; says how many were taken. */
  private int race(Allocator allocator, int racers, int rounds, long size)
      throws InterruptedException {
    long[] block = {0};
    AtomicInteger taken = new AtomicInteger();
    CyclicBarrier barrier = new CyclicBarrier(racers, () -> block[0] = 0);
    CyclicBarrier start = new CyclicBarrier(racers + 1, () -> block[0] = allocator.malloc(size));
    Threads.Task racer =
        () -> {
          allocator.free(allocator.malloc(16)); // has a cache, of a shard of its own
          for (int round = 0; round < rounds; round++) {
            await(start);
            try {
              allocator.free(block[0]);
              taken.incrementAndGet();
            } catch (InvalidFreeException e) {
              assertEquals(block[0], e.address());
            }
            await(barrier);
          }
        };
    Threads.Task[] tasks = new Threads.Task[racers + 1];
    java.util.Arrays.fill(tasks, racer);
    tasks[racers] =
        () -> {
          for (int round = 0; round < rounds; round++) {
            await(start);
          }
        };
    Threads.run(tasks);
    return taken.get();
  }

  private static void await(CyclicBarrier barrier) throws InterruptedException {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void atTheSameMomentStrict() throws InterruptedException {
    try (Allocator allocator = allocator(Hardening.STRICT)) {
      assertEquals(2000, race(allocator, 3, 2000, 64));
      allocator.trim();
      assertThat(reported).isEmpty();
      assertEquals(0, allocator.stats().liveBlocks());
      allocator.validate();
    }
  }

  @ParameterizedTest
  @EnumSource(Hardening.class)
  void atTheSameMomentLarge(Hardening hardening) throws InterruptedException {
    try (Allocator allocator = allocator(hardening)) {
      assertEquals(1000, race(allocator, 3, 1000, 100_000));
      assertEquals(100, race(allocator, 3, 100, 33 << 20));
      assertEquals(0, allocator.stats().liveBlocks());
      assertThat(reported).isEmpty();
      allocator.validate();
    }
  }

  /** The handler may call the allocator, also for the class that is being refilled. */
  @Test
  void theHandlerMayAllocateAndFree() throws InterruptedException {
    Allocator[] self = new Allocator[1];
    AtomicInteger calls = new AtomicInteger();
    AshlarBuilder builder =
        Ashlar.builder()
            .shards(2)
            .hardening(Hardening.OFF)
            .errorHandler(
                error -> {
                  calls.incrementAndGet();
                  self[0].free(self[0].malloc(LARGEST));
                  self[0].free(self[0].malloc(100_000));
                });
    try (Allocator allocator = builder.build()) {
      self[0] = allocator;
      for (int round = 0; round < 20; round++) {
        freeTwiceByAnotherThread(allocator);
        allocateDistinct(allocator, 1000);
        freeTwiceByAnotherThread(allocator);
        Threads.runVirtual(() -> allocateDistinct(allocator, 300));
        freeTwiceByAnotherThread(allocator);
        allocator.trim();
      }
      assertThat(calls.get()).isGreaterThanOrEqualTo(20);
    }
  }

  /**
   * With hardening off the second free is noticed when both are back in the slab, which a refill
   * does with what is too much for the depot: of blocks so large, most.
   */
  private static void freeTwiceByAnotherThread(Allocator allocator) throws InterruptedException {
    long[] blocks = new long[10];
    allocator.mallocBatch(LARGEST, blocks, 0, blocks.length);
    Threads.run(
        () -> {
          allocator.freeBatch(blocks, 0, blocks.length);
          allocator.free(blocks[blocks.length - 1]);
          allocator.flush();
        });
  }

  private static void allocateDistinct(Allocator allocator, int n) {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < n; i++) {
      assertTrue(seen.add(allocator.malloc(LARGEST)), "given twice");
    }
    seen.forEach(allocator::free);
  }
}
