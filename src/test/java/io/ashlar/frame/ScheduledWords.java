// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * Runs threads one at a time, step by step, in an order that is given: a small model checker. A
 * step is a read or a compare-and-set of the buddy system's words. Between two steps of one thread
 * others get the turn at the given points; who ends hands it to the next that has not.
 *
 * <p>What it does not show is reordering within a thread: JCStress is for that.
 */
class ScheduledWords extends SteppedWords {

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<Throwable> thrown = new AtomicReference<>();
  private IntSupplier next = () -> -1;
  private volatile int turn;
  private volatile int ended;
  private int steps;

  /**
   * Runs tasks to their end.
   *
   * @param first whose turn it is at first
   * @param next asked before each step who makes it; -1 for who has made the last
   * @return the number of steps
   */
  int run(int first, IntSupplier next, Runnable... tasks) throws InterruptedException {
    this.next = next;
    turn = first;
    for (int i = 0; i < tasks.length; i++) {
      int number = i;
      threads.add(new Thread(() -> runOne(number, tasks[number])));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
    if (thrown.get() != null) {
      throw new AssertionError(thrown.get());
    }
    return steps;
  }

  private void runOne(int number, Runnable task) {
    try {
      await(number);
      task.run();
    } catch (RuntimeException | Error e) {
      thrown.compareAndSet(null, e);
    } finally {
      int left = ended | 1 << number;
      ended = left;
      hand(Integer.numberOfTrailingZeros(~left) % threads.size());
    }
  }

  private void hand(int to) {
    turn = to;
    LockSupport.unpark(threads.get(to));
  }

  private void await(int number) {
    while (turn != number) {
      LockSupport.park(this);
    }
  }

  @Override
  void step() {
    int me = threads.indexOf(Thread.currentThread());
    if (me < 0) {
      return; // before or after
    }
    steps++;
    int to = next.getAsInt();
    if (to >= 0 && to != me && (ended >>> to & 1) == 0) {
      hand(to);
      await(me);
    }
  }

  /** The same in every run. */
  @Override
  long thread() {
    return Math.max(0, threads.indexOf(Thread.currentThread()));
  }
}
