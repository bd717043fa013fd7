// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;

/**
 * Each thread allocates many blocks of one size and then frees them in the same order, over and
 * over. One operation is a block's allocation or free, counted as half: a block is one.
 */
abstract class Bursts extends ThreadWorkload {

  /** Calls of the allocator in one step. */
  static final int STEP_CALLS = 64;

  private Subject subject;
  private int bytes;
  private long[] blocks;
  private int at;
  private boolean frees;

  final void begin(Subject mine, int blockBytes, int count) {
    subject = mine;
    bytes = blockBytes;
    blocks = new long[count];
  }

  @Override
  final long step(BooleanSupplier end) {
    for (int left = STEP_CALLS; left > 0; ) {
      int to = Math.min(blocks.length, at + left);
      left -= to - at;
      if (frees) {
        free(to);
      } else {
        allocate(to);
      }
      if (to == blocks.length) {
        at = 0;
        frees = !frees;
      }
    }
    return at;
  }

  private void allocate(int to) {
    for (; at < to; at++) {
      long block = subject.malloc(bytes);
      RawMemory.putByte(block, (byte) at);
      blocks[at] = block;
    }
  }

  private void free(int to) {
    for (; at < to; at++) {
      subject.free(blocks[at]);
    }
  }

  @Override
  final void end() {
    int to = frees ? blocks.length : at;
    at = frees ? at : 0;
    free(to);
  }
}
