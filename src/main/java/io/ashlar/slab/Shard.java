// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.Counts;
import io.ashlar.memory.SpinLock;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;

/**
 * An independent set of slabs: per class those with free blocks, and a {@link Depot} of batches of
 * free blocks that have left their slabs, one lock over all of them, and a queue through which
 * other threads bring freed blocks home. A slab belongs to one shard for life; threads do not own
 * slabs, so nothing is left behind by a thread that ends.
 *
 * <p><b>Structure.</b> Under {@link #lock}: the depot, the lists, the slabs in them, the consuming
 * end of {@link #inbox}. Free of it: offering to {@code inbox}, and the pool {@link #emptied} of
 * batches to be used again, which is why steady traffic makes no garbage.
 *
 * <p><b>Progress.</b> {@code try…} methods never wait for the lock: they are wait-free when it is
 * taken, and otherwise bounded by the blocks that they move. {@link #offer} is lock-free. Whoever
 * finds the lock taken goes to another shard, or leaves the blocks in {@code inbox}. Nothing here
 * needs the Java heap to take blocks back: where it is out they go to their slabs under the lock.
 *
 * <p><b>Linearization.</b> A block that is released is free when the lock is released; one that is
 * offered when the queue's producer index has moved.
 */
public final class Shard {

  /** What {@link #tryRefill} returns when somebody else is working on the shard. */
  public static final int CONTENDED = -1;

  /** Chains that wait in the queue before those who bring them are asked to help. */
  private static final int CROWDED_CHAINS = 16;

  /** References in a piece of the queue: more than wait in it at most, in steady traffic. */
  private static final int INBOX_PIECE = 128;

  /**
   * Chains of batches that wait to be used again; those beyond are garbage. With 8, two threads
   * that free each other's 2000 blocks of 16 sizes, turn by turn, make two or three new ones each
   * turn.
   */
  private static final int EMPTIED_CHAINS = 32;

  /** A shard with its lists and two queues, on the Java heap, about. */
  private static final long FOOTPRINT = 8 << 10;

  private final SpinLock lock = new SpinLock();
  private final int number;
  private final SlabSpace space;
  private final SlabList[] lists = new SlabList[SizeClasses.BOUND];
  private final Depot depot = new Depot();

  /** For {@link #takeBack}, which is called where the Java heap is out. */
  private final long[] single = new long[1];

  private final Inbox inbox = new Inbox(INBOX_PIECE, CROWDED_CHAINS, lock, this::keep);

  private final MessagePassingQueue<FreeBatch> emptied =
      new MpmcVarHandleArrayQueue<>(EMPTIED_CHAINS);

  /** Those at hand under the lock. */
  private final SpareBatches spares = new SpareBatches();

  Shard(int number, SlabSpace space) {
    this.number = number;
    this.space = space;
    for (int sizeClass = 1; sizeClass < lists.length; sizeClass++) {
      lists[sizeClass] = new SlabList();
    }
  }

  /**
   * The shard's number, its slabs' home.
   *
   * @return 0 … number of shards - 1
   */
  public int number() {
    return number;
  }

  /**
   * Takes free blocks of a class, after bringing in what other threads have freed.
   *
   * @param sizeClass the class
   * @param into where their addresses are written
   * @param index of the first
   * @param n how many are wanted, 1 or more
   * @return how many were taken, fewer than {@code n} when the depot has no more, or a new slab
   *     would be needed for the rest; 0 if memory is out; {@link #CONTENDED} if the lock is taken
   */
  public int tryRefill(int sizeClass, long[] into, int index, int n) {
    if (!lock.tryLock()) {
      return CONTENDED;
    }
    try {
      inbox.drain(Inbox.REFILL_BATCHES);
      return take(sizeClass, into, index, n);
    } finally {
      lock.unlock();
    }
  }

  private int take(int sizeClass, long[] into, int index, int n) {
    int taken = 0;
    FreeBatch batch = depot.first(sizeClass);
    // Batches are taken whole where they can be: what was allocated together stays together.
    while (batch != null && (taken == 0 || batch.count() <= n - taken)) {
      taken += depot.take(batch, into, index + taken, n - taken);
      if (batch.count() == 0) {
        spares.put(batch, this);
      }
      batch = depot.first(sizeClass);
    }
    return taken > 0 ? taken : takeFromSlabs(sizeClass, into, index, n);
  }

  private int takeFromSlabs(int sizeClass, long[] into, int index, int n) {
    SlabList list = lists[sizeClass];
    int taken = 0;
    while (taken < n) {
      Slab slab = list.first();
      if (slab == null) {
        if (taken > 0) {
          break;
        }
        slab = space.newSlab(this, sizeClass);
        if (slab == null) {
          break;
        }
        list.addFirst(slab);
        list.addAllFree(1);
      }
      if (slab.isAllFree()) {
        list.addAllFree(-1);
      }
      taken += slab.take(into, index + taken, n - taken);
      if (slab.freeCount() == 0) {
        list.remove(slab);
      }
    }
    return taken;
  }

  /**
   * Takes free blocks of this shard back, into the depot or their slabs.
   *
   * @param sizeClass their class
   * @param from where the blocks' addresses are; the blocks are not live in the block map
   * @param index of the first
   * @param n how many, at most {@link FreeBatch#CAPACITY}
   * @return whether it was done; if not, the lock is taken and nothing has changed
   */
  public boolean tryRelease(int sizeClass, long[] from, int index, int n) {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      FreeBatch batch = depot.hasRoom(sizeClass, n) ? spares.tryGet(this) : null;
      if (batch != null) {
        batch.begin(sizeClass).load(from, index, n);
        if (Counts.ON) {
          Counts.filled(n);
        }
        keep(batch);
      } else {
        putAll(from, index, n, sizeClass);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a free block of this shard back, into its slab: what needs no batch, for who has none.
   *
   * <p>Blocking: waits for the lock.
   *
   * @param sizeClass its class
   * @param address the block, not live in the block map
   */
  public void takeBack(int sizeClass, long address) {
    lock.lock();
    try {
      single[0] = address;
      putAll(single, 0, 1, sizeClass);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands over a chain of batches of blocks of this shard, none of them live in the block map.
   * Lock-free, but that it waits for the lock where the Java heap is out.
   *
   * @param chain the batches, which are the shard's from now on
   * @return whether the queue has grown long, and the caller had better drain it
   */
  public boolean offer(FreeBatch chain) {
    return inbox.offer(chain);
  }

  /** Empty batches that were used before; one that is new if there are none. */
  FreeBatch emptyChain() {
    FreeBatch chain = emptied.relaxedPoll();
    if (Counts.ON && chain != null) {
      Counts.unpooled();
    }
    return chain != null ? chain : new FreeBatch();
  }

  /**
   * Brings in what other threads have freed. Any thread may do so, whether it uses this shard or
   * not.
   *
   * @return whether it was done; if not, somebody else is working on the shard
   */
  public boolean tryDrain() {
    if (inbox.isEmpty()) {
      return true;
    }
    if (!lock.tryLock()) {
      return false;
    }
    try {
      inbox.drain(Inbox.HELP_BATCHES);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Puts a batch into the depot, or its blocks into their slabs if the depot has enough. */
  private void keep(FreeBatch batch) {
    // Empty if its one block was freed twice, and had another home when it was looked at again.
    boolean kept = batch.count() > 0 && depot.add(batch);
    if (!kept) {
      putAll(batch.addresses, 0, batch.count(), batch.sizeClass());
    }
    if (!kept || batch.count() == 0) {
      spares.put(batch, this);
    }
  }

  /** Puts the blocks of a batch, and of those behind it, into their slabs. */
  private void putChain(FreeBatch chain) {
    for (FreeBatch batch = chain; batch != null; ) {
      FreeBatch rest = batch.unchain();
      putAll(batch.addresses, 0, batch.count(), batch.sizeClass());
      spares.put(batch, this);
      batch = rest;
    }
  }

  /**
   * Takes empty batches back; those too many are left to the garbage collector. Lock-free.
   *
   * @param chain the batches
   */
  public void recycle(FreeBatch chain) {
    boolean pooled = emptied.relaxedOffer(chain);
    if (Counts.ON && pooled) {
      Counts.pooled();
    }
  }

  /** Puts blocks into their slabs. One freed twice may be there already, or its slab dissolved. */
  private void putAll(long[] blocks, int from, int n, int sizeClass) {
    int end = from + n;
    for (int at = from; at < end; ) {
      Slab slab = space.slabAt(blocks[at]);
      boolean isOurs = slab != null && slab.home() == this && slab.sizeClass() == sizeClass;
      int next = isOurs ? putRun(slab, blocks, at, end) : at;
      if (next == at) {
        space.noteFreedTwice(blocks[next++]);
      }
      at = next;
    }
  }

  /** Puts blocks into a slab as {@link Slab#put}: those that follow each other often share one. */
  private int putRun(Slab slab, long[] blocks, int from, int end) {
    SlabList list = lists[slab.sizeClass()];
    boolean wasInUse = slab.freeCount() == 0;
    int next = slab.put(blocks, from, end);
    if (next == from) {
      return next;
    }
    if (wasInUse) {
      list.addFirst(slab);
    }
    if (slab.isAllFree()) {
      list.remove(slab);
      if (list.allFree() >= SlabSpace.RESERVE_SLABS) {
        space.dissolve(slab);
      } else {
        list.addLast(slab);
        list.addAllFree(1);
      }
    }
    return next;
  }

  /**
   * Brings in what was freed, and gives back every slab that is wholly free. Waits for the lock.
   */
  void trim() {
    lock.lock();
    try {
      inbox.drain(Integer.MAX_VALUE);
      for (int sizeClass = 1; sizeClass < lists.length; sizeClass++) {
        putChain(depot.removeAll(sizeClass));
        dissolve(lists[sizeClass], lists[sizeClass].allFree());
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Brings in what was freed, and gives back what was not used since the last time: of the depot,
   * and of the slabs that are wholly free. Does nothing if the lock is taken.
   */
  void tryTidy() {
    if (!lock.tryLock()) {
      return;
    }
    try {
      inbox.drain(Inbox.HELP_BATCHES);
      for (int sizeClass = 1; sizeClass < lists.length; sizeClass++) {
        putChain(depot.removeUnused(sizeClass));
        dissolve(lists[sizeClass], lists[sizeClass].unusedAllFree());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives back so many of the slabs that are wholly free, which stand at the end. */
  private void dissolve(SlabList list, int count) {
    for (int i = 0; i < count; i++) {
      Slab slab = list.last();
      list.remove(slab);
      list.addAllFree(-1);
      space.dissolve(slab);
    }
  }

  /** Adds up the blocks that are in the shard's slabs, by class. */
  void countFree(long[] freeBlocks) {
    lock.lock();
    try {
      for (int sizeClass = 1; sizeClass < lists.length; sizeClass++) {
        for (Slab slab = lists[sizeClass].first(); slab != null; slab = slab.next) {
          freeBlocks[sizeClass] += slab.freeCount();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that the shard and its batches take on the Java heap, about. */
  long footprint() {
    long chains = emptied.size();
    lock.lock();
    try {
      return FOOTPRINT
          + inbox.footprint()
          + chains * FreeBatch.CHAIN * FreeBatch.FOOTPRINT
          + spares.footprint()
          + depot.footprint();
    } finally {
      lock.unlock();
    }
  }

  /** Checks the lists and the slabs in them. */
  void validate() {
    lock.lock();
    try {
      depot.validate(this, space);
      for (int sizeClass = 1; sizeClass < lists.length; sizeClass++) {
        int allFree = 0;
        Slab before = null;
        for (Slab slab = lists[sizeClass].first(); slab != null; slab = slab.next) {
          slab.validate(space.blocks());
          check(slab.previous == before, "is linked wrongly", slab);
          check(slab.home() == this && slab.sizeClass() == sizeClass, "is in a wrong list", slab);
          check(slab.freeCount() > 0, "is in a list and full", slab);
          check(allFree == 0 || slab.isAllFree(), "stands behind a wholly free one", slab);
          check(space.slab(slab.number) == slab, "is not in the directory", slab);
          allFree += slab.isAllFree() ? 1 : 0;
          before = slab;
        }
        if (allFree != lists[sizeClass].allFree()) {
          throw new IllegalStateException("shard " + number + " counts its free slabs wrongly");
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void check(boolean holds, String broken, Slab slab) {
    if (!holds) {
      throw new IllegalStateException("shard " + number + ": slab " + slab.number + " " + broken);
    }
  }
}
