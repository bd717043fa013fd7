// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Errors that cannot be thrown to who made them, kept from where they are found, amid a change of a
 * shard or a thread's cache, until somebody has nothing half done and holds no lock.
 *
 * <p>Thread-safe, lock-free. Neither {@link #report} nor what notes an error throws: the one is
 * called behind a call's work, whose result is not to be lost, and the other in the middle of it.
 */
final class Faults {

  private final FaultHandler handler;
  private final Queue<Consumer<FaultHandler>> waiting = new ConcurrentLinkedQueue<>();

  /** Whether any may be waiting: set behind, and unset ahead of, a change of what waits. */
  private volatile boolean any;

  /** An error for which the Java heap had no place in the queue; the last one, of several. */
  private volatile Throwable unqueued;

  Faults(FaultHandler handler) {
    this.handler = handler;
  }

  void noteFreedTwice(long address) {
    try {
      waiting.add(to -> to.freedTwice(address));
    } catch (OutOfMemoryError e) {
      unqueued = e;
    }
    any = true;
  }

  void noteFailure(Throwable error) {
    try {
      waiting.add(to -> to.failed(error));
    } catch (OutOfMemoryError e) {
      unqueued = error;
    }
    any = true;
  }

  /** Tells of what was noted since. Wait-free if that is nothing. */
  void report() {
    if (any) {
      any = false;
      reportAll();
    }
  }

  private void reportAll() {
    for (Consumer<FaultHandler> fault; (fault = waiting.poll()) != null; ) {
      try {
        fault.accept(handler);
      } catch (Throwable e) {
        uncaught(e);
      }
    }
    Throwable error = unqueued;
    if (error != null) {
      unqueued = null;
      try {
        handler.failed(error);
      } catch (Throwable e) {
        uncaught(e);
      }
    }
  }

  /**
   * Passes an error to the thread's uncaught-exception handler. What that throws is ignored, as the
   * JVM does at the end of a thread: there is nobody left to tell.
   */
  static void uncaught(Throwable error) {
    Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, error);
    } catch (Throwable ignored) {
      // See above.
    }
  }
}
