// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;
import io.ashlar.memory.Padding;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One thread's part in a workload. Made and used by that thread alone, but for the count of
 * operations, which another thread reads while it works.
 *
 * <p>Each worker has a loop of its own around its step, so that the step is bound when it is
 * compiled; and the loop is in a method of its own that is called often, once in {@link #STRIDE}
 * steps, so that the compiler does not have to replace it while it runs.
 */
abstract class Worker extends Padding {

  /** Steps in a call. */
  static final int STRIDE = 64;

  private static final VarHandle OPERATIONS =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "operations", VarHandle.class, Worker.class, long.class);

  private long operations;

  /** Takes what the steps return, so that nothing is optimized away. */
  private long sink;

  /**
   * Works until told to stop.
   *
   * @param stop tells it
   * @throws InterruptedException if interrupted
   */
  abstract void burst(Stop stop) throws InterruptedException;

  /** Frees what is left, when no thread works any more. */
  abstract void finish();

  /**
   * Allocates. This and the three below are where {@link TimedCalls} comes in: where calls are not
   * timed, no class that overrides them is loaded, and they are bound as {@link Subject}'s are.
   */
  long malloc(Subject subject, long byteSize) {
    return subject.malloc(byteSize);
  }

  /** Frees. */
  void free(Subject subject, long block) {
    subject.free(block);
  }

  /** Calls follow, one after the other until {@link #endCalls}. */
  void beginCalls() {}

  /** No calls for a while, for reasons that are not the allocator's. */
  void endCalls() {}

  /** Operations so far; may be asked by any thread. */
  long operations() {
    return (long) OPERATIONS.getOpaque(this);
  }

  /**
   * Counts operations.
   *
   * @param more how many
   * @param result what came out of them
   */
  final void count(int more, long result) {
    sink += result;
    OPERATIONS.setOpaque(this, operations + more);
  }

  /** What came out of all operations. */
  final long sink() {
    return sink;
  }
}
