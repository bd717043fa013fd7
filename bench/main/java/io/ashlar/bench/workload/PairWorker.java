// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;

/** A thread of {@link Pair}. */
final class PairWorker extends Worker {

  private final Subject subject;
  private final long bytes;

  PairWorker(Subject subject, int bytes) {
    this.subject = subject;
    this.bytes = bytes;
  }

  /** Allocates a block, frees it, and returns its address. */
  long step() {
    long block = subject.malloc(bytes);
    subject.free(block);
    return block;
  }

  @Override
  void burst(Stop stop) {
    while (!stop.getAsBoolean()) {
      steps(stop);
    }
  }

  private void steps(Stop stop) {
    for (int i = 0; i < STRIDE && !stop.getAsBoolean(); i++) {
      count(1, step());
    }
  }

  @Override
  void finish() {}
}
