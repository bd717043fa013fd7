// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The raw path makes no garbage: bytes that threads allocate on the Java heap are counted. */
class NoGarbageTest {

  private static final ThreadMXBean BEAN = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Loops before the measurement, in which batches, slabs and the like are made. */
  private static final int WARM_UP = 5;

  private static final int OPERATIONS = 200_000;

  /**
   * Operations to a byte that may be: views of ranges that slow paths fill and copy, as long as the
   * compiler has not seen that it can do without, and now and then a slab or a batch more. An
   * object for each refill, let alone for each operation, would be far above.
   */
  private static final int OPERATIONS_PER_BYTE = 10;

  private static final long ALLOWED_BYTES = OPERATIONS / OPERATIONS_PER_BYTE;

  @BeforeAll
  static void isCounted() {
    assumeTrue(BEAN.isThreadAllocatedMemorySupported() && BEAN.isThreadAllocatedMemoryEnabled());
  }

  private static long allocatedBytes() {
    return BEAN.getCurrentThreadAllocatedBytes();
  }

  private static long bytesOfWarmLoop(Runnable loop) {
    for (int i = 0; i < WARM_UP; i++) {
      loop.run();
    }
    long before = allocatedBytes();
    loop.run();
    return allocatedBytes() - before;
  }

  @ParameterizedTest
  @EnumSource(Hardening.class)
  void pairs(Hardening hardening) {
    try (Allocator allocator = Ashlar.builder().hardening(hardening).build()) {
      LocalAllocator handle = allocator.attach();
      long bytes =
          bytesOfWarmLoop(
              () -> {
                for (int i = 0; i < OPERATIONS; i++) {
                  allocator.free(allocator.malloc(64));
                  handle.free(handle.malloc(100));
                }
              });
      assertThat(bytes).isLessThan(ALLOWED_BYTES);
    }
  }

  /** Refills and flushes, slabs that come and go, runs, calloc, realloc, batches. */
  @Test
  void everythingButSegments() {
    try (Allocator allocator = Ashlar.create()) {
      long[] blocks = new long[2048];
      SplittableRandom random = new SplittableRandom(1);
      long bytes =
          bytesOfWarmLoop(
              () -> {
                for (int i = 0; i < OPERATIONS; i++) {
                  int slot = random.nextInt(blocks.length);
                  allocator.free(blocks[slot]);
                  long size = 1 + random.nextLong(i % 64 == 0 ? 100_000 : 2000);
                  blocks[slot] =
                      switch (i % 5) {
                        case 0 -> allocator.calloc(size);
                        case 1 -> allocator.alignedAlloc(64, size);
                        case 2 -> allocator.realloc(allocator.malloc(size), 2 * size);
                        default -> allocator.malloc(size);
                      };
                }
                allocator.freeBatch(blocks, 0, blocks.length);
                allocator.mallocBatch(100, blocks, 0, blocks.length);
                allocator.flush();
              });
      assertThat(bytes).isLessThan(ALLOWED_BYTES);
    }
  }

  private static final int WARM_UP_ROUNDS = 600;
  private static final int MEASURED_ROUNDS = 200;

  /** Two threads hand over through an array and free each other's blocks, turn by turn. */
  @ParameterizedTest
  @EnumSource(Hardening.class)
  void remoteFrees(Hardening hardening) throws InterruptedException {
    try (Allocator allocator = Ashlar.builder().hardening(hardening).build()) {
      long[][] blocks = new long[2][2000];
      long operations = 2L * MEASURED_ROUNDS * blocks[0].length;
      AtomicLongArray bytes = new AtomicLongArray(2);
      CyclicBarrier turn = new CyclicBarrier(2);
      Threads.run(
          () -> handOver(allocator, blocks[0], blocks[1], turn, bytes, 0),
          () -> handOver(allocator, blocks[1], blocks[0], turn, bytes, 1));
      assertThat(allocator.stats().remoteFrees()).isGreaterThan(100_000);
      assertThat(List.of(bytes.get(0), bytes.get(1)))
          .allSatisfy(each -> assertThat(each).isLessThan(operations / OPERATIONS_PER_BYTE));
      allocator.validate();
    }
  }

  private static void handOver(
      Allocator allocator,
      long[] own,
      long[] others,
      CyclicBarrier turn,
      AtomicLongArray bytes,
      int index)
      throws InterruptedException {
    long sum = 0;
    for (int round = 0; round < WARM_UP_ROUNDS + MEASURED_ROUNDS; round++) {
      long before = allocatedBytes();
      for (int i = 0; i < own.length; i++) {
        own[i] = allocator.malloc(16 + (i & 255));
      }
      long between = allocatedBytes() - before;
      await(turn);
      before = allocatedBytes();
      for (int i = 0; i < others.length; i++) {
        allocator.free(others[i]);
      }
      between += allocatedBytes() - before;
      sum += round < WARM_UP_ROUNDS ? 0 : between;
      await(turn);
    }
    bytes.set(index, sum);
  }

  private static void await(CyclicBarrier barrier) throws InterruptedException {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new AssertionError(e);
    }
  }

  /** The measurement sees garbage where there is some. */
  @Test
  void garbageIsSeen() {
    Object[] kept = new Object[16];
    long bytes =
        bytesOfWarmLoop(
            () -> {
              for (int i = 0; i < OPERATIONS; i++) {
                kept[i & 15] = new long[1];
              }
            });
    assertThat(bytes).isGreaterThanOrEqualTo(16L * OPERATIONS);
  }
}
