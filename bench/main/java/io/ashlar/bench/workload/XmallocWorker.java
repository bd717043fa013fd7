// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * One thread of {@link XmallocTest}: it allocates batches, or it frees them. A thread that is alone
 * does both in turn.
 */
final class XmallocWorker {

  /** Most bytes written of a block. */
  private static final int WRITTEN_BYTES = 128;

  private final Subject subject;
  private final HandOver handOver;
  private final int batchBlocks;
  private final boolean alone;
  private final boolean releases;

  /** The bytes of the blocks of a batch, over and over. */
  private final int[] sizes;

  private final IdleStrategy idle = new BackoffIdleStrategy(100, 100, 1_000, 50_000);

  /** A batch that is allocated and found no room yet. */
  private long[] pending;

  /** For a thread that is alone: whether it frees next. */
  private boolean turn;

  /**
   * Makes a worker.
   *
   * @param subject the allocator, as this thread should use it
   * @param handOver shared with the other threads
   * @param index of this thread: the even ones allocate, the odd ones free
   * @param threads how many there are
   * @param batchBlocks blocks in a batch
   * @param sizes bytes of the blocks of a batch, over and over
   */
  XmallocWorker(
      Subject subject, HandOver handOver, int index, int threads, int batchBlocks, int[] sizes) {
    this.subject = subject;
    this.handOver = handOver;
    this.batchBlocks = batchBlocks;
    this.sizes = sizes.clone();
    alone = threads == 1;
    releases = index % 2 == 1;
  }

  /**
   * Allocates a batch and hands it over, or takes one and frees it. Waits for room or for a batch,
   * but not once the work is at its end, when nobody may be left to wait for.
   *
   * @param end whether the work is at its end
   */
  void step(BooleanSupplier end) {
    if (alone ? turn : releases) {
      release(end);
    } else {
      allocate(end);
    }
    turn = !turn;
  }

  private void allocate(BooleanSupplier end) {
    if (pending == null) {
      long[] batch = handOver.recycled();
      pending = fill(batch == null ? new long[batchBlocks] : batch);
    }
    idle.reset();
    while (!handOver.offer(pending)) {
      if (end.getAsBoolean()) {
        return;
      }
      idle.idle();
    }
    pending = null;
  }

  private void release(BooleanSupplier end) {
    idle.reset();
    long[] batch;
    while ((batch = handOver.poll()) == null) {
      if (end.getAsBoolean()) {
        return;
      }
      idle.idle();
    }
    free(batch);
    handOver.recycle(batch);
  }

  /** Frees what is left; the last of the threads leaves nothing behind. */
  void finish() {
    if (pending != null) {
      free(pending);
      pending = null;
    }
    for (long[] batch = handOver.poll(); batch != null; batch = handOver.poll()) {
      free(batch);
    }
  }

  private long[] fill(long[] batch) {
    int next = 0;
    for (int i = 0; i < batch.length; i++) {
      int bytes = sizes[next];
      next = next + 1 == sizes.length ? 0 : next + 1;
      long block = subject.malloc(bytes);
      RawMemory.fill(block, Math.min(bytes, WRITTEN_BYTES), block);
      batch[i] = block;
    }
    return batch;
  }

  private void free(long[] batch) {
    for (long block : batch) {
      subject.free(block);
    }
  }
}
