// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;
import java.util.concurrent.atomic.AtomicLongArray;

/** Blocks that any thread may swap for its own. */
final class SharedSlots {

  private final AtomicLongArray slots;

  /** Makes empty ones. */
  SharedSlots(int count) {
    slots = new AtomicLongArray(count);
  }

  int count() {
    return slots.length();
  }

  /** Puts a block into a slot, and returns what was there; 0 is none. */
  long swap(int slot, long block) {
    return slots.getAndSet(slot, block);
  }

  /** Frees the block in a slot, if there is one. */
  void free(int slot, Subject subject) {
    long block = swap(slot, 0);
    if (block != 0) {
      subject.free(block);
    }
  }

  /** Frees all. */
  void free(Subject subject) {
    for (int slot = 0; slot < count(); slot++) {
      free(slot, subject);
    }
  }
}
