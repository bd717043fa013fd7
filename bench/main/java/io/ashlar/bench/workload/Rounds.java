// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.function.BooleanSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * Rounds that threads begin together. A thread that comes to the end of its work while it waits for
 * others goes, and may come back to wait for the same round.
 */
final class Rounds {

  private final int threads;
  private int arrived;
  private volatile long round;

  /** Opens the first round, number 0. */
  Rounds(int threads) {
    this.threads = threads;
  }

  /** Waits until a round is open; false if the work's end came first. */
  boolean await(long wanted, BooleanSupplier end) {
    IdleStrategy idle = new BackoffIdleStrategy(100, 100, 1_000, 50_000);
    while (round < wanted) {
      if (end.getAsBoolean()) {
        return false;
      }
      idle.idle();
    }
    return true;
  }

  /** Ends a thread's part in the round; the last one does what lies between two, and opens one. */
  synchronized void arrive(Runnable between) {
    if (++arrived == threads) {
      arrived = 0;
      between.run();
      round++;
    }
  }
}
