// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import java.util.concurrent.locks.LockSupport;

/**
 * Waiting for another thread: first by spinning, then by giving up the processor.
 *
 * <p>A virtual thread that waits long parks. Yielding is not enough: the scheduler's carriers may
 * go round among the virtual threads that yield for ever, and never come to one in another queue
 * that has what they wait for. So a thread may hold a lock of ours and be unmounted, as long as it
 * is to be run again without the lock.
 */
public final class Backoff {

  /** Long enough for a section of some hundred instructions on another core. */
  private static final int SPINS = 256;

  /** After so many yields more it is no longer about a carrier that was preempted. */
  private static final int YIELDS = 16;

  private static final long PARK_NANOS = 50_000;

  private Backoff() {}

  /** Reads the lock's word, without writing it, until it is free. */
  static void awaitFree(SpinLock lock) {
    for (int i = 0; lock.isHeld(); i++) {
      pause(i);
    }
  }

  /**
   * Waits a moment.
   *
   * @param attempt how many times the caller has waited already
   */
  @SuppressWarnings("ThreadPriorityCheck") // yield helps progress; nothing relies on it
  public static void pause(int attempt) {
    if (attempt < SPINS) {
      Thread.onSpinWait();
    } else if (attempt < SPINS + YIELDS || !Thread.currentThread().isVirtual()) {
      // The holder may be preempted, on this very processor: let it run.
      Thread.yield();
    } else {
      park();
    }
  }

  /** An interrupted thread would not park, and has to find itself interrupted afterwards. */
  private static void park() {
    boolean interrupted = Thread.interrupted();
    LockSupport.parkNanos(Backoff.class, PARK_NANOS);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
