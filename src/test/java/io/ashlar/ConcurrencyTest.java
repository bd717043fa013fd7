// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that allocate, hand over, free and die. */
class ConcurrencyTest {

  private static final ThreadFactory PLATFORM = Thread.ofPlatform().stackSize(128 << 10).factory();
  private static final ThreadFactory VIRTUAL = Thread.ofVirtual().factory();

  private static void assertAllFree(Allocator allocator) {
    assertEquals(0, allocator.stats().liveBlocks());
    assertEquals(0, allocator.stats().liveBytes());
    allocator.validate();
    allocator.trim();
    allocator.validate();
  }

  private static List<Threads.Task> times(int n, Threads.Task task) {
    return Collections.nCopies(n, task);
  }

  private static void handOver(
      Allocator allocator, ThreadFactory factory, int threads, int rounds, int operations)
      throws InterruptedException {
    Seeds.run(
        random -> {
          Exchange exchange = new Exchange(allocator, 4000);
          for (int round = 0; round < rounds; round++) {
            List<Threads.Task> tasks = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
              SplittableRandom own = new SplittableRandom(random.nextLong());
              tasks.add(
                  () -> {
                    for (int i = 0; i < operations; i++) {
                      exchange.swap(own, i % 64 == 0 ? 17 : 10);
                    }
                  });
            }
            Threads.run(factory, tasks);
            if (round % 50 == 0) {
              allocator.validate();
            }
          }
          exchange.clear();
          assertAllFree(allocator);
        });
  }

  @ParameterizedTest
  @EnumSource(Hardening.class)
  void threadsHandOverAndDie(Hardening hardening) throws InterruptedException {
    try (Allocator allocator = Ashlar.builder().hardening(hardening).build()) {
      handOver(allocator, PLATFORM, 6, 20, 5000);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 64})
  void fewAndManyShards(int shards) throws InterruptedException {
    try (Allocator allocator = Ashlar.builder().shards(shards).build()) {
      handOver(allocator, PLATFORM, 8, 10, 5000);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void virtualThreadsHandOver(int shards) throws InterruptedException {
    try (Allocator allocator = Ashlar.builder().shards(shards).build()) {
      handOver(allocator, VIRTUAL, 200, 5, 300);
    }
  }

  /** Caches of threads that ended are found, their memory is used again. */
  @Test
  void tenThousandThreads() throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      handOver(allocator, PLATFORM, 10, 1000, 30);
      assertThat(allocator.stats().metadataBytes()).isLessThan(32L << 20);
    }
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // To be taken off the carrier and go on elsewhere.
  void aHundredThousandVirtualThreads() throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      Threads.Task task =
          () -> {
            long size = 16 + Thread.currentThread().threadId() % 500;
            long block = allocator.malloc(size);
            AllocatorFixture.write(block, size, block);
            Thread.yield();
            AllocatorFixture.assertHolds(block, size, block);
            allocator.free(block);
          };
      for (int i = 0; i < 20; i++) {
        Threads.run(VIRTUAL, times(5000, task));
      }
      assertAllFree(allocator);
    }
  }

  /** More threads at a time than the table of caches has places. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyThreadsAtATime(boolean portable) throws InterruptedException {
    int threads = portable ? 300 : 1200;
    CountDownLatch allAllocated = new CountDownLatch(threads);
    AshlarBuilder builder = Ashlar.builder().portable(portable).shards(4);
    try (Allocator allocator = (portable ? builder.capacity(64 << 20) : builder).build()) {
      Exchange exchange = new Exchange(allocator, 500);
      Threads.Task task =
          () -> {
            SplittableRandom random = new SplittableRandom(Thread.currentThread().threadId());
            long block = allocator.malloc(100);
            LocalAllocator handle = allocator.attach();
            allAllocated.countDown();
            allAllocated.await();
            for (int i = 0; i < 200; i++) {
              exchange.swap(random, 9);
              handle.free(handle.malloc(64));
            }
            allocator.free(block);
          };
      Threads.run(PLATFORM, times(threads, task));
      allocator.validate();
      exchange.clear();
      assertAllFree(allocator);
    }
  }

  /** One thread allocates, one frees: all frees are remote. */
  @Test
  void everyFreeRemote() throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      ConcurrentLinkedQueue<Long> queue = new ConcurrentLinkedQueue<>();
      int n = 100_000;
      Threads.run(
          () -> {
            for (int i = 0; i < n; i++) {
              queue.add(allocator.malloc(16 + i % 300));
            }
          },
          () -> {
            for (int freed = 0; freed < n; ) {
              Long block = queue.poll();
              if (block == null) {
                Thread.onSpinWait();
              } else {
                allocator.free(block);
                freed++;
              }
            }
          });
      assertEquals(n, allocator.stats().smallFrees());
      // Not all: a refill finds the shard of the other thread where its own is taken.
      assertThat(allocator.stats().remoteFrees()).isPositive();
      assertAllFree(allocator);
    }
  }

  @Test
  void severalAllocatorsAtOnce() throws InterruptedException {
    try (Allocator first = Ashlar.create();
        Allocator second = Ashlar.builder().shards(1).build();
        Allocator third = Ashlar.builder().portable(true).capacity(32 << 20).build()) {
      List<Allocator> allocators = List.of(first, second, third);
      List<Exchange> exchanges = allocators.stream().map(a -> new Exchange(a, 300)).toList();
      Threads.Task task =
          () -> {
            SplittableRandom random = new SplittableRandom(Thread.currentThread().threadId());
            for (int i = 0; i < 10_000; i++) {
              exchanges.get(i % 3).swap(random, 11);
              if (i % 1000 == 0) {
                long block = allocators.get(i % 3).malloc(100);
                Allocator wrong = allocators.get((i + 1) % 3);
                assertThrows(InvalidFreeException.class, () -> wrong.free(block));
                allocators.get(i % 3).free(block);
              }
            }
          };
      Threads.run(PLATFORM, times(6, task));
      Threads.run(VIRTUAL, times(20, task));
      exchanges.forEach(Exchange::clear);
      allocators.forEach(ConcurrencyTest::assertAllFree);
    }
  }

  /** Allocators come and go, while the same threads go on. */
  @Test
  void allocatorsOneAfterTheOther() throws InterruptedException {
    Threads.Task task =
        () -> {
          for (int i = 0; i < 50; i++) {
            try (Allocator allocator = Ashlar.builder().capacity(1 << 20).shards(2).build()) {
              allocator.malloc(1000);
              allocator.free(allocator.malloc(40_000));
              allocator.validate();
            }
          }
        };
    Threads.run(task, task, task);
  }

  /** What is read and given back while others work is not in their way. */
  @Test
  void figuresFlushAndTrimMeanwhile() throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      Exchange exchange = new Exchange(allocator, 2000);
      AtomicInteger working = new AtomicInteger(4);
      List<Threads.Task> tasks = new ArrayList<>();
      IntStream.range(0, 4)
          .forEach(
              seed ->
                  tasks.add(
                      () -> {
                        SplittableRandom random = new SplittableRandom(seed);
                        for (int i = 0; i < 40_000; i++) {
                          exchange.swap(random, i % 32 == 0 ? 16 : 9);
                        }
                        working.decrementAndGet();
                      }));
      tasks.add(
          () -> {
            while (working.get() > 0) {
              allocator.trim();
              allocator.flush();
              assertTrue(allocator.stats().residentBytes() >= 0);
            }
          });
      Threads.run(PLATFORM, tasks);
      exchange.clear();
      assertAllFree(allocator);
    }
  }
}
