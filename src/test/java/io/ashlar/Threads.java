// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;

/** Runs parts of tests in other threads, and brings back what they throw. */
public final class Threads {

  /** A part of a test. */
  @FunctionalInterface
  public interface Task {
    /**
     * Runs the part.
     *
     * @throws InterruptedException if it waits and is interrupted
     */
    void run() throws InterruptedException;
  }

  private Threads() {}

  /**
   * Runs each task in a platform thread of its own until all have ended.
   *
   * @param tasks what to run
   * @throws InterruptedException if interrupted
   */
  public static void run(Task... tasks) throws InterruptedException {
    run(Thread.ofPlatform().factory(), List.of(tasks));
  }

  static void runVirtual(Task... tasks) throws InterruptedException {
    run(Thread.ofVirtual().factory(), List.of(tasks));
  }

  /**
   * Runs each task in a thread of its own until all have ended.
   *
   * @param factory makes the threads
   * @param tasks what to run
   * @throws InterruptedException if interrupted
   */
  public static void run(ThreadFactory factory, List<Task> tasks) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Task task : tasks) {
      Thread thread = factory.newThread(() -> runCatching(task, thrown));
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (thrown.get() != null) {
      throw new AssertionError("in another thread: " + thrown.get(), thrown.get());
    }
  }

  private static void runCatching(Task task, AtomicReference<Throwable> thrown) {
    try {
      task.run();
    } catch (Throwable e) {
      if (!thrown.compareAndSet(null, e)) {
        thrown.get().addSuppressed(e);
      }
    }
  }
}
