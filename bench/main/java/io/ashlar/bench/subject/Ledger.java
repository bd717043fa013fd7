// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.util.Map;
import java.util.TreeMap;

/** The blocks that are live, and the first fault that was found. For any number of threads. */
final class Ledger {

  private final TreeMap<Long, Block> live = new TreeMap<>();
  private int asked;
  private long added;
  private long removed;
  private IllegalStateException failure;

  /**
   * A block that is live.
   *
   * @param start where the allocator says it starts
   * @param byteSize what the workload asked for
   * @param guard bytes before and behind what the workload sees
   */
  record Block(long start, long byteSize, int guard) {

    /** Where it starts for the workload. */
    long address() {
      return start + guard;
    }

    /** Where it ends; one without a byte has one for its own all the same, as it is distinct. */
    long end() {
      return start + Math.max(1, byteSize + 2L * guard);
    }

    @Override
    public String toString() {
      return "the block of "
          + byteSize
          + " bytes at "
          + hex(address())
          + " (asked for "
          + hex(start)
          + ")";
    }
  }

  static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }

  /** A number for each block asked for. */
  synchronized int next() {
    asked = (asked + 1) & Integer.MAX_VALUE;
    return asked;
  }

  /** Adds a block, which must lie in no other. */
  synchronized void add(Block block) {
    Map.Entry<Long, Block> before = live.floorEntry(block.address());
    Map.Entry<Long, Block> behind = live.ceilingEntry(block.address());
    if (before != null && before.getValue().end() > block.start()) {
      throw failed(block + " lies in " + before.getValue() + ", which is live");
    }
    if (behind != null && behind.getValue().start() < block.end()) {
      throw failed(block + " lies in " + behind.getValue() + ", which is live");
    }
    live.put(block.address(), block);
    added++;
  }

  /** Removes a block, before it is freed: from then on another thread may get it. */
  synchronized Block remove(long address) {
    Block block = live.remove(address);
    if (block == null) {
      throw failed(hex(address) + " is freed and not live");
    }
    removed++;
    return block;
  }

  /** Fails if anything is live or ever failed, whoever caught that. */
  synchronized void requireEmpty() {
    if (failure != null) {
      throw new IllegalStateException(failure.getMessage(), failure);
    }
    if (!live.isEmpty()) {
      throw failed(
          added + " blocks allocated, " + removed + " freed: " + live.firstEntry().getValue());
    }
  }

  /** Notes a fault, and makes what is to be thrown. */
  synchronized IllegalStateException failed(String reason) {
    IllegalStateException e = new IllegalStateException("self-check: " + reason);
    if (failure == null) {
      failure = e;
    }
    return e;
  }
}
