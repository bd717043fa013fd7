// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.collections.LongArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory that runs out, and what is there again afterwards. */
class OutOfMemoryTest {

  private static final int CAPACITY = 4 << 20;

  /** Blocks of a size that can be had, which are all freed again. */
  private static int room(Allocator allocator, long byteSize) {
    LongArrayList blocks = new LongArrayList();
    for (long block; (block = allocator.malloc(byteSize)) != Allocator.NULL; ) {
      blocks.addLong(block);
    }
    blocks.forEachOrderedLong(allocator::free);
    return blocks.size();
  }

  /** What other threads have freed, and have kept until they ended, is found when it is needed. */
  @ParameterizedTest
  @ValueSource(longs = {64, 1000, 20_000, 100_000})
  void memoryOfEndedThreadsIsFound(long byteSize) throws InterruptedException {
    try (Allocator allocator = Ashlar.builder().capacity(CAPACITY).shards(4).build()) {
      int alone = room(allocator, byteSize);
      for (int i = 0; i < 10; i++) {
        Threads.run(
            () -> {
              allocator.free(allocator.malloc(byteSize));
              for (long size = 16; size < 4096; size *= 2) {
                allocator.free(allocator.malloc(size));
              }
            });
      }
      assertEquals(alone, room(allocator, byteSize));
      assertEquals(0, allocator.stats().liveBlocks());
      allocator.validate();
    }
  }

  /** All threads allocate until nothing is left, each frees its half, and so on. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void threadsExhaustMemoryTogether(boolean byLimit) throws InterruptedException {
    AshlarBuilder builder = Ashlar.builder().shards(3);
    try (Allocator allocator =
        (byLimit ? builder.limit(CAPACITY) : builder.capacity(CAPACITY)).build()) {
      AtomicInteger refusals = new AtomicInteger();
      List<Threads.Task> tasks = new ArrayList<>();
      for (int seed = 0; seed < 4; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        tasks.add(() -> exhaust(allocator, random, refusals));
      }
      Threads.run(Thread.ofPlatform().factory(), tasks);
      Threads.run(Thread.ofVirtual().factory(), tasks);
      assertThat(refusals.get()).isGreaterThanOrEqualTo(40);
      assertEquals(0, allocator.stats().liveBlocks());
      allocator.validate();
      // All of it is there again: in one piece, as nothing is live.
      long whole = allocator.malloc(CAPACITY - (64 << 10));
      assertNotEquals(Allocator.NULL, whole);
      allocator.free(whole);
      allocator.validate();
    }
  }

  private static void exhaust(
      Allocator allocator, SplittableRandom random, AtomicInteger refusals) {
    LongArrayList blocks = new LongArrayList();
    for (int round = 0; round < 10; round++) {
      for (long size = 16, block; (block = allocator.malloc(size)) != Allocator.NULL; ) {
        AllocatorFixture.write(block, size, size);
        AllocatorFixture.assertHolds(block, size, size);
        blocks.addLong(block);
        size = 16 + random.nextLong(1L << (4 + random.nextInt(12)));
      }
      refusals.incrementAndGet();
      int kept = blocks.size() / 2;
      while (blocks.size() > kept) {
        allocator.free(blocks.removeAt(blocks.size() - 1));
      }
    }
    blocks.forEachOrderedLong(allocator::free);
    allocator.flush();
  }

  /** A request that is refused does not take from what another may have meanwhile. */
  @Test
  void refusalsOfOthersDoNotCount() throws InterruptedException {
    try (Allocator allocator = Ashlar.builder().limit(CAPACITY).build()) {
      AtomicBoolean done = new AtomicBoolean();
      Threads.run(
          () -> {
            while (!done.get()) {
              assertEquals(Allocator.NULL, allocator.malloc(CAPACITY + 1));
              assertEquals(Allocator.NULL, allocator.malloc(1L << 40));
            }
          },
          () -> {
            try {
              for (int i = 0; i < 50_000; i++) {
                long block = allocator.malloc(100_000);
                assertNotEquals(Allocator.NULL, block, "there is room");
                allocator.free(block);
              }
            } finally {
              done.set(true);
            }
          });
      allocator.validate();
    }
  }

  /** Memory that is being given back to the system at the moment is not out. */
  @Test
  void trimDoesNotTakeFromOthers() throws InterruptedException {
    try (Allocator allocator = Ashlar.builder().capacity(8 << 20).build()) {
      AtomicBoolean done = new AtomicBoolean();
      Threads.run(
          () -> {
            while (!done.get()) {
              allocator.trim();
            }
          },
          () -> {
            try {
              for (int i = 0; i < 20_000; i++) {
                long block = allocator.malloc(i % 2 == 0 ? 100_000 : 1000 + i % 20_000);
                assertNotEquals(Allocator.NULL, block, "there is room");
                allocator.free(block);
              }
            } finally {
              done.set(true);
            }
          });
      allocator.validate();
    }
  }

  @Test
  void theErrorSaysHowMuchThereIs() {
    try (Allocator allocator = Ashlar.builder().capacity(CAPACITY).build()) {
      long live = allocator.malloc(1 << 20);
      OutOfNativeMemoryError error =
          assertThrows(OutOfNativeMemoryError.class, () -> allocator.allocate(5_000_000, 1));
      assertThat(error).hasMessageContainingAll("5,000,000", "1,048,576", "4,194,304");
      allocator.free(live);
    }
  }

  @Test
  void theLimitHoldsBelowTheCapacity() {
    try (Allocator allocator = Ashlar.builder().capacity(64 << 20).limit(1 << 20).build()) {
      int room = room(allocator, 1000);
      assertThat(room).isBetween(900, 1048);
      assertEquals(Allocator.NULL, allocator.malloc((1 << 20) + 1));
      long whole = allocator.malloc(1 << 20);
      assertNotEquals(Allocator.NULL, whole);
      assertEquals(Allocator.NULL, allocator.malloc(1));
      allocator.free(whole);
      assertEquals(room, room(allocator, 1000));
      assertTrue(allocator.stats().committedBytes() <= 1 << 20);
      allocator.validate();
    }
  }

  /** What a live thread keeps it keeps, but no more than is documented. */
  @Test
  void whatThreadsKeepIsBounded() throws InterruptedException {
    int threads = 4;
    try (Allocator allocator = Ashlar.builder().shards(threads + 1).build()) {
      CountDownLatch freed = new CountDownLatch(threads);
      CountDownLatch looked = new CountDownLatch(1);
      List<Threads.Task> tasks =
          new ArrayList<>(
              Collections.nCopies(
                  threads,
                  () -> {
                    long[] blocks = new long[20_000];
                    allocator.mallocBatch(200, blocks, 0, blocks.length);
                    allocator.freeBatch(blocks, 0, blocks.length);
                    freed.countDown();
                    looked.await();
                  }));
      tasks.add(
          () -> {
            freed.await();
            long cached =
                allocator.stats().classes().stream()
                    .mapToLong(c -> c.cachedBlocks() * c.blockBytes())
                    .sum();
            looked.countDown();
            // 28 KiB, 127 blocks, in a magazine of each, 256 KiB in the depot of each shard.
            assertThat(cached).isBetween(0L, threads * (320L << 10));
          });
      Threads.run(Thread.ofPlatform().factory(), tasks);
      allocator.validate();
    }
  }
}
