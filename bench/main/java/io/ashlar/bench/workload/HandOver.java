// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.memory.Padding;

/**
 * A bounded stack through which batches of blocks go from those who allocate to those who free, and
 * the emptied arrays back, so that the hand-over makes no garbage.
 *
 * <p>Under one lock, taken twice for each batch: with thousands of blocks in a batch that is beyond
 * measure. Nobody waits in here.
 */
final class HandOver extends Padding {

  private final int batchBlocks;
  private final long[][] full;
  private final long[][] empty;
  private int fulls;
  private int empties;

  /**
   * Makes an empty one.
   *
   * @param capacity most batches it holds
   * @param batchBlocks blocks in a batch
   */
  HandOver(int capacity, int batchBlocks) {
    this.batchBlocks = batchBlocks;
    full = new long[capacity][];
    empty = new long[capacity][];
  }

  int batchBlocks() {
    return batchBlocks;
  }

  /** Hands over a batch; false if there is no room. */
  synchronized boolean offer(long[] batch) {
    if (fulls == full.length) {
      return false;
    }
    full[fulls++] = batch;
    return true;
  }

  /** Takes the batch handed over last; null if there is none. */
  synchronized long[] poll() {
    return fulls == 0 ? null : full[--fulls];
  }

  /** Gives back an emptied array. */
  synchronized void recycle(long[] batch) {
    if (empties < empty.length) {
      empty[empties++] = batch;
    }
  }

  /** An array for a new batch: an emptied one, if there is one. */
  synchronized long[] array() {
    return empties == 0 ? new long[batchBlocks] : empty[--empties];
  }
}
