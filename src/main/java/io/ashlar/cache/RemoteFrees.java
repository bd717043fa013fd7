// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.frame.FrameTable;
import io.ashlar.slab.BlockMap;
import io.ashlar.slab.FrameTag;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.Shard;
import io.ashlar.slab.SlabSpace;

/**
 * The way home from a thread's remote magazines: what they hold goes to the blocks' shards in
 * batches. Used as the {@link ThreadCache} is whose magazines it works on.
 */
final class RemoteFrees {

  private static final int NOWHERE = -1;

  private final SlabSpace space;
  private final BlockMap blocks;
  private final Magazines magazines;
  private final long[] record;
  private final Shard shard;

  RemoteFrees(SlabSpace space, Magazines magazines, int home) {
    this.space = space;
    this.blocks = space.blocks();
    this.magazines = magazines;
    this.record = magazines.record();
    this.shard = space.shard(home);
  }

  /**
   * Hands over what a remote magazine holds, a batch to each shard; bringing the blocks home is
   * left to the shard's threads while they keep up.
   */
  void send(int sizeClass) {
    int remote = Magazines.remote(sizeClass);
    for (int left; (left = magazines.count(remote)) > 0; ) {
      int rounds = magazines.rounds(remote);
      int to = homeOf(record[rounds]);
      FreeBatch batch = (to == NOWHERE ? shard : space.shard(to)).tryEmptyBatch();
      if (batch == null) {
        sendEach(remote, sizeClass, left);
        return;
      }
      batch.begin(sizeClass);
      int kept = 0;
      if (prefixOf(to, rounds, left) == left) {
        batch.load(record, rounds, left);
      } else {
        kept = divide(rounds, left, batch, to);
      }
      // First out of here, then over there: rather lost than had twice.
      magazines.loaded(remote, kept - left);
      handOver(batch, to);
    }
  }

  /** Sends the newest rounds of a remote magazine home one by one: there is no batch for them. */
  private void sendEach(int remote, int sizeClass, int count) {
    for (int i = 0; i < count; i++) {
      long address = magazines.newest(remote);
      int to = homeOf(address);
      magazines.loaded(remote, -1);
      if (to == NOWHERE) {
        space.noteFreedTwice(address);
      } else {
        space.shard(to).takeBack(sizeClass, address);
      }
    }
  }

  private void handOver(FreeBatch batch, int to) {
    if (to == NOWHERE) {
      for (int i = 0; i < batch.count(); i++) {
        space.noteFreedTwice(batch.address(i));
      }
    } else if (space.shard(to).offer(batch)) {
      space.shard(to).tryDrain();
    }
  }

  /** Puts the blocks of a shard into a batch; moves the others together, and returns how many. */
  private int divide(int rounds, int count, FreeBatch batch, int shardNumber) {
    int kept = 0;
    for (int i = rounds; i < rounds + count; i++) {
      long address = record[i];
      if (homeOf(address) == shardNumber) {
        batch.add(address);
      } else {
        record[rounds + kept++] = address;
      }
    }
    return kept;
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
}
