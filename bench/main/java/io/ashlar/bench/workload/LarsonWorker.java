// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * One of Larson's workers: 5,000 slots, and a chain of threads of which each works on them for 100
 * × 5,000 steps, hands them to a fresh thread and ends.
 *
 * <p>The chain runs by itself; another thread starts it and stops it, and may take delivery of its
 * work in parcels of {@link #PARCEL_STEPS}. The slots are touched by one thread of the chain at a
 * time, and starting the next thread publishes them to it.
 */
class LarsonWorker extends Worker {

  /** Steps between two looks at the outside: long enough that a wake-up is under 1 %. */
  static final int PARCEL_STEPS = 20_000;

  /** Steps between two counts. */
  static final int SLICE_STEPS = 100;

  /** Slots of a worker, unless the benchmark is told otherwise. */
  private static final int SLOTS = 5_000;

  /** Steps of a thread's life, for each slot. */
  private static final int STEPS_PER_SLOT = 100;

  private static final int MIN_BYTES = 8;
  private static final int MAX_BYTES = 999;

  private final Subject shared;
  private final Sequence random;
  private final long[] slots;
  private final int lifetimeSteps;

  private volatile boolean stopping;
  private volatile Thread receiver;
  private volatile Throwable failure;

  /** Opened by the last thread of the chain, when it has been told to stop. */
  private volatile CountDownLatch ended;

  /** Steps taken delivery of, for the receiver alone; -1 until it first asks. */
  private long delivered;

  LarsonWorker(Subject shared, int index) {
    this(shared, index, SLOTS);
  }

  LarsonWorker(Subject shared, int index, int count) {
    this.shared = shared;
    random = new Sequence(index);
    slots = new long[count];
    lifetimeSteps = STEPS_PER_SLOT * count;
    Subject subject = shared.forThread();
    for (int i = 0; i < count; i++) {
      slots[i] = allocate(subject);
    }
  }

  /** Sets the chain to work; the calling thread is the one that will receive and stop. */
  void start() {
    start(Thread.currentThread());
  }

  private void start(Thread whoReceives) {
    receiver = whoReceives;
    stopping = false;
    delivered = -1;
    ended = new CountDownLatch(1);
    startThread();
  }

  /**
   * Waits until a parcel more has been done than at the last call; at the first call since the
   * start, than at the time of the call.
   *
   * @return all steps delivered
   */
  long receive() {
    if (delivered < 0) {
      delivered = operations();
    }
    delivered += PARCEL_STEPS;
    while (operations() < delivered) {
      throwFailure();
      LockSupport.park(this);
    }
    return delivered;
  }

  /** Ends the work, and waits for the end. */
  void stop() throws InterruptedException {
    stopping = true;
    ended.await();
    throwFailure();
  }

  @Override
  void burst(Stop stop) throws InterruptedException {
    start(null); // nobody receives, and nobody is to be woken in the middle of the work
    stop.await();
    stop();
  }

  @Override
  void finish() {
    Subject subject = shared.forThread();
    for (long block : slots) {
      subject.free(block);
    }
  }

  private void throwFailure() {
    if (failure != null) {
      throw new IllegalStateException("a Larson worker failed", failure);
    }
  }

  private void startThread() {
    new Thread(this::work, "larson").start();
  }

  private void work() {
    try {
      Subject subject = shared.forThread();
      beginCalls();
      for (int done = 0; done < lifetimeSteps && !stopping; done += PARCEL_STEPS) {
        parcel(subject);
        LockSupport.unpark(receiver);
      }
      endCalls();
      if (stopping) {
        ended.countDown();
      } else {
        startThread();
      }
    } catch (Throwable e) {
      failure = e;
      ended.countDown();
      LockSupport.unpark(receiver);
    }
  }

  private void parcel(Subject subject) {
    for (int done = 0; done < PARCEL_STEPS; done += SLICE_STEPS) {
      count(SLICE_STEPS, slice(subject));
    }
  }

  long slice(Subject subject) {
    long sum = 0;
    for (int step = 0; step < SLICE_STEPS; step++) {
      int i = random.below(slots.length);
      free(subject, slots[i]);
      slots[i] = allocate(subject);
      sum += slots[i];
    }
    return sum;
  }

  private long allocate(Subject subject) {
    int bytes = MIN_BYTES + random.below(MAX_BYTES - MIN_BYTES + 1);
    long block = malloc(subject, bytes);
    RawMemory.putByte(block, (byte) bytes);
    RawMemory.putByte(block + bytes - 1, (byte) bytes);
    return block;
  }
}
