// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject;
import io.ashlar.bench.subject.Subject.Footprint;
import java.util.function.Supplier;

/**
 * Warms the code of a replay and of the allocator without leaving the allocator much memory: a made
 * trace of all operations on small blocks, of which never more than a few are live.
 */
final class WarmUp {

  private static final int ROUNDS = 20_000;
  private static final int PASSES = 4;

  /** Few classes of size: in each, allocators keep memory that would not count as growth later. */
  private static final long BYTES = 64;

  private static final long GROWN_BYTES = 96;

  private WarmUp() {}

  static void run(Replay.Threading threading, Subject subject, Supplier<Footprint> meter) {
    Trace trace = trace(threading == Replay.Threading.SINGLE ? 1 : 2);
    for (int pass = 0; pass < PASSES; pass++) {
      Replay replay = threading.of(trace);
      replay.run(subject, pass == 0 ? MemoryCurve.of(trace, meter) : MemoryCurve.NONE);
      replay.freeRest(subject);
    }
  }

  /** In each round four blocks, by the threads in turn, each freed by the next one. */
  private static Trace trace(int threads) {
    int blocks = 4;
    Trace.Builder builder = new Trace.Builder(threads, blocks * ROUNDS, 9 * ROUNDS);
    for (int round = 0; round < ROUNDS; round++) {
      int mine = round % threads;
      int next = (round + 1) % threads;
      int first = blocks * round;
      builder.add(Trace.MALLOC, mine, first, 1, BYTES);
      builder.add(Trace.CALLOC, mine, first + 1, 1, BYTES);
      builder.add(Trace.ALIGNED, mine, first + 2, 64, BYTES);
      builder.add(Trace.MALLOC, mine, first + 3, 1, BYTES);
      builder.add(Trace.REALLOC, mine, first + 3, 1, GROWN_BYTES);
      for (int i = 0; i < blocks; i++) {
        builder.add(Trace.FREE, next, first + i, 1, 0);
      }
    }
    return builder.build();
  }
}
