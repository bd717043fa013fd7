// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Nothing of an allocator is left that is closed and known to nobody. */
class ForgottenAllocatorTest {

  /** Threads whose numbers are so far apart have one place in the table of caches. */
  private static final long TABLE_SIZE = 1024;

  private static final int COLLECTIONS = 50;

  private final CountDownLatch firstHasCache = new CountDownLatch(1);
  private final CountDownLatch bothHaveCaches = new CountDownLatch(1);
  private final CountDownLatch collected = new CountDownLatch(1);
  private Ashlar allocator = Ashlar.create();

  private void first() {
    allocator.free(allocator.malloc(64));
    firstHasCache.countDown();
    await(collected);
  }

  /** The thread whose place is taken. */
  private void second() {
    await(firstHasCache);
    allocator.free(allocator.malloc(64));
    bothHaveCaches.countDown();
    await(collected);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Thread withPlaceOf(Thread other, Runnable task) {
    Thread thread;
    do {
      thread = new Thread(task);
    } while ((thread.threadId() - other.threadId()) % TABLE_SIZE != 0);
    return thread;
  }

  private WeakReference<?> closeAndForget() {
    WeakReference<?> caches = new WeakReference<>(((ScalableAllocator) allocator).caches());
    allocator.close();
    allocator = null;
    return caches;
  }

  @Test
  void threadsThatLiveOnDoNotKeepIt() throws InterruptedException {
    Thread first = new Thread(this::first);
    Thread second = withPlaceOf(first, this::second);
    assertEquals(0, (second.threadId() - first.threadId()) % TABLE_SIZE);
    first.start();
    second.start();
    bothHaveCaches.await();
    WeakReference<?> caches = closeAndForget();
    for (int i = 0; i < COLLECTIONS && !caches.refersTo(null); i++) {
      System.gc();
    }
    boolean gone = caches.refersTo(null);
    collected.countDown();
    first.join();
    second.join();
    assertTrue(gone, "a thread keeps the caches of a closed allocator");
  }
}
