// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ashlar.region.Region;
import io.ashlar.slab.SlabSpace;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** How caches come and go with their threads. */
class ThreadCachesTest {

  private static final int THREADS = 2;

  /** There is room for one thread after another, whatever is done between. */
  @Test
  void endedThreadsMakeRoom() throws InterruptedException {
    Region region = Region.reserve(64 << 20, 32 << 20, Region.Commitment.LAZY);
    try (SlabSpace space = new SlabSpace(region, 1, Long.MAX_VALUE, 0, true, address -> {})) {
      ThreadCaches caches = new ThreadCaches(space, THREADS, false);
      assertNotNull(caches.own(Thread.currentThread()));
      for (int i = 0; i < 20; i++) {
        assertNotNull(ofAnotherThread(caches), "thread " + i);
        if (i % 3 != 0) {
          caches.trim();
          caches.trim();
        }
      }
      caches.validate();
      // The last one has ended and is found; but no third has room beside us and the next.
      AtomicReference<ThreadCache> third = new AtomicReference<>();
      inAnotherThread(
          () -> {
            assertNotNull(caches.own(Thread.currentThread()));
            third.set(ofAnotherThread(caches));
          });
      assertNull(third.get());
      caches.trim();
      assertEquals(0, space.usedBytes());
      caches.validate();
    }
  }

  /** Uses a cache as a thread does, with blocks that it leaves behind. */
  private static ThreadCache ofAnotherThread(ThreadCaches caches) {
    AtomicReference<ThreadCache> made = new AtomicReference<>();
    inAnotherThread(
        () -> {
          ThreadCache cache = caches.own(Thread.currentThread());
          made.set(cache);
          if (cache != null) {
            for (int size = 16; size < 5000; size *= 2) {
              cache.free(cache.malloc(size));
            }
          }
        });
    return made.get();
  }

  private static void inAnotherThread(Runnable task) {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread = new Thread(task);
    thread.setUncaughtExceptionHandler((where, error) -> thrown.set(error));
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (thrown.get() != null) {
      throw new AssertionError(thrown.get());
    }
  }
}
