// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.memory.Memory;
import io.ashlar.slab.SlabCache;
import io.ashlar.slab.SlabCacheStats;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Typed caches and many threads. */
class SlabCacheThreadsTest {

  private static final MemoryLayout NODE = MemoryLayout.sequenceLayout(7, JAVA_LONG);

  // ---- random load -----------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(Hardening.class)
  void objectsWanderBetweenThreads(Hardening hardening) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Ashlar ashlar = Ashlar.builder().hardening(hardening).shards(3).build();
              SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::construct)) {
            new ObjectLoad(cache).run(random, 4, 3, 30_000);
            ashlar.validate();
            assertThat(cache.stats().remoteFrees()).isPositive();
            assertThat(cache.stats().liveBlocks()).isZero();
            ashlar.trim();
            assertThat(cache.stats().capacityBlocks()).isZero();
            ashlar.validate();
          }
        });
  }

  /** So few that they are out again and again. */
  @ParameterizedTest
  @ValueSource(ints = {10, 63, 64, 300, 1000})
  void fixedCachesAtTheirLimit(int capacity) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Ashlar ashlar = Ashlar.builder().shards(2).build();
              SlabCache cache =
                  ashlar
                      .slabCacheBuilder(NODE)
                      .capacity(capacity)
                      .initialiser(ObjectLoad::construct)
                      .build()) {
            ObjectLoad load = new ObjectLoad(cache);
            load.run(random, 3, 2, 10_000);
            assertThat(capacity > 256 || load.outs() > 0).isTrue();
            ashlar.validate();
            SlabCacheStats stats = cache.stats();
            assertThat(stats.liveBlocks()).isZero();
            assertThat(stats.capacityBlocks()).isEqualTo(capacity);
            assertThat(stats.constructed()).isLessThanOrEqualTo(capacity);
          }
        });
  }

  @Test
  void thousandsOfVirtualThreads() throws InterruptedException {
    Seeds.run(
        random -> {
          try (Ashlar ashlar = Ashlar.create();
              SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::constructYielding)) {
            new ObjectLoad(cache).run(random, 0, 2000, 100);
            ashlar.validate();
            assertThat(cache.stats().liveBlocks()).isZero();
          }
        });
  }

  /** The load finds what it is there to find. */
  @ParameterizedTest
  @EnumSource(FaultySlabCache.Fault.class)
  void theLoadFindsFaults(FaultySlabCache.Fault fault) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Ashlar ashlar = Ashlar.create();
              SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::construct)) {
            ObjectLoad load = new ObjectLoad(new FaultySlabCache(cache, fault));
            assertThatThrownBy(() -> load.run(random, 2, 1, 20_000))
                .isInstanceOf(AssertionError.class);
          }
        });
  }

  // ---- threads that end or sleep ---------------------------------------------------------------

  @Test
  void whatEndedThreadsKeptComesBack() throws InterruptedException {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::construct)) {
      AtomicLongArray left = new AtomicLongArray(200);
      for (int i = 0; i < left.length(); i++) {
        int index = i;
        Threads.run(
            () -> {
              long[] blocks = new long[100];
              cache.allocBatch(blocks, 0, blocks.length);
              if (index > 0) {
                cache.free(left.get(index - 1));
              }
              left.set(index, blocks[99]);
              cache.freeBatch(blocks, 0, 99);
            });
      }
      assertThat(cache.stats().liveBlocks()).isEqualTo(1);
      assertThat(cache.stats().constructed()).as("most used again").isLessThan(10_000);
      cache.free(left.get(left.length() - 1));
      cache.trim();
      assertThat(cache.stats().capacityBlocks()).isZero();
      assertThat(cache.stats().committedBytes()).isZero();
      ashlar.validate();
    }
  }

  /** Another thread hands all blocks back, and then sleeps: at most its share is out of reach. */
  @ParameterizedTest
  @ValueSource(ints = {50, 640, 6400})
  void aSleepingThreadKeepsLittleOfAFixedCache(int capacity) throws InterruptedException {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCacheBuilder(NODE).capacity(capacity).build()) {
      long[] blocks = new long[capacity];
      assertThat(cache.allocBatch(blocks, 0, capacity)).isEqualTo(capacity);
      CountDownLatch handedBack = new CountDownLatch(1);
      CountDownLatch mayEnd = new CountDownLatch(1);
      Thread sleeper =
          Thread.ofPlatform()
              .start(
                  () -> {
                    cache.freeBatch(blocks, 0, capacity);
                    handedBack.countDown();
                    awaitQuietly(mayEnd);
                  });
      handedBack.await();
      int had = cache.allocBatch(blocks, 0, capacity);
      assertThat(had).isGreaterThanOrEqualTo(capacity - 2 * (capacity / 64));
      mayEnd.countDown();
      sleeper.join();
      int rest = cache.allocBatch(blocks, 0, capacity);
      assertThat(had + rest).isEqualTo(capacity);
      ashlar.validate();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  // ---- at the same time ------------------------------------------------------------------------

  /** Two threads hand the same block back at once: exactly one is refused. */
  @Test
  void strictTellsTwoFreesAtOnceApart() throws InterruptedException {
    try (Ashlar ashlar = Ashlar.builder().hardening(Hardening.STRICT).build();
        SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::construct)) {
      int rounds = 20_000;
      long[] blocks = new long[rounds];
      assertThat(cache.allocBatch(blocks, 0, rounds)).isEqualTo(rounds);
      AtomicInteger refused = new AtomicInteger();
      Threads.Task freeing =
          () -> {
            for (long block : blocks) {
              try {
                cache.free(block);
              } catch (InvalidFreeException e) {
                refused.incrementAndGet();
              }
            }
          };
      Threads.run(freeing, freeing);
      assertThat(refused.get()).isEqualTo(rounds);
      assertThat(cache.stats().liveBlocks()).isZero();
      ashlar.validate();
    }
  }

  /**
   * Caches open and close while other threads flush, trim and run out of memory in the allocator.
   */
  @Test
  void closingMeetsCallsOfTheAllocator() throws InterruptedException {
    try (Ashlar ashlar = Ashlar.builder().capacity(16 << 20).shards(2).build()) {
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger objects = new AtomicInteger();
      Threads.run(
          () -> {
            try {
              for (int round = 0; round < 200; round++) {
                useAndClose(ashlar, objects);
              }
            } finally {
              over.set(true);
            }
          },
          () -> {
            while (!over.get()) {
              ashlar.free(ashlar.malloc(15 << 20));
              ashlar.flush();
            }
          },
          () -> {
            while (!over.get()) {
              ashlar.trim();
              ashlar.stats();
            }
          });
      assertThat(objects.get()).as("constructed and not destroyed").isZero();
      assertThat(ashlar.stats().committedBytes()).isZero();
      ashlar.validate();
    }
  }

  /**
   * A cache is closed, and so what a thread keeps of it is sent home by who closes it, while that
   * thread frees other threads' blocks of the allocator.
   */
  @Test
  void closingMeetsFreesOfAThreadThatUsedTheCache() throws InterruptedException {
    try (Ashlar ashlar = Ashlar.builder().capacity(64 << 20).shards(2).build()) {
      Phaser together = new Phaser(3);
      AtomicReference<SlabCache> cache = new AtomicReference<>();
      long[] objects = new long[60];
      long[] blocks = new long[3000];
      int rounds = 100;
      Threads.run(
          until(
              together,
              () -> {
                for (int round = 0; round < rounds; round++) {
                  cache.set(ashlar.slabCacheBuilder(NODE).build());
                  together.arriveAndAwaitAdvance();
                  together.arriveAndAwaitAdvance(); // there are objects and blocks
                  together.arriveAndAwaitAdvance(); // the other thread has freed the objects
                  cache.get().close();
                  together.arriveAndAwaitAdvance(); // and the blocks
                  ashlar.validate();
                }
              }),
          until(
              together,
              () -> {
                for (int round = 0; round < rounds; round++) {
                  together.arriveAndAwaitAdvance();
                  Arrays.setAll(objects, i -> cache.get().alloc());
                  Arrays.setAll(blocks, i -> ashlar.malloc(16 << i % 6));
                  together.arriveAndAwaitAdvance();
                  together.arriveAndAwaitAdvance();
                  together.arriveAndAwaitAdvance();
                }
              }),
          until(
              together,
              () -> {
                for (int round = 0; round < rounds; round++) {
                  together.arriveAndAwaitAdvance();
                  together.arriveAndAwaitAdvance();
                  Arrays.stream(objects).forEach(cache.get()::free);
                  together.arriveAndAwaitAdvance();
                  Arrays.stream(blocks).forEach(ashlar::free);
                  together.arriveAndAwaitAdvance();
                }
              }));
      assertThat(ashlar.stats().liveBlocks()).isZero();
      ashlar.trim();
      ashlar.validate();
    }
  }

  /** A task that, at its end or an error, is waited for no more. */
  private static Threads.Task until(Phaser together, Threads.Task task) {
    return () -> {
      try {
        task.run();
      } finally {
        together.arriveAndDeregister();
      }
    };
  }

  private static void useAndClose(Ashlar ashlar, AtomicInteger objects)
      throws InterruptedException {
    try (SlabCache cache =
        ashlar
            .slabCacheBuilder(NODE)
            .initialiser(
                block -> {
                  objects.incrementAndGet();
                  ObjectLoad.construct(block);
                })
            .destructor(block -> objects.decrementAndGet())
            .build()) {
      Threads.Task using =
          () -> {
            for (int i = 0; i < 2000; i++) {
              long block = cache.alloc();
              if (block != SlabCache.NULL) {
                ObjectLoad.checkConstructed(block);
                cache.free(block);
              }
            }
          };
      Threads.run(using, using);
      Threads.runVirtual(using);
      using.run();
    }
  }

  /** Threads that have met many caches, some of them closed, end. */
  @Test
  void threadsEndAfterCachesAndBefore() throws InterruptedException {
    try (Ashlar ashlar = Ashlar.create()) {
      List<SlabCache> open = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::construct);
        open.add(cache);
        Threads.run(
            () -> {
              for (SlabCache each : open) {
                long block = each.alloc();
                ObjectLoad.checkConstructed(block);
                each.free(block);
              }
            });
        if (i % 3 == 0) {
          open.remove(0).close();
        }
        ashlar.validate();
      }
      ashlar.trim();
      for (SlabCache cache : open) {
        assertThat(cache.stats().capacityBlocks()).isZero();
        cache.close();
      }
      ashlar.validate();
    }
  }

  /** An error in the initialiser of one thread costs the others nothing. */
  @Test
  void initialisersFailInManyThreads() throws InterruptedException {
    int capacity = 2000;
    Set<Long> seen = new HashSet<>();
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache =
            ashlar
                .slabCacheBuilder(NODE)
                .capacity(capacity)
                .initialiser(
                    block -> {
                      if (Thread.currentThread().threadId() % 2 == 0
                          && (block.address() >>> 3) % 5 == 0) {
                        throw new UnsupportedOperationException();
                      }
                      ObjectLoad.construct(block);
                    })
                .build()) {
      Threads.Task using =
          () -> {
            for (int i = 0; i < 20_000; i++) {
              try {
                long block = cache.alloc();
                if (block != SlabCache.NULL) {
                  ObjectLoad.checkConstructed(block);
                  cache.free(block);
                }
              } catch (UnsupportedOperationException e) {
                // The next one may be had: this one goes back as it is.
                Thread.onSpinWait();
              }
            }
          };
      Threads.run(using, using, using);
      Threads.runVirtual(using, using, using);
      ashlar.validate();
      Thread odd = oddThread(() -> takeAll(cache, seen));
      odd.start();
      odd.join();
      assertThat(seen).hasSize(capacity);
      ashlar.validate();
    }
  }

  private static Thread oddThread(Runnable task) {
    while (true) {
      Thread thread = Thread.ofPlatform().unstarted(task);
      if (thread.threadId() % 2 != 0) {
        return thread;
      }
    }
  }

  private static void takeAll(SlabCache cache, Set<Long> seen) {
    for (long block; (block = cache.alloc()) != SlabCache.NULL; ) {
      ObjectLoad.checkConstructed(block);
      seen.add(block);
    }
  }

  /** Steady traffic makes no garbage on the Java heap, hand-overs included. */
  @Test
  void noGarbage() {
    com.sun.management.ThreadMXBean bean =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::construct)) {
      long[] blocks = new long[3000];
      long bytes = 0;
      for (int round = 0; round < 300; round++) {
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < blocks.length; i++) {
          blocks[i] = cache.alloc();
        }
        for (long block : blocks) {
          cache.free(block);
        }
        bytes = round < 200 ? 0 : bytes + bean.getCurrentThreadAllocatedBytes() - before;
      }
      assertThat(bytes).isLessThan(100L * blocks.length / 10);
      assertThat(Memory.getLong(cache.alloc())).isEqualTo(ObjectLoad.MAGIC);
    }
  }

  /** A segment taken by one thread is another's to use and to hand back. */
  @Test
  void segmentsBelongToNoThread() throws InterruptedException {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, ObjectLoad::construct)) {
      MemorySegment block = cache.allocate();
      Threads.run(
          () -> {
            assertThat(block.get(JAVA_LONG, 0)).isEqualTo(ObjectLoad.MAGIC);
            cache.free(block);
          });
      assertThat(cache.stats().liveBlocks()).isZero();
      ashlar.validate();
    }
  }
}
