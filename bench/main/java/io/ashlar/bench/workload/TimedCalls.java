// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.latency.CallTimes;
import io.ashlar.bench.latency.Timing;
import io.ashlar.bench.subject.Subject;
import io.ashlar.memory.Padding;
import java.lang.invoke.VarHandle;
import org.HdrHistogram.Histogram;

/**
 * Makes and times the calls of one worker, in one of the ways of {@link Timing}. Used by one thread
 * at a time; makes no garbage and writes nothing that another thread reads.
 *
 * <p>The times have one reading of the clock in them. The fences keep the compiler from moving what
 * it inlined of a call out from between the two readings; on the processors of today the readings
 * themselves wait for what was before them.
 *
 * <p>Where a worker has nothing to do ({@link #end} … {@link #begin}) its schedule stands still,
 * and a backlog is kept: waiting for blocks to free is not the allocator's delay.
 */
class TimedCalls extends Padding {

  private final CallTimes times = new CallTimes();

  /** Of the schedule; 0 if there is none. */
  private long intervalNanos;

  /** When the next call should be made, if there is a schedule. */
  private long nextNanos;

  private long endedNanos;
  private boolean begun;

  /**
   * Forgets what was measured, and starts afresh.
   *
   * @param newIntervalNanos from a call to the next; 0 to have each follow the last at once
   */
  final void start(long newIntervalNanos) {
    times.reset();
    intervalNanos = newIntervalNanos;
    begun = false;
  }

  /** Calls follow. */
  final void begin() {
    long now = nanoTime();
    nextNanos = begun ? nextNanos + (now - endedNanos) : now;
    begun = true;
  }

  /** No calls until {@link #begin}. */
  final void end() {
    endedNanos = nanoTime();
  }

  final long malloc(Subject subject, long byteSize) {
    long from = before();
    long block = subject.malloc(byteSize);
    after(times.mallocs(), from);
    return block;
  }

  final void free(Subject subject, long block) {
    long from = before();
    subject.free(block);
    after(times.frees(), from);
  }

  /** Times nothing, as if it were a malloc and a free. */
  final void nothing() {
    after(times.mallocs(), before());
    after(times.frees(), before());
  }

  private long before() {
    long now = nanoTime();
    if (intervalNanos != 0) {
      long intended = nextNanos;
      nextNanos = intended + intervalNanos;
      while (now - intended < 0) {
        Thread.onSpinWait();
        now = nanoTime();
      }
      now = intended;
    }
    VarHandle.acquireFence();
    return now;
  }

  private void after(Histogram histogram, long from) {
    VarHandle.releaseFence();
    histogram.recordValue(Math.min(nanoTime() - from, CallTimes.MAX_NANOS));
  }

  /** The clock; a test has its own. */
  long nanoTime() {
    return System.nanoTime();
  }

  /** What was measured since the start. */
  final CallTimes times() {
    return times;
  }

  /** How far behind the schedule the worker was when it last ended. */
  final long behindNanos() {
    return intervalNanos == 0 ? 0 : Math.max(0, endedNanos - nextNanos);
  }
}
