// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject;

/** Replays a trace with one thread, which makes all operations in recorded order. */
final class RecordedOrder implements Replay {

  /**
   * Most operations in one call: few enough that the loop is compiled as a method of its own during
   * the first pass, and later passes run what was compiled.
   */
  private static final int STRIDE = 4096;

  private final Trace trace;
  private final LiveBlocks blocks;

  RecordedOrder(Trace trace) {
    this.trace = trace;
    blocks = new LiveBlocks(trace);
  }

  @Override
  public Pass run(Subject subject, MemoryCurve curve) {
    Subject mine = subject.forThread();
    long liveBytes = 0;
    long start = System.nanoTime();
    for (int from = 0; from < trace.operations; ) {
      int to = Math.min(Math.min(trace.operations, from + STRIDE), curve.nextAfter(from));
      liveBytes += stride(mine, from, to);
      if (curve.isDue(to - 1)) {
        curve.record(to - 1, liveBytes);
      }
      from = to;
    }
    return new Pass(System.nanoTime() - start, trace.peakLiveBytes);
  }

  /**
   * Makes the operations of a range.
   *
   * @param from index of the first
   * @param to index after the last
   * @return by how much the live bytes changed
   */
  long stride(Subject subject, int from, int to) {
    long change = 0;
    for (int i = from; i < to; i++) {
      change += blocks.replay(subject, i);
    }
    return change;
  }

  @Override
  public void freeRest(Subject subject) {
    blocks.freeRest(subject.forThread());
  }
}
