// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * Replays a trace with a thread for each recorded one. An operation waits for the operation before
 * it on the same object, and while its thread is more than a window of recorded operations ahead of
 * the slowest: without that, those who allocate would run far ahead of those who free.
 *
 * <p>The threads are started before the clock, so that their stacks do not count as memory, and
 * sleep until the recorded operation before their first one has been made. Each ends after its
 * last.
 */
final class RecordedThreads implements Replay {

  /** Recorded operations that a thread may be ahead of the slowest. */
  static final int WINDOW = 20_000;

  /** Operations of a thread between two looks at the window. */
  private static final int LOOK_EVERY = 32;

  /** Longs between the progress of two threads: 128 bytes. */
  private static final int STRIDE = 16;

  private static final long LIVE_FLUSH_BYTES = 1 << 16;
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
  private static final long STACK_BYTES = 256 << 10;

  private final Trace trace;
  private final LiveBlocks blocks;

  /** By thread: its operations. */
  private final int[][] operations;

  /** By operation: whether the next one is the first of another thread. */
  private final boolean[] begins;

  RecordedThreads(Trace trace) {
    this.trace = trace;
    blocks = new LiveBlocks(trace);
    operations = operationsByThread(trace);
    begins = new boolean[trace.operations];
    for (int thread = 1; thread < trace.threads; thread++) {
      begins[operations[thread][0] - 1] = true;
    }
  }

  private static int[][] operationsByThread(Trace trace) {
    int[] count = new int[trace.threads];
    for (int i = 0; i < trace.operations; i++) {
      count[trace.thread[i]]++;
    }
    int[][] lists = new int[trace.threads][];
    for (int thread = 0; thread < trace.threads; thread++) {
      lists[thread] = new int[count[thread]];
    }
    for (int i = trace.operations - 1; i >= 0; i--) {
      int thread = trace.thread[i];
      lists[thread][--count[thread]] = i;
    }
    return lists;
  }

  @Override
  public Pass run(Subject subject, MemoryCurve curve) {
    return new Run(subject, curve).go();
  }

  @Override
  public void freeRest(Subject subject) {
    blocks.freeRest(subject.forThread());
  }

  /** One pass. */
  private final class Run {

    private final Subject subject;
    private final MemoryCurve curve;

    /** By object: operations made on it. */
    private final int[] version = new int[trace.objects];

    /** By thread, {@link #STRIDE} apart: the recorded operation it has come to. */
    private final long[] progress = new long[(trace.threads + 1) * STRIDE];

    private final CountDownLatch[] begun = new CountDownLatch[trace.threads];
    private final CountDownLatch ended = new CountDownLatch(trace.threads);
    private final AtomicLong live = new AtomicLong();
    private final AtomicLong peakLive = new AtomicLong();
    private volatile Throwable failure;

    Run(Subject subject, MemoryCurve curve) {
      this.subject = subject;
      this.curve = curve;
    }

    Pass go() {
      CountDownLatch ready = new CountDownLatch(trace.threads);
      for (int thread = 0; thread < trace.threads; thread++) {
        begun[thread] = new CountDownLatch(1);
        setProgressRelease(thread, operations[thread][0]);
      }
      for (int thread = 0; thread < trace.threads; thread++) {
        int number = thread;
        new Thread(null, () -> work(number, ready), "recorded-" + thread, STACK_BYTES).start();
      }
      try {
        ready.await();
        long start = System.nanoTime();
        begun[0].countDown();
        ended.await();
        long nanos = System.nanoTime() - start;
        if (failure != null) {
          throw new IllegalStateException("the replay failed", failure);
        }
        return new Pass(nanos, peakLive.get());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    private void work(int thread, CountDownLatch ready) {
      try {
        ready.countDown();
        begun[thread].await();
        replay(thread, subject.forThread());
      } catch (Throwable e) {
        failure = e;
        for (CountDownLatch latch : begun) {
          latch.countDown();
        }
      } finally {
        setProgressRelease(thread, Long.MAX_VALUE);
        ended.countDown();
      }
    }

    private void replay(int thread, Subject mine) {
      IdleStrategy idle = new BackoffIdleStrategy(64, 4000, 50_000, 50_000);
      int[] list = operations[thread];
      long change = 0;
      long allowed = -1;
      for (int from = 0; from < list.length; from += LOOK_EVERY) {
        setProgressRelease(thread, list[from]);
        if (list[from] > allowed) {
          allowed = awaitWindow(list[from], idle);
        }
        int to = Math.min(list.length, from + LOOK_EVERY);
        change = stride(thread, mine, from, to, change, idle);
      }
      flush(change);
    }

    private long stride(
        int thread, Subject mine, int from, int to, long before, IdleStrategy idle) {
      int[] list = operations[thread];
      long change = before;
      for (int j = from; j < to; j++) {
        int i = list[j];
        int object = trace.object[i];
        if (versionAcquire(object) != trace.version[i]) {
          awaitVersion(thread, i, idle);
        }
        change += blocks.replay(mine, i);
        setVersionRelease(object, trace.version[i] + 1);
        if (begins[i]) {
          begun[trace.thread[i + 1]].countDown();
        }
        if (Math.abs(change) > LIVE_FLUSH_BYTES) {
          flush(change);
          change = 0;
        }
        if (curve.isDue(i)) {
          curve.record(i, live.get() + change);
        }
      }
      return change;
    }

    /** Waits until operation {@code i} is in the window, and returns the window's end. */
    private long awaitWindow(int i, IdleStrategy idle) {
      idle.reset();
      long slowest;
      while (i - WINDOW > (slowest = slowest())) {
        pause(idle);
      }
      return slowest + WINDOW;
    }

    private void awaitVersion(int thread, int i, IdleStrategy idle) {
      setProgressRelease(thread, i);
      idle.reset();
      while (versionAcquire(trace.object[i]) != trace.version[i]) {
        pause(idle);
      }
    }

    private void pause(IdleStrategy idle) {
      if (failure != null) {
        throw new IllegalStateException("another thread failed");
      }
      idle.idle();
    }

    private long slowest() {
      long slowest = Long.MAX_VALUE;
      for (int thread = 0; thread < trace.threads; thread++) {
        slowest = Math.min(slowest, (long) LONGS.getAcquire(progress, (thread + 1) * STRIDE));
      }
      return slowest;
    }

    private void flush(long change) {
      long now = live.addAndGet(change);
      peakLive.accumulateAndGet(now, Math::max);
    }

    private void setProgressRelease(int thread, long operation) {
      LONGS.setRelease(progress, (thread + 1) * STRIDE, operation);
    }

    private int versionAcquire(int object) {
      return (int) INTS.getAcquire(version, object);
    }

    private void setVersionRelease(int object, int value) {
      INTS.setRelease(version, object, value);
    }
  }
}
