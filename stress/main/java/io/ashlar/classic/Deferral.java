// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.InvalidFreeException;
import io.ashlar.memory.Memory;

/** A few blocks whose frees are deferred, and the chain that they wait in. */
public final class Deferral {

  /** Blocks that one has. */
  public static final int BLOCKS = 4;

  /** Memory that one takes. */
  public static final int BYTES = BLOCKS * BlockList.UNIT;

  /** What a user has written behind the link of a block. */
  private static final long MARK = 0xdefe_44ed;

  private final BlockList blocks;
  private final DeferredFrees frees;
  private final long firstHeader;

  /** Says how often each block was taken out; four bits a block. */
  private int seen;

  /**
   * Makes blocks, none of which waits.
   *
   * @param address {@link #BYTES} bytes and {@link BlockList#UNIT} more, at a multiple of 64
   */
  public Deferral(long address) {
    blocks = new BlockList(address, BYTES + BlockList.UNIT, address);
    frees = new DeferredFrees(blocks);
    firstHeader = blocks.first();
    for (int i = 0; i < BLOCKS; i++) {
      blocks.write(blocks.append(BlockList.UNIT), BlockList.UNIT, BlockList.LIVE);
    }
  }

  private long block(int number) {
    return BlockList.addressOf(firstHeader + (long) number * BlockList.UNIT);
  }

  private long marked(int number) {
    long block = block(number);
    Memory.putLong(block + Long.BYTES, MARK + number);
    return block;
  }

  /**
   * Puts a block in.
   *
   * @param number 0 … 3
   */
  public void put(int number) {
    frees.put(marked(number));
  }

  /**
   * Fault: reads the front and writes it, rather than compare and set.
   *
   * @param number 0 … 3
   */
  public void putByReadAndWrite(int number) {
    long block = marked(number);
    long next = frees.head;
    Memory.putLong(block, next);
    frees.head = block;
  }

  /** Takes out all that waits, as the holder of the lock. */
  public void takeAll() {
    for (long block; (block = frees.take()) != 0; ) {
      saw(block);
    }
  }

  /** Fault: reads the front and writes it, rather than exchange. */
  public void takeAllByReadAndWrite() {
    long block = frees.head;
    frees.head = 0;
    while (block != 0) {
      saw(block);
      block = Memory.getLong(block);
    }
  }

  private void saw(long block) {
    int number = (int) ((BlockList.headerOf(block) - firstHeader) / BlockList.UNIT);
    // One that is not marked yet counts as never seen.
    seen += Memory.getLong(block + Long.BYTES) == MARK + number ? 1 << (4 * number) : 0;
  }

  /**
   * How often each block was taken out.
   *
   * @return a decimal digit for each, the first block's the lowest
   */
  public int seen() {
    int digits = 0;
    for (int number = BLOCKS - 1; number >= 0; number--) {
      digits = 10 * digits + (seen >>> (4 * number) & 15);
    }
    return digits;
  }

  /**
   * Marks the first block as waiting, if no other thread was first.
   *
   * @return whether it was done
   */
  public boolean claim() {
    try {
      blocks.claim(block(0));
      return true;
    } catch (InvalidFreeException e) {
      return false; // the other was first: the answer wanted
    }
  }

  /**
   * Fault: checks whether the block is live, and marks it then.
   *
   * @return whether it was done
   */
  public boolean claimByReadAndWrite() {
    if (!blocks.isLive(firstHeader)) {
      return false;
    }
    blocks.write(firstHeader, BlockList.UNIT, BlockList.WAITING);
    return true;
  }
}
