// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Backoff;
import io.ashlar.memory.Memory;
import io.ashlar.memory.SpinLock;
import io.ashlar.slab.BlockMap;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.Shard;
import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabSpace;
import java.util.function.LongPredicate;

/**
 * The magazines of one thread, and the batches of blocks that it frees for other shards.
 *
 * <p><b>Fast paths.</b> {@link #malloc} pops a round and marks it live; {@link #free} finds out in
 * two loads that do not depend on each other, the block's state and its home, that the block is
 * live, of which class, and the shard's own, and pushes it. Both are wait-free and write no word
 * that another thread writes.
 *
 * <p><b>Slow paths.</b> An empty magazine is refilled from the shard, or from the next one whose
 * lock is free; a full one grows or is flushed by half. Blocks of other shards gather in a batch
 * for each, handed over when full, when all batches together hold {@link #MAX_BATCHED_BYTES}, and
 * at every {@link #VISITS_PER_SWEEP}th visit to the slow path; magazines not used between two such
 * visits are emptied. So a thread keeps back at most its magazines and {@link #MAX_BATCHED_BYTES}.
 *
 * <p><b>Threads.</b> Used by its owner alone; or, once the owner has ended, by who finds that out;
 * or, if it is shared, by who holds its lock. Nothing here is volatile: the end of a thread happens
 * before {@link Thread#isAlive} says so.
 */
public final class ThreadCache {

  private static final long NULL = 0;

  /**
   * What {@link #realloc} returns when somebody else freed the block meanwhile: no block's address.
   */
  public static final long REFUSED = -1;

  /** Most bytes that wait in batches. */
  static final int MAX_BATCHED_BYTES = 256 << 10;

  private static final int VISITS_PER_SWEEP = 64;

  /** Bytes that a cache without batches takes on the Java heap, about. */
  private static final int FOOTPRINT = 600;

  /**
   * Granules that the fast path of {@link #free} knows of: all, or none at the strict setting,
   * which sends every free to the slow path.
   */
  private final long fastGranules;

  // What the fast paths read lies in fields of this object, not behind them.
  private final long regionAddress;
  private final int states;
  private final int homes;
  private final int record;
  private final int home;

  /** Whether blocks on the way home are marked: not with hardening off. */
  private final boolean checked;

  private final boolean strict;

  /**
   * Null if the cache is shared, or the allocator closed. Plain: only the owner finds itself here.
   */
  private Thread owner;

  private final SlabSpace space;
  private final BlockMap blocks;
  private final ThreadCaches caches;
  private final Shard shard;
  private final FreeBatch[] batches;
  private final long[] remoteFrees = new long[SizeClasses.BOUND];
  private long batchedBytes;
  private int visits;

  /** Held by who uses a shared cache; null in a thread's own. */
  private final SpinLock shared;

  ThreadCache(ThreadCaches caches, int home, long record, Thread owner, SpinLock shared) {
    this.caches = caches;
    this.space = caches.space();
    this.blocks = space.blocks();
    this.regionAddress = blocks.regionAddress();
    this.states = blocks.packedStates();
    this.homes = blocks.packedHomes();
    this.record = Magazines.create(record);
    this.home = home;
    this.owner = owner;
    this.shared = shared;
    this.shard = space.shard(home);
    this.checked = space.checked();
    this.strict = caches.strict();
    this.fastGranules = strict ? 0 : blocks.granules();
    this.batches = new FreeBatch[space.shardCount()];
  }

  /**
   * Whether the cache is a thread's own.
   *
   * @param thread a thread
   * @return whether it is that one's
   */
  @SuppressWarnings("ReferenceEquality") // A thread is itself.
  public boolean isOwnedBy(Thread thread) {
    return owner == thread;
  }

  // ---- allocation ------------------------------------------------------------------------------

  /**
   * Allocates a block.
   *
   * @param byteSize bytes wanted
   * @return its address, or 0 if memory is out
   * @throws IllegalArgumentException if the size is negative
   */
  public long malloc(long byteSize) {
    return SizeClasses.isSmall(byteSize)
        ? allocate(SizeClasses.of(byteSize))
        : mallocUnusual(byteSize);
  }

  /** A block of a class. */
  private long allocate(int sizeClass) {
    long tally = Magazines.tally(record, sizeClass);
    long address = Magazines.top(record, sizeClass, tally);
    if (address == NULL) {
      return allocateSlow(sizeClass);
    }
    Magazines.pop(record, sizeClass, tally);
    BlockMap.setState(states, address - regionAddress, sizeClass);
    return address;
  }

  private long allocateSlow(int sizeClass) {
    boolean loaded = refill(sizeClass);
    reportFaults();
    return loaded ? allocate(sizeClass) : NULL;
  }

  private long mallocUnusual(long byteSize) {
    if (byteSize == 0) {
      return allocate(SizeClasses.of(1));
    }
    if (byteSize < 0) {
      throw new IllegalArgumentException("byteSize " + byteSize + " is negative");
    }
    return allocateLarge(byteSize, 1, false);
  }

  /**
   * Allocates an aligned block.
   *
   * @param byteAlignment a power of two
   * @param byteSize bytes wanted, 0 or more
   * @param zeroed whether its first {@code byteSize} bytes are to be zero
   * @return its address, or 0 if memory is out
   */
  public long alignedAlloc(long byteAlignment, long byteSize, boolean zeroed) {
    long size = Math.max(byteSize, 1);
    if (size > SizeClasses.MAX_BLOCK_BYTES || byteAlignment > SizeClasses.MAX_ALIGNMENT) {
      return allocateLarge(size, byteAlignment, zeroed);
    }
    long address =
        allocate(
            byteAlignment <= 1 << SizeClasses.GRANULE_SHIFT
                ? SizeClasses.of(size)
                : SizeClasses.ofAligned(size, byteAlignment));
    if (zeroed && address != NULL) {
      Memory.fill(address, byteSize, (byte) 0);
    }
    return address;
  }

  private long allocateLarge(long byteSize, long byteAlignment, boolean zeroed) {
    caches.checkOpen();
    long address = space.large().allocate(byteSize, byteAlignment, zeroed);
    if (address == NULL) {
      caches.reclaim(this);
      space.pausePurge();
      try {
        address = space.large().allocate(byteSize, byteAlignment, zeroed);
      } finally {
        space.resumePurge();
      }
    }
    return address;
  }

  /** Loads an empty magazine from a shard; false if memory is out. */
  private boolean refill(int sizeClass) {
    caches.checkOpen();
    visitSlowPath();
    Magazines.grow(record, sizeClass);
    int wanted = Magazines.capacity(record, sizeClass) / 2;
    long into = Magazines.rounds(record, sizeClass);
    int taken = takeFromShards(sizeClass, into, wanted);
    if (taken == 0) {
      caches.reclaim(this);
      space.pausePurge();
      try {
        taken = takeFromShards(sizeClass, into, wanted);
      } finally {
        space.resumePurge();
      }
    }
    Magazines.loaded(record, sizeClass, taken);
    return taken > 0;
  }

  /** Takes blocks from the first shard, from ours on, that has some and whose lock is free. */
  private int takeFromShards(int sizeClass, long into, int wanted) {
    for (int attempt = 0; ; attempt++) {
      boolean contended = false;
      for (int i = 0; i < space.shardCount(); i++) {
        int taken = space.shard((home + i) % space.shardCount()).tryRefill(sizeClass, into, wanted);
        if (taken > 0) {
          return taken;
        }
        contended |= taken == Shard.CONTENDED;
      }
      if (!contended) {
        return 0;
      }
      Backoff.pause(attempt);
    }
  }

  // ---- freeing ---------------------------------------------------------------------------------

  /**
   * Frees a block.
   *
   * @param address a block's
   * @return whether it was live; if not nothing has changed
   */
  public boolean free(long address) {
    long offset = address - regionAddress;
    if (BlockMap.isGranule(offset, fastGranules)) {
      int sizeClass = BlockMap.state(states, offset);
      if (sizeClass > 0) {
        if (BlockMap.home(homes, offset) != home) {
          return freeRemote(address, offset, sizeClass);
        }
        if (Magazines.push(record, sizeClass, address)) {
          BlockMap.setState(states, offset, BlockMap.free(sizeClass));
          return true;
        }
      }
    }
    return freeSlow(address);
  }

  /** Frees a live block of another shard. */
  private boolean freeRemote(long address, long offset, int sizeClass) {
    if (checked) {
      blocks.setInTransit(offset, sizeClass);
    }
    addRemote(address, sizeClass, BlockMap.home(homes, offset));
    return true;
  }

  private void addRemote(long address, int sizeClass, int blockHome) {
    remoteFrees[sizeClass]++;
    boolean sent = addToBatch(address, sizeClass, blockHome);
    if (batchedBytes > MAX_BATCHED_BYTES) {
      sendBatches();
      sent = true;
    }
    if (sent) {
      space.purgeIfDue();
      reportFaults();
    }
  }

  /** Whether that filled the batch, which is then sent. */
  private boolean addToBatch(long address, int sizeClass, int blockHome) {
    FreeBatch batch = batches[blockHome];
    if (batch == null) {
      batch = space.shard(blockHome).emptyBatch();
      batches[blockHome] = batch;
    }
    int blockBytes = SizeClasses.blockBytes(sizeClass);
    batchedBytes += blockBytes;
    boolean full = batch.add(address, blockBytes);
    if (full) {
      send(blockHome);
    }
    return full;
  }

  /**
   * Hands a batch over; bringing its blocks home is left to the shard's threads while they keep up.
   */
  private void send(int to) {
    FreeBatch batch = batches[to];
    batches[to] = null;
    batchedBytes -= batch.bytes();
    Shard shardTo = space.shard(to);
    if (shardTo.offer(batch)) {
      shardTo.tryDrain();
    }
  }

  private void sendBatches() {
    for (int to = 0; to < batches.length; to++) {
      if (batches[to] != null) {
        send(to);
      }
    }
  }

  /** All frees that are not of a live block of our own shard whose magazine has room. */
  private boolean freeSlow(long address) {
    caches.checkOpen();
    long offset = blocks.offset(address);
    if (!BlockMap.isGranule(offset, blocks.granules())) {
      return space.large().freeMapping(address);
    }
    int state = blocks.state(offset);
    if (state <= 0) {
      return state == BlockMap.RUN && freeRun(offset);
    }
    int sizeClass = state;
    int blockHome = BlockMap.home(homes, offset);
    boolean local = blockHome == home;
    if (strict) {
      if (!blocks.tryFree(offset, sizeClass, !local)) {
        return false;
      }
    } else if (local) {
      BlockMap.setState(states, offset, BlockMap.free(sizeClass));
    }
    if (local) {
      pushWithRoom(address, sizeClass);
    } else {
      addRemote(address, sizeClass, blockHome);
    }
    return true;
  }

  private boolean freeRun(long offset) {
    boolean freed = space.large().freeRun(offset);
    space.purgeIfDue();
    return freed;
  }

  private void pushWithRoom(long address, int sizeClass) {
    if (Magazines.push(record, sizeClass, address)) {
      return;
    }
    if (!Magazines.grow(record, sizeClass)) {
      visitSlowPath();
      release(sizeClass, Magazines.count(record, sizeClass) / 2);
      if (batchedBytes > MAX_BATCHED_BYTES) {
        sendBatches();
      }
    }
    Magazines.push(record, sizeClass, address);
    reportFaults();
  }

  /** Where nothing is half done; of a shared cache, after the turn. */
  private void reportFaults() {
    if (shared == null) {
      space.reportFaults();
    }
  }

  // ---- giving back -----------------------------------------------------------------------------

  /**
   * Gives the oldest rounds of a class back to their shards. What has left is taken out of the
   * magazine also if an error ends this early: rather lost than had twice.
   */
  private void release(int sizeClass, int count) {
    if (count == 0) {
      return;
    }
    long rounds = Magazines.rounds(record, sizeClass);
    int released = 0;
    try {
      if (allAtHome(rounds, count)) {
        released = count;
        if (shard.tryRelease(sizeClass, rounds, count)) {
          return;
        }
        released = 0;
      }
      while (released < count) {
        long address = Memory.getLong(rounds + ((long) released << 3));
        released++;
        long offset = blocks.offset(address);
        if (checked) {
          blocks.setInTransit(offset, sizeClass);
        }
        addToBatch(address, sizeClass, BlockMap.home(homes, offset));
      }
    } finally {
      Magazines.unload(record, sizeClass, released);
    }
  }

  /** Whether blocks are all of our shard: only a refill from another brings others. */
  private boolean allAtHome(long rounds, int count) {
    for (int i = 0; i < count; i++) {
      long address = Memory.getLong(rounds + ((long) i << 3));
      if (BlockMap.home(homes, address - regionAddress) != home) {
        return false;
      }
    }
    return true;
  }

  /** What is done now and then rather than always. */
  private void visitSlowPath() {
    if (++visits % VISITS_PER_SWEEP == 0) {
      sweep();
      sendBatches();
      space.purgeIfDue();
    }
  }

  /** Empties the magazines that have not been allocated from since the last sweep. */
  private void sweep() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      if (Magazines.isIdle(record, sizeClass) && Magazines.count(record, sizeClass) > 0) {
        release(sizeClass, Magazines.count(record, sizeClass));
        Magazines.shrink(record, sizeClass);
      }
    }
  }

  /** Gives back every block that the cache keeps. */
  public void flush() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      release(sizeClass, Magazines.count(record, sizeClass));
    }
    sendBatches();
  }

  /** Makes the cache nobody's: its memory is about to go. */
  void close() {
    owner = null;
  }

  // ---- size and place --------------------------------------------------------------------------

  /**
   * The usable bytes of a live block.
   *
   * @param address a block's
   * @return bytes, or 0 if it is not the address of a live block
   */
  public long usableSize(long address) {
    caches.checkOpen();
    long offset = blocks.offset(address);
    if (!BlockMap.isGranule(offset, blocks.granules())) {
      return space.large().mappingBytes(address);
    }
    int state = blocks.state(offset);
    if (state == BlockMap.RUN) {
      return space.large().runBytes(offset);
    }
    return state > 0 ? SizeClasses.blockBytes(state) : 0;
  }

  /**
   * Changes the size of a live block: in place if its class, or the frames behind it, allow.
   *
   * @param address a live block's
   * @param usable its usable bytes
   * @param newByteSize bytes wanted, 0 or more
   * @return its address now; 0 if memory is out, and the block is unchanged; {@link #REFUSED}
   */
  public long realloc(long address, long usable, long newByteSize) {
    long newSize = Math.max(newByteSize, 1);
    if (newSize <= usable && newSize >= usable / 2 && usable <= SizeClasses.MAX_BLOCK_BYTES) {
      return address;
    }
    if (usable > SizeClasses.MAX_BLOCK_BYTES && newSize > SizeClasses.MAX_BLOCK_BYTES) {
      long resized = resizeLarge(address, newSize);
      if (resized != NULL) {
        return resized;
      }
    }
    long moved = malloc(newSize);
    if (moved != NULL) {
      Memory.copy(address, moved, Math.min(usable, newSize));
      if (!free(address)) {
        free(moved);
        return REFUSED;
      }
    }
    return moved;
  }

  private long resizeLarge(long address, long newSize) {
    long offset = blocks.offset(address);
    if (!BlockMap.isGranule(offset, blocks.granules())) {
      return space.large().resizeMapping(address, newSize);
    }
    return blocks.state(offset) == BlockMap.RUN && space.large().resizeRun(offset, newSize)
        ? address
        : NULL;
  }

  // ---- figures ---------------------------------------------------------------------------------

  /** Adds the cache's counters to sums. */
  void count(CacheCounts sums) {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      sums.allocations[sizeClass] += Magazines.allocations(record, sizeClass);
      sums.localFrees[sizeClass] += Magazines.frees(record, sizeClass);
      sums.remoteFrees[sizeClass] += remoteFrees[sizeClass];
    }
    sums.bytes += FOOTPRINT;
    for (FreeBatch batch : batches) {
      sums.bytes += batch == null ? Integer.BYTES : FreeBatch.FOOTPRINT;
    }
  }

  /** Checks that what the magazines hold is free, of the right class, and in them only once. */
  void validate(LongPredicate firstSeen) {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      long rounds = Magazines.rounds(record, sizeClass);
      for (int i = 0; i < Magazines.count(record, sizeClass); i++) {
        check(Memory.getLong(rounds + ((long) i << 3)), sizeClass, firstSeen);
      }
    }
    for (FreeBatch batch : batches) {
      for (int i = 0; batch != null && i < batch.count(); i++) {
        check(batch.address(i), 0, firstSeen);
      }
    }
  }

  private void check(long address, int sizeClass, LongPredicate firstSeen) {
    int state = blocks.state(blocks.offset(address));
    boolean free = state == 0 || BlockMap.isFree(state);
    boolean ofClass = state == 0 || sizeClass == 0 || BlockMap.sizeClass(state) == sizeClass;
    boolean wrongState = checked && !(free && ofClass);
    if (wrongState || !firstSeen.test(address) || space.isInSlab(address)) {
      throw new IllegalStateException(
          "a thread keeps block 0x%x, whose state is %d, and which may be elsewhere too"
              .formatted(address, state));
    }
  }

  Thread owner() {
    return owner;
  }

  SpinLock shared() {
    return shared;
  }

  long record() {
    return Magazines.address(record);
  }

  int home() {
    return home;
  }
}
