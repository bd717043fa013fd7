// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.Counts;
import io.ashlar.memory.SpinLock;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * The queue through which threads bring blocks home to a shard that is not theirs: chains of
 * batches.
 *
 * <p>Any thread may offer, lock-free; who holds the shard's lock drains, and never waits for an
 * offer that is not finished. An offer releases what the batches hold, and a drain acquires it.
 */
final class Inbox {

  /** After so many batches no more are drained at a refill, so that its time is bounded. */
  static final int REFILL_BATCHES = 16;

  /** As {@link #REFILL_BATCHES}, where nobody waits for a block. */
  static final int HELP_BATCHES = 64;

  private final MessagePassingQueue<FreeBatch> chains;
  private final int crowd;
  private final SpinLock lock;
  private final Keeper keeper;

  /**
   * Makes an empty one.
   *
   * @param piece chains in a piece of the queue
   * @param crowd chains that wait before those who bring them are asked to help
   * @param lock the shard's
   * @param keeper where batches go that are drained
   */
  Inbox(int piece, int crowd, SpinLock lock, Keeper keeper) {
    this.crowd = crowd;
    this.lock = lock;
    this.chains = new MpscUnboundedVarHandleArrayQueue<>(piece);
    this.keeper = keeper;
  }

  /** What a shard does with a batch that comes home. */
  @FunctionalInterface
  interface Keeper {

    /**
     * Takes a batch, under the shard's lock.
     *
     * @param batch the batch, of no chain
     */
    void keep(FreeBatch batch);
  }

  /**
   * Hands over a chain; returns whether the queue has grown long. Lock-free, but that it waits for
   * the lock where the Java heap is out.
   */
  boolean offer(FreeBatch chain) {
    if (Counts.ON) {
      count(chain); // before it is another's
    }
    try {
      chains.relaxedOffer(chain);
    } catch (OutOfMemoryError e) {
      // There is no room for another piece of the queue, which is as it was: past it, then.
      bringIn(chain);
    }
    return chains.size() > crowd;
  }

  private void bringIn(FreeBatch chain) {
    lock.lock();
    try {
      keepAll(chain);
    } finally {
      lock.unlock();
    }
  }

  private static void count(FreeBatch chain) {
    Counts.offered();
    for (FreeBatch batch = chain; batch != null; batch = batch.next) {
      Counts.sent(batch.count());
    }
  }

  boolean isEmpty() {
    return chains.isEmpty();
  }

  /** Brings chains in until there were so many batches, or none is left. Under the shard's lock. */
  void drain(int batches) {
    for (int left = batches; left > 0; ) {
      FreeBatch chain = chains.relaxedPoll();
      if (chain == null) {
        return;
      }
      if (Counts.ON) {
        Counts.received();
      }
      left -= chain.chained();
      keepAll(chain);
    }
  }

  private void keepAll(FreeBatch chain) {
    for (FreeBatch batch = chain; batch != null; ) {
      FreeBatch rest = batch.unchain();
      keeper.keep(batch);
      batch = rest;
    }
  }

  /** Bytes of batches on the Java heap, at most. */
  long footprint() {
    return (long) chains.size() * FreeBatch.CHAIN * FreeBatch.FOOTPRINT;
  }
}
