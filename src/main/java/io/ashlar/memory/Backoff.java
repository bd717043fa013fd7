// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

/** Waiting for another thread: first by spinning, then by giving up the processor. */
public final class Backoff {

  /** Long enough for a section of some hundred instructions on another core. */
  private static final int SPINS = 256;

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
    } else {
      // The holder may be preempted, on this very processor: let it run.
      Thread.yield();
    }
  }
}
