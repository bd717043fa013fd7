// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What threads kept for themselves is found once they have ended: all of it, at one trim. */
class EndedThreadsTest {

  /** This thread's cache is made after those of the others, which all live until then. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 8, 9, 20})
  void oneTrimFindsAllThatHaveEnded(int count) throws InterruptedException {
    try (Allocator allocator = Ashlar.create()) {
      CountDownLatch mayEnd = new CountDownLatch(1);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        threads.add(startWithCache(allocator, mayEnd));
      }
      allocator.free(allocator.malloc(1000));
      mayEnd.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      allocator.trim();
      assertThat(allocator.stats().committedBytes()).isZero();
      allocator.validate();
    }
  }

  private static Thread startWithCache(Allocator allocator, CountDownLatch mayEnd)
      throws InterruptedException {
    CountDownLatch hasCache = new CountDownLatch(1);
    Thread thread =
        new Thread(
            () -> {
              allocator.free(allocator.malloc(1000));
              hasCache.countDown();
              try {
                mayEnd.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.start();
    hasCache.await();
    return thread;
  }
}
