// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject;

/** A short trace, replayed in each threading. */
public final class VerifiedReplay {

  private static final long SEED = Long.getLong("ashlar.test.seed", 7);

  private VerifiedReplay() {}

  public static void run(Subject subject) {
    for (Replay.Threading threading : Replay.Threading.values()) {
      Replay replay = threading.of(RandomTrace.of(SEED, 3));
      replay.run(subject, MemoryCurve.NONE);
      replay.freeRest(subject);
    }
  }
}
