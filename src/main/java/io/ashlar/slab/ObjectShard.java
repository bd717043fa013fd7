// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.Counts;
import io.ashlar.memory.SpinLock;
import java.util.List;

/**
 * What a {@link Shard} is to the allocator, for one typed cache: the slabs with free blocks, a
 * depot of batches, a lock over both, and a queue through which other threads bring blocks home.
 * The protocol is the same, and so is its progress: {@code try…} methods never wait for the lock,
 * {@link #offer} is lock-free. Batches come from the allocator's shard of the same number and go
 * back there.
 *
 * <p>All blocks in the depot and in the queue are constructed. Those in slabs may be <em>raw</em>:
 * never constructed, or destroyed. {@link #tryTake} hands out the ones or the others, and says
 * which; it prefers constructed ones, wherever in the shard they are.
 */
public final class ObjectShard {

  /** What {@link #tryTake} returns when somebody else is working on the shard. */
  public static final int CONTENDED = -1;

  /** The class of a batch of constructed blocks. */
  public static final int CONSTRUCTED = 1;

  /** The class of a batch of blocks that are not. */
  public static final int RAW = 2;

  /** Batches, which come one by one, that wait before those who bring them are asked to help. */
  private static final int CROWDED_BATCHES = 64;

  /** References in a piece of the queue: small, since a program may have many caches. */
  private static final int INBOX_PIECE = 32;

  /** Bytes on the Java heap, about. */
  private static final long FOOTPRINT = 2 << 10;

  private final SpinLock lock = new SpinLock();
  private final Shard pool;
  private final ObjectSpace space;

  /** Slabs with a block in them: those with constructed ones first, wholly free ones last. */
  private ObjectSlab first;

  private ObjectSlab last;

  /** Batches, through {@code next}, and the blocks in them. */
  private FreeBatch depot;

  private int depotBlocks;

  private final SpareBatches spares = new SpareBatches();

  private final Inbox inbox = new Inbox(INBOX_PIECE, CROWDED_BATCHES, lock, this::keep);

  ObjectShard(ObjectSpace space, Shard pool) {
    this.space = space;
    this.pool = pool;
  }

  /**
   * The shard's number, its slabs' home.
   *
   * @return 0 … number of shards - 1
   */
  public int number() {
    return pool.number();
  }

  /**
   * The allocator's shard of the same number, for {@link SpareBatches}.
   *
   * @return the shard
   */
  public Shard pool() {
    return pool;
  }

  /**
   * Takes blocks that are in use by nobody, after bringing in what other threads have freed.
   *
   * @param into gets the blocks and their class, {@link #CONSTRUCTED} or {@link #RAW}
   * @param n how many are wanted, 1 … {@link FreeBatch#CAPACITY}
   * @return how many were taken, all of one class; 0 if memory or the cache's capacity is out;
   *     {@link #CONTENDED} if the lock is taken
   */
  public int tryTake(FreeBatch into, int n) {
    if (!lock.tryLock()) {
      return CONTENDED;
    }
    try {
      inbox.drain(Inbox.REFILL_BATCHES);
      into.begin(CONSTRUCTED);
      takeFromDepot(into, n);
      for (ObjectSlab slab = first, after; into.count() < n && slab != null; slab = after) {
        after = slab.next;
        if (slab.hasConstructed()) {
          slab.takeConstructed(into, n - into.count());
          removeIfEmpty(slab);
        }
      }
      if (into.count() == 0) {
        takeRaw(into.begin(RAW), n);
      }
      return into.count();
    } finally {
      lock.unlock();
    }
  }

  private void takeFromDepot(FreeBatch into, int n) {
    while (depot != null && into.count() < n) {
      FreeBatch batch = depot;
      int moved = Math.min(batch.count(), n - into.count());
      batch.moveTo(into, moved);
      depotBlocks -= moved;
      if (batch.count() == 0) {
        depot = batch.next;
        batch.next = null;
        spares.put(batch, pool);
      }
    }
  }

  private void takeRaw(FreeBatch into, int n) {
    ObjectSlab slab = first != null ? first : space.newSlab(this);
    if (slab == null) {
      return;
    }
    if (first == null) {
      addFirst(slab);
    }
    // A slab from another shard may have been constructed there already.
    if (slab.hasConstructed()) {
      slab.takeConstructed(into.begin(CONSTRUCTED), n);
    } else {
      slab.takeRaw(into, n);
    }
    removeIfEmpty(slab);
  }

  private void removeIfEmpty(ObjectSlab slab) {
    if (slab.freeCount() == 0) {
      remove(slab);
    }
  }

  /**
   * Takes constructed blocks of this shard back.
   *
   * @param from where the blocks' addresses are; none is in use
   * @param index of the first
   * @param n how many, at most {@link FreeBatch#CAPACITY}
   * @return whether it was done; if not, the lock is taken and nothing has changed
   */
  public boolean tryRelease(long[] from, int index, int n) {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      FreeBatch batch = hasRoom(n) ? spares.tryGet(pool) : null;
      if (batch != null) {
        batch.begin(CONSTRUCTED).load(from, index, n);
        if (Counts.ON) {
          Counts.filled(n);
        }
        keep(batch);
      } else {
        for (int i = index; i < index + n; i++) {
          put(from[i], true);
        }
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands over a chain of batches of constructed blocks of this shard, none in use.
   *
   * @param chain the batches, which are the shard's from now on
   * @return whether the queue has grown long, and the caller had better {@link #tryDrain} it
   */
  public boolean offer(FreeBatch chain) {
    return inbox.offer(chain);
  }

  /**
   * Takes a constructed block back into its slab, for who has no batch. Blocking: waits for the
   * lock.
   *
   * @param address the block, not in use
   */
  public void takeBack(long address) {
    lock.lock();
    try {
      put(address, true);
    } finally {
      lock.unlock();
    }
  }

  /** Brings in what other threads have freed, unless somebody else is working on the shard. */
  public void tryDrain() {
    if (lock.tryLock()) {
      try {
        inbox.drain(Inbox.HELP_BATCHES);
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Puts back blocks that could not be constructed. Blocking: waits for the lock.
   *
   * @param batch holds them; the first {@code from} are left in it, the others not
   * @param from how many of its blocks are constructed
   */
  public void putBackRaw(FreeBatch batch, int from) {
    lock.lock();
    try {
      for (int i = from; i < batch.count(); i++) {
        put(batch.address(i), false);
      }
      batch.cutTo(from);
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom(int n) {
    return depotBlocks == 0
        || (long) (depotBlocks + n) * space.shape().blockBytes() <= Depot.MAX_BYTES;
  }

  /** Into the depot; its blocks into their slabs if that has enough. */
  private void keep(FreeBatch batch) {
    if (batch.count() == 0 || !hasRoom(batch.count())) {
      putAll(batch);
      return;
    }
    depotBlocks += batch.count();
    if (depot != null && depot.count() + batch.count() <= FreeBatch.CAPACITY) {
      batch.moveTo(depot);
      spares.put(batch, pool);
    } else {
      batch.next = depot;
      depot = batch;
    }
  }

  private void putAll(FreeBatch batch) {
    for (int i = 0; i < batch.count(); i++) {
      put(batch.address(i), true);
    }
    spares.put(batch, pool);
  }

  /** A block freed twice may be in its slab already, or its slab be dissolved. */
  private void put(long address, boolean isConstructed) {
    ObjectSlab slab = space.slabAt(address);
    if (slab == null || slab.home() != this || !slab.put(address, isConstructed)) {
      space.noteFreedTwice(address);
      return;
    }
    if (slab.isAllFree()) {
      if (slab.freeCount() > 1) {
        remove(slab);
      }
      addLast(slab);
    } else if (slab.freeCount() == 1) {
      addFirst(slab);
    }
  }

  private void addFirst(ObjectSlab slab) {
    slab.next = first;
    if (first == null) {
      last = slab;
    } else {
      first.previous = slab;
    }
    first = slab;
  }

  private void addLast(ObjectSlab slab) {
    slab.previous = last;
    if (last == null) {
      first = slab;
    } else {
      last.next = slab;
    }
    last = slab;
  }

  private void remove(ObjectSlab slab) {
    if (slab.previous == null) {
      first = slab.next;
    } else {
      slab.previous.next = slab.next;
    }
    if (slab.next == null) {
      last = slab.previous;
    } else {
      slab.next.previous = slab.previous;
    }
    slab.previous = null;
    slab.next = null;
  }

  /**
   * Brings everything home that is in the queue or the depot. Blocking: waits for the lock.
   *
   * @param wholly gets the slabs all of whose blocks are in them, which are then the caller's; null
   *     to leave them
   */
  void collect(List<ObjectSlab> wholly) {
    lock.lock();
    try {
      inbox.drain(Integer.MAX_VALUE);
      for (FreeBatch batch; (batch = depot) != null; ) {
        depot = batch.next;
        batch.next = null;
        depotBlocks -= batch.count();
        putAll(batch);
      }
      for (ObjectSlab slab = first, after; wholly != null && slab != null; slab = after) {
        after = slab.next;
        if (slab.isAllFree()) {
          wholly.add(slab);
          remove(slab);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Blocks in the shard's slabs. */
  long freeBlocks() {
    lock.lock();
    try {
      long sum = 0;
      for (ObjectSlab slab = first; slab != null; slab = slab.next) {
        sum += slab.freeCount();
      }
      return sum;
    } finally {
      lock.unlock();
    }
  }

  /** Blocks in the depot, after what is in the queue has been brought home. */
  long depotBlocks() {
    lock.lock();
    try {
      inbox.drain(Integer.MAX_VALUE);
      return depotBlocks;
    } finally {
      lock.unlock();
    }
  }

  long footprint() {
    long batches = 0;
    lock.lock();
    try {
      for (FreeBatch batch = depot; batch != null; batch = batch.next) {
        batches++;
      }
      return FOOTPRINT + inbox.footprint() + spares.footprint() + batches * FreeBatch.FOOTPRINT;
    } finally {
      lock.unlock();
    }
  }

  /** Checks the depot, the list and the slabs in it. */
  void validate() {
    lock.lock();
    try {
      int count = 0;
      for (FreeBatch batch = depot; batch != null; batch = batch.next) {
        check(batch.sizeClass() == CONSTRUCTED, "keeps a batch that is not constructed");
        for (int i = 0; i < batch.count(); i++) {
          long address = batch.address(i);
          check(
              space.isKept(address) && space.slabAt(address).home() == this,
              "keeps block 0x" + Long.toHexString(address) + " wrongly");
        }
        count += batch.count();
      }
      check(count == depotBlocks, "counts its blocks wrongly");
      ObjectSlab before = null;
      for (ObjectSlab slab = first; slab != null; slab = slab.next) {
        slab.validate(space.blocks());
        check(slab.previous == before, "has a slab linked wrongly");
        check(slab.home() == this && slab.freeCount() > 0, "has a slab that is not in place");
        check(space.slab(slab.number) == slab, "has a slab that is not in the directory");
        before = slab;
      }
      check(last == before, "has another last slab");
    } finally {
      lock.unlock();
    }
  }

  private void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException("object shard " + number() + " " + broken);
    }
  }
}
