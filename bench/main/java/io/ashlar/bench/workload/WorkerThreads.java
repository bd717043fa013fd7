// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.Compiler;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Threads with a worker each, that work in bursts, between which the compiler may catch up.
 *
 * <p>In a burst all their operations between two moments are counted and divided by the time
 * between: one figure for the machine, not a sum of the threads' own figures, which would count a
 * thread's good moments alone where threads take turns on a processor.
 */
final class WorkerThreads {

  private static final int BURST_MILLIS = 12;
  private static final int MAX_BURSTS = 40;
  private static final double RISE = 1.05;
  private static final long COMPILED_MILLIS = 2;
  private static final int LEAD_MILLIS = 2;

  private final IntFunction<Worker> maker;
  private final Worker[] workers;
  private final CyclicBarrier begin;
  private final CyclicBarrier end;
  private volatile Stop stop = new Stop();
  private volatile boolean over;
  private volatile Throwable failure;

  /**
   * Starts the threads, and waits until each has its worker.
   *
   * @param threads how many
   * @param maker makes the worker of a thread, by its index and on that thread
   */
  WorkerThreads(int threads, IntFunction<Worker> maker) throws InterruptedException {
    this.maker = maker;
    workers = new Worker[threads];
    begin = new CyclicBarrier(threads + 1);
    end = new CyclicBarrier(threads + 1);
    for (int i = 0; i < threads; i++) {
      int index = i;
      Thread thread = new Thread(() -> work(index), "worker-" + i);
      thread.setDaemon(true); // the JVM shall end if one fails
      thread.start();
    }
    await(end);
  }

  /**
   * What was done in a burst.
   *
   * @param operations of all threads
   * @param nanos in this time
   */
  record Count(long operations, long nanos) {

    private double speed() {
      return (double) operations / nanos;
    }
  }

  /** Makes bursts until in two in a row hardly anything was compiled and gained. */
  void warmUp(int minBursts) throws InterruptedException {
    double best = 0;
    int still = 0;
    for (int i = 0; i < MAX_BURSTS && (i < minBursts || still < 2); i++) {
      long compiled = Compiler.totalMillis();
      double speed = burst(BURST_MILLIS).speed();
      boolean compiles = Compiler.totalMillis() - compiled > COMPILED_MILLIS;
      still = compiles || speed > best * RISE ? 0 : still + 1;
      best = Math.max(best, speed);
    }
  }

  /** Lets the threads work for a while, and waits until they rest again. */
  Count burst(int millis) throws InterruptedException {
    Compiler.awaitQuiet();
    stop = new Stop();
    await(begin);
    TimeUnit.MILLISECONDS.sleep(LEAD_MILLIS);
    long start = System.nanoTime();
    long before = operations();
    TimeUnit.MILLISECONDS.sleep(millis);
    long nanos = System.nanoTime() - start;
    long operations = operations() - before;
    stop.stop();
    await(end);
    return new Count(operations, nanos);
  }

  private long operations() {
    long sum = 0;
    for (Worker worker : workers) {
      sum += worker.operations();
    }
    return sum;
  }

  /** Has the workers free what is left, and ends the threads. */
  void finish() throws InterruptedException {
    over = true;
    await(begin);
    await(end);
  }

  private void await(CyclicBarrier barrier) throws InterruptedException {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException("a worker failed", failure);
    }
  }

  private void work(int index) {
    try {
      Worker worker = maker.apply(index);
      workers[index] = worker;
      await(end);
      for (await(begin); !over; await(begin)) {
        worker.burst(stop);
        await(end);
      }
      worker.finish();
      await(end);
    } catch (Throwable e) {
      if (failure == null) {
        failure = e;
      }
      begin.reset();
      end.reset();
    }
  }
}
