// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** Threads that begin and end as part of a workload. */
final class FreshThreads {

  private FreshThreads() {}

  /**
   * Starts threads and waits for their end.
   *
   * @param count how many
   * @param work what each does, with its number
   * @throws IllegalStateException if one of them failed
   */
  static void run(int count, IntConsumer work) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread[] threads = new Thread[count];
    for (int i = 0; i < count; i++) {
      int index = i;
      threads[i] = new Thread(() -> work.accept(index), "fresh-" + i);
      threads[i].setUncaughtExceptionHandler((thread, e) -> failure.compareAndSet(null, e));
      threads[i].start();
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while threads work", e);
    }
    if (failure.get() != null) {
      throw new IllegalStateException("a thread failed", failure.get());
    }
  }
}
