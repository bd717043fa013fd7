// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A made-up trace, the same for the same seed. */
final class RandomTrace {

  private static final int OBJECTS = 3_000;

  private RandomTrace() {}

  /** A trace in which threads free each other's blocks; a few blocks are never freed. */
  static Trace of(long seed, int threads) {
    Random random = new Random(seed);
    Trace.Builder builder = new Trace.Builder(threads, OBJECTS, 16);
    List<Integer> live = new ArrayList<>();
    int next = 0;
    int appeared = 0;
    while (next < OBJECTS) {
      int thread = random.nextInt(Math.min(threads, appeared + 1));
      appeared = Math.max(appeared, thread + 1);
      int size = random.nextInt(random.nextInt(20) == 0 ? 20_000 : 300);
      int choice = random.nextInt(10);
      if (live.isEmpty() || choice < 5) {
        byte op = (byte) random.nextInt(3);
        builder.add(op, thread, next, 1L << random.nextInt(10), size);
        live.add(next++);
      } else if (choice == 5) {
        builder.add(Trace.REALLOC, thread, live.get(random.nextInt(live.size())), 1, size + 1);
      } else {
        Collections.swap(live, random.nextInt(live.size()), live.size() - 1);
        builder.add(Trace.FREE, thread, live.removeLast(), 1, 0);
      }
    }
    return builder.build();
  }
}
