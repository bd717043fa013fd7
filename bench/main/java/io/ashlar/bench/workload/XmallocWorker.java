// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * One thread of {@link XmallocTest}: it allocates batches, or it frees them. A thread that is alone
 * does both in turn.
 */
class XmallocWorker extends Worker {

  /** Blocks in a batch. */
  static final int BATCH_BLOCKS = 4096;

  /** Most batches on their way. */
  static final int BATCHES = 100;

  private static final int[] MIXED = {
    8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048
  };

  /** Most bytes written of a block. */
  private static final int WRITTEN_BYTES = 128;

  private final Subject subject;
  private final HandOver handOver;
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
   * @param sizes bytes of the blocks of a batch, over and over
   */
  XmallocWorker(Subject subject, HandOver handOver, int index, int threads, int[] sizes) {
    this.subject = subject;
    this.handOver = handOver;
    this.sizes = sizes.clone();
    alone = threads == 1;
    releases = index % 2 == 1;
  }

  /**
   * The variant with many sizes.
   *
   * @param index of the thread
   * @return sizes of the blocks of a batch
   */
  static int[] mixedSizes(int index) {
    Sequence random = new Sequence(index);
    int[] drawn = new int[BATCH_BLOCKS];
    Arrays.setAll(drawn, i -> MIXED[random.below(MIXED.length)]);
    return drawn;
  }

  /**
   * Allocates a batch and hands it over, or takes one and frees it. Waits for room or for a batch,
   * but not once the work is at its end, when nobody may be left to wait for.
   *
   * @param end whether the work is at its end
   * @return whether it was done
   */
  boolean step(BooleanSupplier end) {
    boolean done = (alone ? turn : releases) ? release(end) : allocate(end);
    turn ^= done;
    return done;
  }

  @Override
  void burst(Stop stop) {
    while (!stop.getAsBoolean()) {
      if (step(stop)) {
        // Each of the two halves of a block's way is half an operation.
        count(handOver.batchBlocks() / 2, 0);
      }
    }
  }

  private boolean allocate(BooleanSupplier end) {
    if (pending == null) {
      pending = fill(handOver.array());
    }
    idle.reset();
    while (!handOver.offer(pending)) {
      if (end.getAsBoolean()) {
        return false;
      }
      idle.idle();
    }
    pending = null;
    return true;
  }

  private boolean release(BooleanSupplier end) {
    idle.reset();
    long[] batch;
    while ((batch = handOver.poll()) == null) {
      if (end.getAsBoolean()) {
        return false;
      }
      idle.idle();
    }
    free(batch);
    handOver.recycle(batch);
    return true;
  }

  /** The last of the threads leaves nothing behind. */
  @Override
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
    beginCalls();
    for (int from = 0; from < batch.length; from += STRIDE) {
      fill(batch, from, Math.min(batch.length, from + STRIDE));
    }
    endCalls();
    return batch;
  }

  private void fill(long[] batch, int from, int to) {
    int next = from % sizes.length;
    for (int i = from; i < to; i++) {
      int bytes = sizes[next];
      next = next + 1 == sizes.length ? 0 : next + 1;
      long block = malloc(subject, bytes);
      RawMemory.fill(block, Math.min(bytes, WRITTEN_BYTES), block);
      batch[i] = block;
    }
  }

  private void free(long[] batch) {
    beginCalls();
    for (int from = 0; from < batch.length; from += STRIDE) {
      free(batch, from, Math.min(batch.length, from + STRIDE));
    }
    endCalls();
  }

  private void free(long[] batch, int from, int to) {
    for (int i = from; i < to; i++) {
      free(subject, batch[i]);
    }
  }
}
