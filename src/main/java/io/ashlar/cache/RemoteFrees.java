// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.frame.FrameTable;
import io.ashlar.slab.BlockMap;
import io.ashlar.slab.FrameTag;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.Shard;
import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabSpace;
import io.ashlar.slab.SpareBatches;

/**
 * The way home from a thread's remote magazines: what they hold is packed into batches, and these
 * are handed over to the blocks' shards, several as one. Used as the {@link ThreadCache} is whose
 * magazines it works on.
 */
final class RemoteFrees {

  /** With so many bytes of blocks packed, all are handed over. */
  private static final int MAX_BYTES = 64 << 10;

  private static final int NOWHERE = -1;

  private final SlabSpace space;
  private final BlockMap blocks;
  private final Magazines magazines;
  private final long[] record;
  private final SpareBatches spares = new SpareBatches();

  /** By home: what is packed for it, a chain of batches, the newest first; null if nothing is. */
  private final FreeBatch[] packed;

  /** Bytes of the blocks in all of them. */
  private long packedBytes;

  RemoteFrees(SlabSpace space, Magazines magazines) {
    this.space = space;
    this.blocks = space.blocks();
    this.magazines = magazines;
    this.record = magazines.record();
    this.packed = new FreeBatch[space.shardCount()];
  }

  /**
   * Packs what a remote magazine holds. What is packed for a shard is handed over when there is
   * much of it; bringing the blocks home is left to the shard's threads while they keep up.
   */
  void send(int sizeClass) {
    int remote = Magazines.remote(sizeClass);
    for (int left; (left = magazines.count(remote)) > 0; ) {
      int to = homeOf(magazines.oldest(remote));
      if (to == NOWHERE) {
        dropOldest(remote);
        continue;
      }
      FreeBatch batch = open(to, sizeClass);
      if (batch == null) {
        takeOldestBack(remote, sizeClass, to);
      } else {
        pack(remote, left, batch, to);
      }
    }
    if (packedBytes >= MAX_BYTES) {
      handOver();
    }
  }

  /** A batch for a shard that has room; null if the Java heap has none for it. */
  private FreeBatch open(int to, int sizeClass) {
    for (FreeBatch batch = packed[to]; batch != null; batch = batch.behind()) {
      if (batch.sizeClass() == sizeClass && batch.room() > 0) {
        return batch;
      }
    }
    if (packed[to] != null && packed[to].chained() == FreeBatch.CHAIN) {
      handOver(to);
    }
    FreeBatch batch = spares.tryGet(space.shard(to));
    if (batch != null) {
      packed[to] = batch.begin(sizeClass).chainedTo(packed[to]);
    }
    return batch;
  }

  private void pack(int remote, int count, FreeBatch batch, int to) {
    long before = bytes(batch);
    int rounds = magazines.rounds(remote);
    boolean whole = count <= batch.room() && prefixOf(to, rounds, count) == count;
    // First out of here, then over there: rather lost, where an error comes between, than had
    // twice.
    magazines.loaded(remote, -count);
    if (whole) {
      batch.load(record, rounds, count);
    } else {
      magazines.loaded(remote, divide(rounds, count, batch, to));
    }
    packedBytes += bytes(batch) - before;
  }

  private static long bytes(FreeBatch batch) {
    return (long) batch.count() * SizeClasses.blockBytes(batch.sizeClass());
  }

  /**
   * Puts a shard's blocks into a batch with room; moves the rest together, and returns how many.
   */
  private int divide(int rounds, int count, FreeBatch batch, int shardNumber) {
    int kept = 0;
    for (int i = rounds; i < rounds + count; i++) {
      long address = record[i];
      if (homeOf(address) != shardNumber || !batch.add(address)) {
        record[rounds + kept++] = address;
      }
    }
    return kept;
  }

  private void dropOldest(int remote) {
    long address = magazines.oldest(remote);
    magazines.unload(remote, 1);
    space.noteFreedTwice(address);
  }

  /** For what there is no batch. */
  private void takeOldestBack(int remote, int sizeClass, int to) {
    long address = magazines.oldest(remote);
    magazines.unload(remote, 1);
    space.shard(to).takeBack(sizeClass, address);
  }

  /** Hands over all that is packed. */
  void handOver() {
    for (int to = 0; to < packed.length; to++) {
      if (packed[to] != null) {
        handOver(to);
      }
    }
    // As it is already, but after an error in the middle.
    packedBytes = 0;
  }

  private void handOver(int to) {
    FreeBatch chain = packed[to];
    long bytes = 0;
    for (FreeBatch batch = chain; batch != null; batch = batch.behind()) {
      bytes += bytes(batch);
    }
    packedBytes -= bytes;
    // First out of here, then over there: rather lost, where an error comes between, than had
    // twice.
    packed[to] = null;
    Shard home = space.shard(to);
    if (home.offer(chain)) {
      home.tryDrain();
    }
  }

  /** How many rounds from the first on are blocks of a shard. */
  int prefixOf(int shardNumber, int rounds, int count) {
    // Out of the loop, in which the compiler would read them anew each time.
    long regionAddress = blocks.regionAddress();
    int packedTags = blocks.packedTags();
    int n = 0;
    while (n < count
        && FrameTag.home(FrameTable.lowHalf(packedTags, record[rounds + n] - regionAddress))
            == shardNumber) {
      n++;
    }
    return n;
  }

  /** The home of a block; {@link #NOWHERE} if it was freed twice, and its slab is gone. */
  private int homeOf(long address) {
    int key = blocks.key(blocks.offset(address));
    return FrameTag.isSlab(key) ? FrameTag.home(key) : NOWHERE;
  }

  /** Shows the blocks that are packed. */
  void forEach(Visitor visitor) {
    for (FreeBatch chain : packed) {
      for (FreeBatch batch = chain; batch != null; batch = batch.behind()) {
        for (int i = 0; i < batch.count(); i++) {
          visitor.visit(batch.sizeClass(), batch.address(i));
        }
      }
    }
  }

  /** Bytes on the Java heap, about; for any thread. */
  long footprint() {
    long batches = 0;
    for (FreeBatch chain : packed) {
      batches += chain == null ? 0 : chain.chained();
    }
    return (long) packed.length * Integer.BYTES
        + spares.footprint()
        + batches * FreeBatch.FOOTPRINT;
  }

  /** Is shown blocks. */
  @FunctionalInterface
  interface Visitor {

    /**
     * A block.
     *
     * @param sizeClass its class
     * @param address its address
     */
    void visit(int sizeClass, long address);
  }
}
