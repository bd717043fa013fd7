// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Backoff;
import io.ashlar.slab.FrameTag;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.ObjectBlocks;
import io.ashlar.slab.ObjectShard;
import io.ashlar.slab.ObjectSpace;
import io.ashlar.slab.SpareBatches;
import java.util.function.LongPredicate;

/**
 * One thread's {@link Magazines} for a typed cache, and how they are filled and emptied: what
 * {@link ThreadCache} is for the size classes. All rounds are constructed blocks.
 *
 * <p>Two things differ. A refill may bring blocks that are still to be constructed; those are the
 * caller's, who constructs them where it holds nothing and nothing is half done, since that is a
 * user's code. And a cache with few blocks keeps none of them back: then every block passes through
 * to its shard and from it, and the magazines have no room.
 *
 * <p><b>Threads.</b> As with {@link ThreadCache}: used by the owner alone, or by who holds the turn
 * of the shared cache that it belongs to; or, after the owner's end or at the typed cache's, by who
 * holds the lock of {@link ObjectCaches}.
 */
final class ObjectMagazines {

  private static final int VISITS_PER_SWEEP = 64;
  private static final int LOCAL = Magazines.OBJECTS;
  private static final int REMOTE = Magazines.REMOTE_OBJECTS;

  private static final int FOOTPRINT = 64;

  private final ObjectCaches caches;
  private final ObjectSpace space;
  private final ObjectBlocks blocks;
  private final ObjectShard shard;
  private final SpareBatches spares = new SpareBatches();
  private final Magazines magazines;
  private final long[] record;

  /** Whether the typed cache is closed, or the thread has ended. Under the lock of the caches. */
  private boolean ended;

  ObjectMagazines(ObjectCaches caches, ThreadCache thread) {
    this.caches = caches;
    space = caches.space();
    blocks = space.blocks();
    shard = space.shard(thread.home());
    magazines = Magazines.ofObjects(thread.record(), caches.maxRounds(), caches.maxRemoteRounds());
    record = magazines.record();
  }

  ObjectCaches caches() {
    return caches;
  }

  long[] record() {
    return record;
  }

  // ---- allocation ------------------------------------------------------------------------------

  /** A constructed block out of the magazine; 0 if it is empty. */
  long alloc() {
    return ObjectPath.alloc(blocks, record);
  }

  /** Takes blocks of one kind from a shard, for {@link #load}; null if there are none. */
  FreeBatch refill() {
    visitSlowPath();
    magazines.grow(LOCAL);
    // A batch holds no more, though a magazine for small blocks has room for more than two.
    int half = Math.clamp((magazines.capacity(LOCAL) + 1) / 2, 1, FreeBatch.CAPACITY);
    FreeBatch batch = spares.get(shard.pool());
    boolean taken = false;
    try {
      taken = takeFromShards(batch, half);
    } finally {
      if (!taken) {
        spares.put(batch.begin(ObjectShard.CONSTRUCTED), shard.pool());
      }
    }
    return taken ? batch : null;
  }

  private boolean takeFromShards(FreeBatch into, int wanted) {
    for (int attempt = 0; ; attempt++) {
      boolean contended = false;
      for (int i = 0; i < space.shardCount(); i++) {
        int from = (shard.number() + i) % space.shardCount();
        int taken = space.shard(from).tryTake(into, wanted);
        if (taken > 0) {
          return true;
        }
        contended |= taken == ObjectShard.CONTENDED;
      }
      if (!contended) {
        return false;
      }
      Backoff.pause(attempt);
    }
  }

  /** Allocates one of a batch of constructed blocks, and keeps the others. */
  long load(FreeBatch batch) {
    int kept = batch.count() - 1;
    long address = batch.address(kept);
    blocks.setLive(blocks.placeOf(address));
    magazines.passOut(LOCAL);
    batch.cutTo(kept);
    keep(batch);
    return address;
  }

  /** Keeps constructed blocks as far as there is room, and gives the others back to their shard. */
  void keep(FreeBatch batch) {
    int room = magazines.capacity(LOCAL) - magazines.count(LOCAL);
    int n = Math.min(room, batch.count());
    if (n > 0) {
      boolean mixed = space.homeOf(batch.address(0)) != shard;
      batch.unload(record, magazines.rounds(LOCAL) + magazines.count(LOCAL), n);
      magazines.setMixed(LOCAL, mixed || (magazines.count(LOCAL) > 0 && isMixed()));
      magazines.loaded(LOCAL, n);
    }
    if (batch.count() > 0) {
      handOver(batch, space.homeOf(batch.address(0)));
    } else {
      spares.put(batch, shard.pool());
    }
  }

  // ---- freeing ---------------------------------------------------------------------------------

  /** Takes a block back; whether it was in use, and this cache's. If not nothing has changed. */
  boolean free(long address) {
    return ObjectPath.free(blocks, record, address) || freeSlow(address);
  }

  private boolean freeSlow(long address) {
    long offset = blocks.offset(address);
    if (!blocks.contains(offset)) {
      return false;
    }
    long tag = blocks.tag(offset);
    int key = FrameTag.key(tag);
    if (!FrameTag.isObject(key, blocks.cache())) {
      return false;
    }
    long place = blocks.place(offset, tag);
    if (place == ObjectBlocks.NOWHERE || !blocks.isLive(place)) {
      return false;
    }
    boolean local = key == FrameTag.objectKey(shard.number(), blocks.cache());
    int magazine = local ? LOCAL : REMOTE;
    makeRoom(magazine);
    // At the strict setting another may have been faster meanwhile.
    if (!claim(place)) {
      return false;
    }
    if (magazines.capacity(magazine) > 0) {
      magazines.push(magazine, address);
    } else {
      magazines.passIn(magazine);
      sendAlone(address);
    }
    return true;
  }

  private boolean claim(long place) {
    if (caches.strict()) {
      return blocks.tryFree(place);
    }
    blocks.setFree(place);
    return true;
  }

  private void makeRoom(int magazine) {
    int count = magazines.count(magazine);
    if (count < magazines.capacity(magazine)) {
      return;
    }
    visitSlowPath();
    if (magazine == REMOTE) {
      sendHome();
    } else if (!magazines.grow(LOCAL)) {
      release((magazines.count(LOCAL) + 1) / 2);
    }
  }

  // ---- giving back -----------------------------------------------------------------------------

  private boolean isMixed() {
    return magazines.isMixed(LOCAL);
  }

  /** Gives the oldest rounds back to their shards; taken out also if an error ends this early. */
  private void release(int count) {
    int left = count;
    while (left > 0) {
      int n = Math.min(left, FreeBatch.CAPACITY);
      int rounds = magazines.rounds(LOCAL);
      try {
        if (prefixOf(shard, rounds, n) < n || !shard.tryRelease(record, rounds, n)) {
          sendRounds(rounds, n);
        }
      } finally {
        magazines.unload(LOCAL, n);
      }
      left -= n;
    }
  }

  /** How many rounds from the first on are blocks of a shard. */
  private int prefixOf(ObjectShard home, int rounds, int count) {
    if (home == shard && !isMixed()) {
      return count;
    }
    int n = 0;
    while (n < count && space.homeOf(record[rounds + n]) == home) {
      n++;
    }
    return n;
  }

  private void sendAlone(long address) {
    FreeBatch batch = spares.tryGet(shard.pool());
    if (batch == null) {
      takeBack(address);
    } else {
      batch.begin(ObjectShard.CONSTRUCTED).add(address);
      handOver(batch, space.homeOf(address));
    }
  }

  /** Gives a block back to its shard where the Java heap has no room for a batch. */
  private void takeBack(long address) {
    ObjectShard home = space.homeOf(address);
    if (home == null) {
      space.noteFreedTwice(address);
    } else {
      home.takeBack(address);
    }
  }

  /** Sends rounds in batches, one for each stretch of the same home. */
  private void sendRounds(int rounds, int count) {
    for (int i = rounds; i < rounds + count; ) {
      ObjectShard home = space.homeOf(record[i]);
      FreeBatch batch = spares.tryGet(shard.pool());
      if (batch == null) {
        takeBack(record[i++]);
        continue;
      }
      batch.begin(ObjectShard.CONSTRUCTED);
      do {
        batch.add(record[i++]);
      } while (i < rounds + count && space.homeOf(record[i]) == home);
      handOver(batch, home);
    }
  }

  /** Hands over what the remote magazine holds, a batch to each shard. */
  private void sendHome() {
    for (int left; (left = magazines.count(REMOTE)) > 0; ) {
      int rounds = magazines.rounds(REMOTE);
      ObjectShard home = space.homeOf(record[rounds]);
      FreeBatch batch = spares.tryGet(shard.pool());
      if (batch == null) {
        long newest = magazines.newest(REMOTE);
        magazines.loaded(REMOTE, -1);
        takeBack(newest);
        continue;
      }
      batch.begin(ObjectShard.CONSTRUCTED);
      int kept = 0;
      for (int i = rounds; i < rounds + left; i++) {
        long address = record[i];
        if (space.homeOf(address) == home) {
          batch.add(address);
        } else {
          record[rounds + kept++] = address;
        }
      }
      // First out of here, then over there: rather lost than had twice.
      magazines.loaded(REMOTE, kept - left);
      handOver(batch, home);
    }
  }

  private void handOver(FreeBatch batch, ObjectShard home) {
    if (home == null) {
      for (int i = 0; i < batch.count(); i++) {
        space.noteFreedTwice(batch.address(i));
      }
    } else if (home.offer(batch)) {
      home.tryDrain();
    }
  }

  private void visitSlowPath() {
    if (magazines.visit() % VISITS_PER_SWEEP == 0) {
      sweep();
    }
  }

  /** Empties the magazines not used since the last sweep. */
  private void sweep() {
    int count = magazines.count(LOCAL);
    if (magazines.isIdle(LOCAL, magazines.allocations(LOCAL)) && count > 0) {
      release(count);
      magazines.shrink(LOCAL);
    }
    if (magazines.isIdle(REMOTE, magazines.frees(REMOTE))) {
      sendHome();
    }
  }

  /** Gives back every block that the thread keeps. */
  void flush() {
    release(magazines.count(LOCAL));
    sendHome();
  }

  // ---- end and figures -------------------------------------------------------------------------

  boolean isEnded() {
    return ended;
  }

  /** Gives back all blocks. Under the lock of the caches. */
  void end() {
    ended = true;
    flush();
  }

  /** Bytes on the Java heap, about. */
  long footprint() {
    return FOOTPRINT + magazines.footprint() + spares.footprint();
  }

  /** Adds the counters to sums. */
  void count(ObjectCounts sums) {
    sums.allocations += magazines.allocations(LOCAL);
    sums.remoteFrees += magazines.frees(REMOTE);
    sums.frees += magazines.frees(LOCAL) + magazines.frees(REMOTE);
  }

  /**
   * Checks that what the magazines hold is constructed, in use by nobody, and in them only once.
   */
  void validate(LongPredicate firstSeen) {
    for (int magazine = LOCAL; magazine <= REMOTE; magazine++) {
      int rounds = magazines.rounds(magazine);
      for (int i = rounds; i < rounds + magazines.count(magazine); i++) {
        long address = record[i];
        if (!space.isKept(address) || !firstSeen.test(address)) {
          throw new IllegalStateException(
              "a thread keeps object 0x%x, which may be elsewhere too".formatted(address));
        }
      }
    }
  }
}
