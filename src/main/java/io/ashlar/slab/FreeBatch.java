// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.Padding;

/**
 * Free blocks of one class and one shard, moved as one: from a thread that freed another shard's
 * blocks to that shard, through its queue; between the threads of a shard, through its depot.
 * Filled by one thread, handed over whole, emptied by another, and used again. Its fields are
 * plain: the queue, or the shard's lock, publishes them.
 */
@SuppressWarnings("unused")
public final class FreeBatch extends FreeBatchState {

  long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf;

  /** Most blocks in a batch. */
  public static final int CAPACITY = 64;

  /** Most batches in a chain: the shared writes of a queue are made once for so many. */
  public static final int CHAIN = 8;

  /** Bytes that a batch takes on the Java heap, about. */
  public static final int FOOTPRINT = 300 + CAPACITY * Long.BYTES;

  /** Makes an empty batch. */
  public FreeBatch() {}

  /**
   * Puts the batch in front of others, so that they go as one: a <em>chain</em>.
   *
   * @param rest the first of the others, or null
   * @return this, the first of all
   */
  public FreeBatch chainedTo(FreeBatch rest) {
    next = rest;
    chained = rest == null ? 1 : rest.chained + 1;
    return this;
  }

  /**
   * Batches in the chain that begins with this one.
   *
   * @return 1 or more
   */
  public int chained() {
    return chained;
  }

  /**
   * The batch behind this one in a chain.
   *
   * @return the batch, or null
   */
  public FreeBatch behind() {
    return next;
  }

  /**
   * Takes the batch off its chain.
   *
   * @return the first of the others, or null
   */
  public FreeBatch unchain() {
    FreeBatch rest = next;
    next = null;
    chained = 1;
    return rest;
  }

  /**
   * Begins a batch that is empty.
   *
   * @param blockClass the class of the blocks to come
   * @return this
   */
  public FreeBatch begin(int blockClass) {
    sizeClass = blockClass;
    count = 0;
    return this;
  }

  /**
   * The blocks for which there is room.
   *
   * @return 0 … {@link #CAPACITY}
   */
  public int room() {
    return CAPACITY - count;
  }

  /**
   * Puts a block into the batch.
   *
   * @param address the block
   * @return whether there was room for it
   */
  public boolean add(long address) {
    int n = count;
    if (n >= CAPACITY) {
      return false;
    }
    addresses[n] = address;
    count = n + 1;
    return true;
  }

  /**
   * Puts blocks into the batch, which must have room for them.
   *
   * @param from where their addresses are
   * @param index of the first
   * @param n how many
   */
  public void load(long[] from, int index, int n) {
    System.arraycopy(from, index, addresses, count, n);
    count += n;
  }

  /**
   * Takes blocks out, the last ones.
   *
   * @param into where their addresses are written
   * @param index of the first
   * @param n how many at most
   * @return how many there were
   */
  public int unload(long[] into, int index, int n) {
    int taken = Math.min(n, count);
    count -= taken;
    System.arraycopy(addresses, count, into, index, taken);
    return taken;
  }

  /** Moves blocks to another batch, the last ones, which has room for them. */
  void moveTo(FreeBatch other, int n) {
    count -= n;
    System.arraycopy(addresses, count, other.addresses, other.count, n);
    other.count += n;
  }

  /**
   * Leaves only so many blocks, the first ones.
   *
   * @param n how many, at most {@link #count}
   */
  public void cutTo(int n) {
    count = n;
  }

  /** Moves all blocks to another batch, which has room for them. */
  void moveTo(FreeBatch other) {
    System.arraycopy(addresses, 0, other.addresses, other.count, count);
    other.count += count;
    count = 0;
  }

  /**
   * Says that the blocks are of another class now.
   *
   * @param blockClass the class
   */
  public void setSizeClass(int blockClass) {
    sizeClass = blockClass;
  }

  /**
   * The class of the blocks.
   *
   * @return a class
   */
  public int sizeClass() {
    return sizeClass;
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
   * A block in the batch.
   *
   * @param index 0 … {@link #count} - 1
   * @return its address
   */
  public long address(int index) {
    return addresses[index];
  }
}

/** The fields of a batch: one batch is filled while another, that may lie beside it, is emptied. */
abstract class FreeBatchState extends Padding {

  /** The next in a depot or a chain, or null. */
  FreeBatch next;

  /** Batches from this one on, if it is in a chain. */
  int chained = 1;

  final long[] addresses = new long[FreeBatch.CAPACITY];
  int sizeClass;
  int count;

  FreeBatchState() {}
}
