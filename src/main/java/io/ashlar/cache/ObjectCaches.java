// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.ObjectShard;
import io.ashlar.slab.ObjectSpace;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.agrona.collections.LongHashSet;

/**
 * All threads' magazines for one typed cache, and what {@link ObjectPath} leaves.
 *
 * <p>A thread's magazines for a typed cache belong to its {@link ThreadCache}: virtual threads take
 * the turn of a shared cache, and the end of a thread is found as {@link ThreadCaches} finds it.
 *
 * <p><b>Construction.</b> Blocks come from the shards constructed or raw, a batch at a time. Raw
 * ones are constructed by the thread that needs them, after it has left its cache and holds no
 * lock: the initialiser may use the allocator and this very cache. What it has constructed goes to
 * the magazine; if it throws, the others go back to their slab as they are.
 *
 * <p><b>Locks.</b> {@link #lock} is taken to make and to end magazines, and to flush them in a call
 * of the allocator, so that closing this cache may meet such a call. It comes behind a shared
 * cache's turn and the registry of caches, before a shard's.
 */
public final class ObjectCaches {

  private static final long NULL = 0;

  /** Up to this size a thread keeps back as many blocks as of a size class. */
  private static final int MAX_SMALL_BYTES = 32 << 10;

  /** A thread keeps back at most this part of a cache's blocks in a magazine. */
  private static final int SHARES = 64;

  private final ThreadCaches threads;
  private final ObjectSpace space;
  private final LongConsumer initialiser;
  private final int maxRounds;
  private final int maxRemoteRounds;

  private final RecordTable table = new RecordTable();
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<ObjectMagazines> all = new HashSet<>();
  private final ObjectCounts ended = new ObjectCounts();
  private final LongAdder initialised = new LongAdder();
  private volatile boolean closed;

  /**
   * Makes the caches.
   *
   * @param threads the allocator's
   * @param space the typed cache's blocks
   * @param maxBlocks most blocks of the cache; few are not kept back by threads
   * @param initialiser constructs the block at an address
   */
  public ObjectCaches(
      ThreadCaches threads, ObjectSpace space, long maxBlocks, LongConsumer initialiser) {
    this.threads = threads;
    this.space = space;
    this.initialiser = initialiser;
    int bytes = space.blocks().blockBytes();
    int rounds =
        bytes <= MAX_SMALL_BYTES
            ? Magazines.roundsOf(bytes)
            : Math.max(1, Magazines.MIN_ROUNDS * MAX_SMALL_BYTES / bytes);
    int remoteRounds = Math.min(rounds, Magazines.remoteRoundsOf(bytes));
    maxRounds = (int) Math.min(rounds, maxBlocks / SHARES);
    maxRemoteRounds = (int) Math.min(remoteRounds, maxBlocks / SHARES);
  }

  ObjectSpace space() {
    return space;
  }

  /**
   * Where threads find their records, for {@link ObjectPath}.
   *
   * @return what {@link RecordTable#at} reads
   */
  public long[][] records() {
    return table.records();
  }

  boolean strict() {
    return threads.strict();
  }

  int maxRounds() {
    return maxRounds;
  }

  int maxRemoteRounds() {
    return maxRemoteRounds;
  }

  /**
   * Refuses a cache that is closed.
   *
   * @throws IllegalStateException if it is
   */
  public void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the typed cache is closed");
    }
  }

  // ---- the calling thread's --------------------------------------------------------------------

  /** The magazines that belong to the cache that the calling thread has entered. */
  private ObjectMagazines magazines(ThreadCache thread) {
    checkOpen();
    ObjectMagazines own = thread.objects(space.blocks().cache());
    return own != null && isOurs(own) ? own : create(thread);
  }

  @SuppressWarnings("ReferenceEquality") // Caches are themselves.
  private boolean isOurs(ObjectMagazines magazines) {
    return magazines.caches() == this;
  }

  private ObjectMagazines create(ThreadCache thread) {
    lock.lock();
    try {
      checkOpen();
      ObjectMagazines made = new ObjectMagazines(this, thread);
      boolean entered = false;
      try {
        all.add(made);
        thread.setObjects(space.blocks().cache(), made);
        entered = true;
      } finally {
        if (!entered) {
          all.remove(made);
        }
      }
      table.add(made.record());
      return made;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a constructed block, constructing some if there are none.
   *
   * @return its address; 0 if memory or the cache's capacity is out
   */
  public long alloc() {
    for (boolean reclaimed = false; ; reclaimed = true) {
      FreeBatch batch = null;
      ThreadCache thread = threads.enter();
      long address;
      try {
        ObjectMagazines own = magazines(thread);
        address = own.alloc();
        if (address == NULL) {
          batch = reclaimed ? refillUnpurged(own) : own.refill();
          if (batch != null && batch.sizeClass() == ObjectShard.CONSTRUCTED) {
            address = own.load(batch);
            batch = null;
          }
        }
      } finally {
        threads.leaveTurn(thread);
      }
      if (batch != null) {
        address = construct(batch);
      }
      if (address != NULL || reclaimed) {
        threads.space().reportFaults();
        return address;
      }
      reclaim();
    }
  }

  /** While a run is purged it cannot be allocated, and memory may seem to be out. */
  private FreeBatch refillUnpurged(ObjectMagazines own) {
    threads.space().pausePurge();
    try {
      return own.refill();
    } finally {
      threads.space().resumePurge();
    }
  }

  /** Constructs a batch of raw blocks, allocates one of them and keeps the others. */
  private long construct(FreeBatch batch) {
    int made = 0;
    int count = batch.count();
    try {
      for (; made < count; made++) {
        initialiser.accept(batch.address(made));
      }
    } catch (Throwable e) {
      takeBack(batch, made);
      throw e;
    } finally {
      initialised.add(made);
    }
    batch.setSizeClass(ObjectShard.CONSTRUCTED);
    ThreadCache thread = threads.enter();
    try {
      return magazinesFor(batch, thread).load(batch);
    } finally {
      threads.leaveTurn(thread);
    }
  }

  /** As {@link #magazines}; where there is no heap for them a constructed batch goes home. */
  private ObjectMagazines magazinesFor(FreeBatch batch, ThreadCache thread) {
    try {
      return magazines(thread);
    } catch (Throwable e) {
      space.homeOf(batch.address(0)).offer(batch);
      throw e;
    }
  }

  /** After an error of the initialiser: the shard gets all blocks, and knows which are raw. */
  private void takeBack(FreeBatch batch, int made) {
    ObjectShard home = space.homeOf(batch.address(0));
    home.putBackRaw(batch, made);
    batch.setSizeClass(ObjectShard.CONSTRUCTED);
    if (made > 0) {
      home.offer(batch);
    } else {
      home.pool().recycle(batch);
    }
  }

  /**
   * Takes a block back.
   *
   * @param address any value
   * @return whether it was a block of this cache in use; if not nothing has changed
   */
  public boolean free(long address) {
    boolean freed;
    ThreadCache thread = threads.enter();
    try {
      freed = magazines(thread).free(address);
    } finally {
      threads.leaveTurn(thread);
    }
    threads.space().reportFaults();
    return freed;
  }

  /** Gives back to the shards what the calling thread keeps. */
  public void flush() {
    checkOpen();
    ThreadCache thread = threads.enter();
    try {
      flushOf(thread);
    } finally {
      threads.leave(thread);
    }
  }

  // ---- other threads' --------------------------------------------------------------------------

  /**
   * Gives back what magazines hold, in a call of the allocator rather than of this cache; false if
   * they have ended.
   */
  boolean flush(ObjectMagazines magazines) {
    lock.lock();
    try {
      if (magazines.isEnded()) {
        return false;
      }
      magazines.flush();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the magazines of a thread that has ended. */
  void end(ObjectMagazines magazines) {
    lock.lock();
    try {
      if (!magazines.isEnded()) {
        all.remove(magazines);
        table.remove(magazines.record());
        endLocked(magazines);
      }
    } finally {
      lock.unlock();
    }
  }

  private void endLocked(ObjectMagazines magazines) {
    magazines.end();
    magazines.count(ended);
  }

  /** Flushes the magazines for this cache that belong to a thread's cache. */
  private void flushOf(ThreadCache thread) {
    ObjectMagazines own = thread.objects(space.blocks().cache());
    if (own != null && isOurs(own)) {
      flush(own);
    }
  }

  /**
   * Finds blocks when there are none: what the calling thread, ended threads and shared caches
   * keep, and what is in the queues; and, if memory is out rather than the cache full, what the
   * allocator finds for itself.
   */
  private void reclaim() {
    if (space.isAtLimit()) {
      threads.visitIdle(this::flushOf);
    } else {
      threads.reclaim();
    }
    space.bringHome();
  }

  /**
   * Gives memory back to the allocator: slabs that are wholly free when what the calling thread,
   * ended threads and shared caches keep has come home. Blocking: waits for each shard's lock.
   *
   * @param destroy is shown each constructed block of those slabs, with no lock held; must not
   *     throw
   * @return bytes given back
   */
  public long trim(LongConsumer destroy) {
    checkOpen();
    threads.visitIdle(this::flushOf);
    long bytes = space.giveBack(destroy);
    threads.space().purgeIfDue();
    threads.space().reportFaults();
    return bytes;
  }

  /**
   * Closes the cache; no other thread may be in a call of it. Idempotent.
   *
   * @param destroy is shown each constructed block that is not in use; must not throw
   */
  public void close(LongConsumer destroy) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      table.clear();
      all.forEach(this::endLocked);
      all.clear();
    } finally {
      lock.unlock();
    }
    space.unmakeAll(destroy);
    space.close();
    threads.space().reportFaults();
  }

  // ---- figures ---------------------------------------------------------------------------------

  /**
   * How often the initialiser was called and returned.
   *
   * @return so far
   */
  public long initialised() {
    return initialised.sum();
  }

  /**
   * Adds up what the threads count.
   *
   * @return the sums, each true at some moment during the call
   */
  public ObjectCounts counts() {
    ObjectCounts sums = new ObjectCounts();
    lock.lock();
    try {
      sums.add(ended);
      for (ObjectMagazines magazines : all) {
        magazines.count(sums);
        sums.bytes += magazines.footprint();
      }
    } finally {
      lock.unlock();
    }
    return sums;
  }

  /**
   * Bytes of physical memory that the cache's own records take.
   *
   * @return bytes, native and on the Java heap, about
   */
  public long metadataBytes() {
    return space.metadataBytes() + RecordTable.FOOTPRINT + counts().bytes();
  }

  /**
   * Checks slabs, shards and magazines, and that each block is in exactly one place. No other
   * thread may be using the cache.
   *
   * @throws IllegalStateException at the first broken invariant
   */
  public void validate() {
    checkOpen();
    space.validate();
    ObjectCounts counts = counts();
    LongHashSet kept = new LongHashSet();
    lock.lock();
    try {
      all.forEach(magazines -> magazines.validate(kept::add));
    } finally {
      lock.unlock();
    }
    long elsewhere = space.capacityBlocks() - space.depotBlocks() - space.freeBlocks();
    long inUse = counts.allocations() - counts.frees();
    check(inUse == elsewhere - kept.size(), inUse + " in use, " + elsewhere + " out");
    check(!space.blocks().checked() || space.liveBlocks() == inUse, "states are not those in use");
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException("a typed cache has lost or doubled blocks: " + broken);
    }
  }
}
