// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import java.util.concurrent.atomic.AtomicLongArray;

/** What a line takes from core to core on this machine. */
public final class PingPong {

  private static final int ROUNDS = 20;
  private static final int EXCHANGES = 100_000;

  /** Fetched by who answers, taken by it to be written; and the same on the way back. */
  private static final int MOVES_OF_EXCHANGE = 4;

  /** Of an array's words, one that shares no line with what else is written. */
  private static final int WORD = 32;

  private PingPong() {}

  /**
   * Has two threads write one word in turns.
   *
   * @return nanoseconds of a transfer or an upgrade, in the best round: where both threads ran
   * @throws InterruptedException if interrupted
   */
  public static double transferNanos() throws InterruptedException {
    AtomicLongArray words = new AtomicLongArray(2 * WORD);
    Thread answers =
        new Thread(
            () -> {
              for (long i = 1; i <= (long) ROUNDS * EXCHANGES; i++) {
                await(words, 2 * i - 1);
                words.setRelease(WORD, 2 * i);
              }
            },
            "answers");
    answers.start();
    long best = Long.MAX_VALUE;
    long i = 1;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      for (int n = 0; n < EXCHANGES; n++, i++) {
        words.setRelease(WORD, 2 * i - 1);
        await(words, 2 * i);
      }
      best = Math.min(best, System.nanoTime() - start);
    }
    answers.join();
    return (double) best / EXCHANGES / MOVES_OF_EXCHANGE;
  }

  private static void await(AtomicLongArray words, long value) {
    while (words.getAcquire(WORD) != value) {
      Thread.onSpinWait();
    }
  }
}
