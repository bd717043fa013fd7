// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * Empty batches at hand: a chain at most, over the pool of a shard, to which its owner goes once
 * for a chain rather than for each batch.
 *
 * <p>Not thread-safe: used as the magazines that they serve, or a shard's under its lock.
 */
public final class SpareBatches {

  private FreeBatch first;

  /** Makes an empty one. */
  public SpareBatches() {}

  /**
   * An empty batch, used before if there is one.
   *
   * @param pool where a chain of them is taken if there is none at hand
   * @return the batch
   */
  public FreeBatch get(Shard pool) {
    FreeBatch batch = first == null ? pool.emptyChain() : first;
    first = batch.unchain();
    return batch;
  }

  /**
   * {@link #get} for who has a way without: a free must not fail for want of Java heap.
   *
   * @param pool as there
   * @return the batch; null if the heap has no room for one
   */
  public FreeBatch tryGet(Shard pool) {
    try {
      return get(pool);
    } catch (OutOfMemoryError e) {
      return null;
    }
  }

  /**
   * Keeps a batch that nobody needs any more.
   *
   * @param batch the batch
   * @param pool where a chain of them goes if there is one already
   */
  public void put(FreeBatch batch, Shard pool) {
    if (first != null && first.chained() == FreeBatch.CHAIN) {
      FreeBatch chain = first;
      first = null;
      pool.recycle(chain);
    }
    first = batch.chainedTo(first);
  }

  /**
   * Bytes on the Java heap, about; for any thread.
   *
   * @return bytes
   */
  public long footprint() {
    FreeBatch at = first;
    return at == null ? 0 : (long) at.chained() * FreeBatch.FOOTPRINT;
  }
}
