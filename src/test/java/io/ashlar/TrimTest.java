// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.memory.Memory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.agrona.collections.LongArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is given back to the system after a burst. */
class TrimTest {

  /** Bytes that the bursts allocate; the bar that the library is held to is at 1024. */
  private static final long BURST = Long.getLong("ashlar.test.burstMebibytes", 256) << 20;

  private static final int THREADS = 4;

  /** What the blocks are like. */
  enum Sizes {
    SMALL,
    MIXED,
    CLASSES,
    LARGE;

    long next(SplittableRandom random) {
      return switch (this) {
        case SMALL -> 64;
        case MIXED -> random.nextLong(16, 4096);
        case CLASSES -> 16L << random.nextInt(8);
        case LARGE -> random.nextLong(40_000, 1 << 20);
      };
    }
  }

  /**
   * Threads allocate and then wait, other threads free it all and end: what trim leaves is at most
   * 2 % of what there was.
   */
  @ParameterizedTest
  @EnumSource(Sizes.class)
  void aBurstFreedByOthersWhileItsThreadsSleep(Sizes sizes) throws InterruptedException {
    List<LongArrayList> blocks = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      blocks.add(new LongArrayList());
    }
    try (Allocator allocator = Ashlar.create()) {
      CountDownLatch allocated = new CountDownLatch(THREADS);
      CountDownLatch freed = new CountDownLatch(THREADS);
      CountDownLatch trimmed = new CountDownLatch(1);
      List<Threads.Task> tasks = new ArrayList<>();
      for (LongArrayList own : blocks) {
        SplittableRandom random = new SplittableRandom(tasks.size());
        tasks.add(
            () -> {
              allocate(allocator, own, () -> sizes.next(random));
              allocated.countDown();
              trimmed.await();
            });
      }
      for (int i = 0; i < THREADS; i++) {
        LongArrayList others = blocks.get((i + 1) % THREADS);
        tasks.add(
            () -> {
              allocated.await();
              others.forEachOrderedLong(allocator::free);
              freed.countDown();
            });
      }
      tasks.add(
          () -> {
            try {
              allocated.await();
              assertThat(allocator.stats().residentBytes()).isGreaterThan(BURST * 9 / 10);
              freed.await();
              assertEquals(0, allocator.stats().liveBlocks());
              long given = allocator.trim();
              assertThat(given).isPositive();
              assertThat(allocator.stats().residentBytes()).isLessThanOrEqualTo(BURST / 50);
            } finally {
              trimmed.countDown();
            }
          });
      Threads.run(Thread.ofPlatform().factory(), tasks);
      allocator.validate();
    }
  }

  /** A source of sizes. */
  private interface SizeSource {
    long next();
  }

  private static void allocate(Allocator allocator, LongArrayList blocks, SizeSource sizes) {
    for (long bytes = 0; bytes < BURST / THREADS; ) {
      long size = sizes.next();
      long block = allocator.malloc(size);
      assertNotEquals(Allocator.NULL, block);
      for (long at = 0; at < size; at += 4096) {
        Memory.putByte(block + at, (byte) 1);
      }
      blocks.addLong(block);
      bytes += allocator.usableSize(block);
    }
  }

  /** Nothing else is needed than to trim once more when the allocating threads have ended. */
  @Test
  void afterTheThreadsEndNothingIsLeft() throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      Threads.Task task =
          () -> {
            LongArrayList own = new LongArrayList();
            SplittableRandom random = new SplittableRandom(own.size());
            allocate(allocator, own, () -> 16 + random.nextLong(3000));
            own.forEachOrderedLong(allocator::free);
          };
      Threads.run(task, task, task, task);
      allocator.trim();
      assertEquals(0, allocator.stats().residentBytes());
      assertEquals(0, allocator.stats().committedBytes());
      allocator.validate();
    }
  }

  @Test
  void virtualThreadsLeaveNothing() throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      List<Threads.Task> tasks = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        tasks.add(
            () -> {
              long[] own = new long[100];
              allocator.mallocBatch(1000, own, 0, own.length);
              allocator.freeBatch(own, 0, own.length);
            });
      }
      Threads.run(Thread.ofVirtual().factory(), tasks);
      allocator.trim();
      assertEquals(0, allocator.stats().residentBytes());
      allocator.validate();
    }
  }

  /**
   * Runs for which what is free is too short, at a delay that does not end within the test: what is
   * free goes rather than stay beside them. With no delay at all nothing goes unasked.
   */
  @Test
  void memoryGrowsByWhatIsInUse() {
    assertThat(residentWithHoles(Duration.ofHours(1))).isLessThan(130L << 20);
    assertThat(residentWithHoles(Duration.ofSeconds(Long.MAX_VALUE))).isGreaterThan(150L << 20);
  }

  private static long residentWithHoles(Duration purgeDelay) {
    try (Allocator allocator = Ashlar.builder().purgeDelay(purgeDelay).build()) {
      long[] blocks = new long[1000];
      Arrays.setAll(blocks, i -> allocateTouched(allocator, 64 << 10));
      for (int i = 0; i < blocks.length; i++) {
        if (i % 16 != 0) {
          allocator.free(blocks[i]);
        }
      }
      for (int i = 0; i < 100; i++) {
        allocateTouched(allocator, 1 << 20);
      }
      allocator.validate();
      return allocator.stats().residentBytes();
    }
  }

  private static long allocateTouched(Allocator allocator, long byteSize) {
    long block = allocator.malloc(byteSize);
    Memory.fill(block, byteSize, (byte) 1);
    return block;
  }

  @Test
  void trimSaysWhatItGaveBack() {
    try (Allocator allocator = Ashlar.create()) {
      assertEquals(0, allocator.trim());
      long block = allocator.calloc(8 << 20);
      Memory.fill(block, 8 << 20, (byte) 1);
      assertThat(allocator.stats().residentBytes()).isGreaterThanOrEqualTo(8 << 20);
      assertEquals(0, allocator.trim());
      allocator.free(block);
      assertEquals(8 << 20, allocator.trim());
      assertEquals(0, allocator.stats().residentBytes());
      assertTrue(allocator.stats().metadataBytes() > 0);
    }
  }

  /** A mapping is as resident as it has been touched, like the region. */
  @Test
  void ofAMappingOnlyWhatWasTouchedIsResident() {
    int size = 80 << 20;
    try (Allocator allocator = Ashlar.create()) {
      long block = allocator.malloc(size);
      assertEquals(0, allocator.stats().residentBytes());
      assertEquals(size, allocator.stats().committedBytes());
      Memory.fill(block, size / 2, (byte) 1);
      // The system may round up to a huge page.
      assertThat(allocator.stats().residentBytes()).isBetween(size / 2L, size / 2L + (4 << 20));
      allocator.free(block);
      assertEquals(0, allocator.stats().residentBytes());
    }
  }
}
