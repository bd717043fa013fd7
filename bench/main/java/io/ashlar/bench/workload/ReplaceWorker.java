// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;

/** A thread of {@link RandomReplace} or {@link ReplaceAmong}. */
final class ReplaceWorker extends Worker {

  /** Blocks of {@link RandomReplace}. */
  private static final int BLOCKS = 1024;

  private static final int MIN_BYTES = 16;
  private static final int MAX_BYTES = 1023;

  private final Subject subject;
  private final Sequence random;
  private final long[] blocks;

  ReplaceWorker(Subject subject, int index) {
    this(subject, index, BLOCKS);
  }

  ReplaceWorker(Subject subject, int index, int live) {
    this.subject = subject;
    random = new Sequence(index);
    blocks = new long[live];
    for (int i = 0; i < live; i++) {
      blocks[i] = allocate();
    }
  }

  /** Replaces a block, and returns the new one's address. */
  long step() {
    int i = random.below(blocks.length);
    subject.free(blocks[i]);
    long block = allocate();
    blocks[i] = block;
    return block;
  }

  private long allocate() {
    return subject.malloc(MIN_BYTES + random.below(MAX_BYTES - MIN_BYTES + 1));
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
  void finish() {
    for (long block : blocks) {
      subject.free(block);
    }
  }
}
