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
 * <p>The chain runs by itself; another thread starts it, takes delivery of its work in parcels of
 * {@link #PARCEL_STEPS} and stops it. The slots are touched by one thread of the chain at a time,
 * and starting the next thread publishes them to it.
 */
final class LarsonChain {

  /** Steps between two looks at the outside: long enough that the wake-up is under 1 %. */
  static final int PARCEL_STEPS = 20_000;

  private static final int SLOTS = 5_000;
  private static final int LIFETIME_STEPS = 100 * SLOTS;
  private static final int MIN_BYTES = 8;
  private static final int MAX_BYTES = 999;

  private final Subject shared;
  private final Sequence random;
  private final long[] slots = new long[SLOTS];

  private volatile boolean stopping;
  private volatile Thread receiver;
  private volatile Throwable failure;

  /** Opened by the last thread of the chain, when it has been told to stop. */
  private volatile CountDownLatch ended;

  /** Steps done; written by one thread of the chain at a time. */
  private volatile long steps;

  /** Steps taken delivery of, for the receiver alone; -1 until it first asks. */
  private long delivered;

  LarsonChain(Subject shared, int number) {
    this.shared = shared;
    random = new Sequence(number);
    Subject subject = shared.forThread();
    for (int i = 0; i < SLOTS; i++) {
      slots[i] = allocate(subject);
    }
  }

  /** Sets the chain to work; the calling thread is the one that will receive and stop. */
  void start() {
    receiver = Thread.currentThread();
    stopping = false;
    delivered = -1;
    ended = new CountDownLatch(1);
    startThread();
  }

  /**
   * Waits until a parcel more has been done than at the last call; at the first call since the
   * start, than at the time of the call.
   *
   * @return all steps delivered since the start
   */
  long receive() {
    if (delivered < 0) {
      delivered = steps;
    }
    delivered += PARCEL_STEPS;
    while (steps < delivered) {
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

  /** Frees the blocks in the slots; the chain must have stopped. */
  void freeAll() {
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
      for (int done = 0; done < LIFETIME_STEPS && !stopping; done += PARCEL_STEPS) {
        parcel(subject);
        long before = steps;
        steps = before + PARCEL_STEPS;
        LockSupport.unpark(receiver);
      }
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
    for (int step = 0; step < PARCEL_STEPS; step++) {
      int i = random.below(SLOTS);
      subject.free(slots[i]);
      slots[i] = allocate(subject);
    }
  }

  private long allocate(Subject subject) {
    int bytes = MIN_BYTES + random.below(MAX_BYTES - MIN_BYTES + 1);
    long block = subject.malloc(bytes);
    RawMemory.putByte(block, (byte) bytes);
    RawMemory.putByte(block + bytes - 1, (byte) bytes);
    return block;
  }
}
