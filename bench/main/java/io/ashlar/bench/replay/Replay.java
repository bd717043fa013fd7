// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject;

/** A way to replay a trace, with its tables made and touched. */
interface Replay {

  /**
   * Makes all operations once.
   *
   * @param subject the allocator
   * @param curve records the memory in use; {@link MemoryCurve#NONE} where time is measured
   * @return what was measured
   */
  Pass run(Subject subject, MemoryCurve curve);

  /**
   * Frees what is live at the end of a pass.
   *
   * @param subject the allocator
   */
  void freeRest(Subject subject);

  /**
   * One pass over a trace.
   *
   * @param nanos time from the first operation to the last
   * @param peakLiveBytes most requested bytes that were live at once
   */
  record Pass(long nanos, long peakLiveBytes) {}

  /** The threading of a replay. */
  enum Threading {
    /** One thread, in recorded order. */
    SINGLE,
    /** A thread for each recorded thread. */
    RECORDED;

    /**
     * Makes a replay.
     *
     * @param trace what to replay
     * @return the replay
     */
    Replay of(Trace trace) {
      return this == SINGLE ? new RecordedOrder(trace) : new RecordedThreads(trace);
    }
  }
}
