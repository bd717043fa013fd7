// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * Freed blocks on the way to their home shard: filled by one thread, handed over whole through the
 * shard's queue, emptied under the shard's lock, and used again. Its fields are plain: the queue
 * publishes them.
 */
public final class FreeBatch {

  /** Blocks in a full batch: the shared writes of a hand-over are made once for so many. */
  public static final int CAPACITY = 64;

  /** Bytes that a batch takes on the Java heap, about. */
  public static final int FOOTPRINT = 40 + CAPACITY * Long.BYTES;

  private final long[] addresses = new long[CAPACITY];
  private int count;
  private long bytes;

  /** Makes an empty batch. */
  public FreeBatch() {}

  /**
   * Puts a block into the batch, which must not be full.
   *
   * @param address the block
   * @param blockBytes its size
   * @return whether the batch is full now
   */
  public boolean add(long address, int blockBytes) {
    int n = count;
    addresses[n] = address;
    count = n + 1;
    bytes += blockBytes;
    return n + 1 == CAPACITY;
  }

  /**
   * Blocks in the batch.
   *
   * @return their number
   */
  public int count() {
    return count;
  }

  /**
   * Bytes of the blocks in the batch.
   *
   * @return their sum
   */
  public long bytes() {
    return bytes;
  }

  /**
   * A block in the batch.
   *
   * @param index 0 … {@link #count} - 1
   * @return its address
   */
  public long address(int index) {
    return addresses[index];
  }

  /** Empties the batch. */
  void clear() {
    count = 0;
    bytes = 0;
  }
}
