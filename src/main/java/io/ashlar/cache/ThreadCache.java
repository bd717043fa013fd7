// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Backoff;
import io.ashlar.memory.Memory;
import io.ashlar.memory.SpinLock;
import io.ashlar.slab.BlockMap;
import io.ashlar.slab.FrameTag;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.Shard;
import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabSpace;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * The {@link Magazines} of one thread, and how they are filled and emptied: all that {@link
 * FastPath} leaves.
 *
 * <p>An empty magazine is refilled from the shard, or from the next one whose lock is free; a full
 * one grows, or half of it is released to the shard. Blocks of other shards gather in the remote
 * magazines; when one is full they are packed, and handed over when much is packed. At every {@link
 * #VISITS_PER_SWEEP}th visit to the slow path the magazines are emptied that were not used since
 * the last such visit, and what is packed is handed over. So a thread keeps back at most what its
 * magazines have room for, and what {@link RemoteFrees} packs.
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

  private static final int VISITS_PER_SWEEP = 64;

  /** Bytes that a cache takes on the Java heap, about. */
  private static final int FOOTPRINT = 112;

  private final BlockMap blocks;
  private final long[] record;
  private final Magazines magazines;
  private final int home;

  private final boolean strict;

  /**
   * Null if the cache is shared, or the allocator closed. Plain: only the owner finds itself here.
   */
  private Thread owner;

  private final SlabSpace space;
  private final ThreadCaches caches;
  private final Shard shard;
  private final RemoteFrees remoteFrees;

  /** Magazines for typed caches, by the caches' numbers; perhaps of caches that are closed. */
  private ObjectMagazines[] objects = {};

  /** Held by who uses a shared cache; null in a thread's own. */
  private final SpinLock shared;

  ThreadCache(ThreadCaches caches, int home, Thread owner, SpinLock shared) {
    this.caches = caches;
    this.space = caches.space();
    this.blocks = space.blocks();
    this.strict = caches.strict();
    int homeKey = strict ? FastPath.EVERY_FREE_IS_SLOW : FrameTag.homeKey(home);
    this.magazines =
        Magazines.ofClasses(owner == null ? Magazines.NOBODY : owner.threadId(), homeKey);
    this.record = magazines.record();
    this.home = home;
    this.owner = owner;
    this.shared = shared;
    this.shard = space.shard(home);
    this.remoteFrees = new RemoteFrees(space, magazines);
  }

  /**
   * Whether the cache is a thread's own.
   *
   * @param thread a thread
   * @return whether it is that one's
   */
  @SuppressWarnings("ReferenceEquality") // A thread is itself.
  boolean isOwnedBy(Thread thread) {
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
    if (!SizeClasses.isSmall(byteSize)) {
      return mallocUnusual(byteSize);
    }
    return allocate(SizeClasses.codeOf(byteSize));
  }

  /** A block of a class. */
  private long allocate(int code) {
    long address = FastPath.allocate(blocks, record, code);
    return address != NULL ? address : allocateSlow(code);
  }

  // Longer than what the compiler inlines where it is seldom called, as mallocSlow of the
  // allocator.
  private long allocateSlow(int code) {
    caches.checkOpen();
    visitSlowPath();
    boolean loaded = refill(SizeClasses.sizeClass(code));
    space.purgeIfGrown();
    reportFaults();
    return loaded ? allocate(code) : NULL;
  }

  private long mallocUnusual(long byteSize) {
    if (byteSize == 0) {
      return allocate(SizeClasses.codeOf(1));
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
                ? SizeClasses.codeOf(size)
                : SizeClasses.code(SizeClasses.ofAligned(size, byteAlignment)));
    if (zeroed && address != NULL) {
      clear(address, byteSize);
    }
    return address;
  }

  private void clear(long address, long byteSize) {
    try {
      Memory.clear(address, byteSize);
    } catch (OutOfMemoryError e) {
      // Of the Java heap, which the JDK may need for it: nobody knows of the block yet.
      free(address);
      throw e;
    }
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
    space.purgeIfGrown();
    return address;
  }

  /** Loads an empty magazine from a shard; false if memory is out. */
  private boolean refill(int sizeClass) {
    magazines.grow(sizeClass);
    int half = (magazines.capacity(sizeClass) + 1) / 2;
    int taken = takeFromShards(sizeClass, half);
    if (taken == 0) {
      caches.reclaim(this);
      space.pausePurge();
      try {
        taken = takeFromShards(sizeClass, half);
      } finally {
        space.resumePurge();
      }
    }
    magazines.loaded(sizeClass, taken);
    return taken > 0;
  }

  /** Takes blocks from the first shard, from ours on, that has some and whose lock is free. */
  private int takeFromShards(int sizeClass, int wanted) {
    int into = magazines.rounds(sizeClass);
    for (int attempt = 0; ; attempt++) {
      boolean contended = false;
      for (int i = 0; i < space.shardCount(); i++) {
        Shard from = space.shard((home + i) % space.shardCount());
        int taken = from.tryRefill(sizeClass, record, into, wanted);
        if (taken > 0) {
          magazines.setMixed(sizeClass, i > 0);
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
    return FastPath.free(blocks, record, address) || freeSlow(address);
  }

  /**
   * Frees a block, whatever it is; {@link FastPath} need not have been tried.
   *
   * @param address a block's
   * @return whether it was live; if not nothing has changed
   */
  public boolean freeSlow(long address) {
    caches.checkOpen();
    long offset = blocks.offset(address);
    if (!blocks.contains(offset)) {
      return space.large().freeMapping(address);
    }
    int key = blocks.key(offset);
    if (!FrameTag.isSlab(key)) {
      return freeRun(offset);
    }
    int code = FrameTag.code(key);
    long place = blocks.place(offset, code);
    if (!blocks.isLive(place)) {
      return false;
    }
    int sizeClass = SizeClasses.sizeClass(code);
    int magazine = FrameTag.home(key) == home ? sizeClass : Magazines.remote(sizeClass);
    // In this order, so that an error at any point leaves the block live, or free and nowhere: but
    // not free in one place and live in another.
    // To make room takes long, so that it is looked again: another thread may wrongly free the
    // block meanwhile, and its slab be another class's.
    makeRoom(magazine, sizeClass);
    boolean freed = blocks.key(offset) == key && blocks.isLive(place) && markFree(place);
    if (freed) {
      magazines.push(magazine, address);
    }
    reportFaults();
    return freed;
  }

  private boolean freeRun(long offset) {
    boolean freed = space.large().freeRun(offset);
    space.purgeIfDue();
    reportFaults();
    return freed;
  }

  /** False if the setting is strict, and another thread was faster. */
  private boolean markFree(long place) {
    if (strict) {
      return blocks.tryFree(place);
    }
    blocks.setFree(place);
    return true;
  }

  private void makeRoom(int magazine, int sizeClass) {
    if (magazines.hasRoom(magazine)) {
      return;
    }
    if (magazine != sizeClass) {
      visitSlowPath();
      remoteFrees.send(sizeClass);
    } else if (!magazines.grow(sizeClass)) {
      visitSlowPath();
      release(sizeClass, magazines.count(sizeClass) / 2);
    }
  }

  /** Where nothing is half done; of a shared cache, after the turn. */
  private void reportFaults() {
    if (shared == null) {
      space.reportFaults();
    }
  }

  // ---- giving back -----------------------------------------------------------------------------

  /** Gives the oldest rounds of a class back to their shards. */
  private void release(int sizeClass, int count) {
    int left = count;
    while (left > 0) {
      int n = Math.min(left, FreeBatch.CAPACITY);
      if (!allAtHome(sizeClass, n) || !tryRelease(sizeClass, n)) {
        sendRounds(sizeClass, n);
      }
      left -= n;
    }
  }

  private boolean tryRelease(int sizeClass, int count) {
    boolean gone = true;
    try {
      gone = shard.tryRelease(sizeClass, record, magazines.rounds(sizeClass), count);
    } finally {
      // Also if an error ends this early: rather lost than had twice.
      if (gone) {
        magazines.unload(sizeClass, count);
      }
    }
    return gone;
  }

  /** Whether blocks are all of our shard: only a refill from another brings others. */
  private boolean allAtHome(int sizeClass, int count) {
    return !magazines.isMixed(sizeClass)
        || remoteFrees.prefixOf(home, magazines.rounds(sizeClass), count) == count;
  }

  /** Sends the oldest rounds of a local magazine the way that remote frees go. */
  private void sendRounds(int sizeClass, int count) {
    int rounds = magazines.rounds(sizeClass);
    int remote = Magazines.remote(sizeClass);
    int gone = 0;
    try {
      while (gone < count) {
        if (!magazines.hasRoom(remote)) {
          remoteFrees.send(sizeClass);
        }
        magazines.receive(remote, record[rounds + gone++]);
      }
    } finally {
      magazines.unload(sizeClass, gone);
    }
    remoteFrees.send(sizeClass);
  }

  /** What is done now and then rather than always. */
  private void visitSlowPath() {
    if (magazines.visit() % VISITS_PER_SWEEP == 0) {
      sweep();
      space.tidyIfDue();
    }
  }

  /** Empties the magazines not used since the last sweep. */
  private void sweep() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      boolean isIdle = magazines.isIdle(sizeClass, magazines.allocations(sizeClass));
      if (isIdle && magazines.count(sizeClass) > 0) {
        release(sizeClass, magazines.count(sizeClass));
        magazines.shrink(sizeClass);
      }
      int remote = Magazines.remote(sizeClass);
      if (magazines.isIdle(remote, magazines.frees(remote))) {
        remoteFrees.send(sizeClass);
      }
    }
    remoteFrees.handOver();
  }

  /** Gives back every block that the cache keeps. */
  public void flush() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      release(sizeClass, magazines.count(sizeClass));
      remoteFrees.send(sizeClass);
    }
    remoteFrees.handOver();
    for (int number = 0; number < objects.length; number++) {
      ObjectMagazines ofCache = objects[number];
      if (ofCache != null && !ofCache.caches().flush(ofCache)) {
        objects[number] = null;
      }
    }
  }

  /** The magazines for the typed cache of a number, or for one that had it; null if none. */
  ObjectMagazines objects(int number) {
    return number < objects.length ? objects[number] : null;
  }

  /** Enters the magazines for a typed cache. */
  void setObjects(int number, ObjectMagazines ofCache) {
    if (number >= objects.length) {
      objects = Arrays.copyOf(objects, number + 1);
    }
    objects[number] = ofCache;
  }

  /** Ends the magazines for typed caches: the thread has ended. */
  void endObjects() {
    for (ObjectMagazines ofCache : objects) {
      if (ofCache != null) {
        ofCache.caches().end(ofCache);
      }
    }
  }

  /** Makes the cache nobody's: its memory is about to go. */
  void close() {
    owner = null;
    magazines.disown();
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
    if (!blocks.contains(offset)) {
      return space.large().mappingBytes(address);
    }
    int ofSlab = FastPath.usableSize(blocks, address);
    return ofSlab != 0 ? ofSlab : space.large().runBytes(offset);
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
    if (FastPath.staysInPlace(usable, newSize) && usable <= SizeClasses.MAX_BLOCK_BYTES) {
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
      copy(address, moved, Math.min(usable, newSize));
      if (!free(address)) {
        free(moved);
        return REFUSED;
      }
    }
    return moved;
  }

  private void copy(long from, long to, long byteLength) {
    try {
      Memory.copy(from, to, byteLength);
    } catch (OutOfMemoryError e) {
      // As in clear.
      free(to);
      throw e;
    }
  }

  private long resizeLarge(long address, long newSize) {
    long offset = blocks.offset(address);
    if (!blocks.contains(offset)) {
      return space.large().resizeMapping(address, newSize);
    }
    return space.large().resizeRun(offset, newSize) ? address : NULL;
  }

  // ---- figures ---------------------------------------------------------------------------------

  /** Counts an arena; it may have been opened, or be closed, with another shared cache. */
  void countArena(int delta) {
    FastPath.countArena(record, delta);
  }

  /** Adds the cache's counters to sums. */
  void count(CacheCounts sums) {
    sums.arenas += magazines.arenas();
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      sums.allocations[sizeClass] += magazines.allocations(sizeClass);
      sums.localFrees[sizeClass] += magazines.frees(sizeClass);
      sums.remoteFrees[sizeClass] += magazines.frees(Magazines.remote(sizeClass));
    }
  }

  /** Bytes on the Java heap, about. */
  long footprint() {
    return FOOTPRINT + magazines.footprint() + remoteFrees.footprint();
  }

  /** Checks that what the cache keeps is free, of the right class, and in it only once. */
  void validate(LongPredicate firstSeen) {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      validate(sizeClass, sizeClass, firstSeen);
      validate(Magazines.remote(sizeClass), sizeClass, firstSeen);
    }
    remoteFrees.forEach((sizeClass, address) -> validate(address, sizeClass, firstSeen));
  }

  private void validate(int magazine, int sizeClass, LongPredicate firstSeen) {
    int rounds = magazines.rounds(magazine);
    for (int i = rounds; i < rounds + magazines.count(magazine); i++) {
      validate(record[i], sizeClass, firstSeen);
    }
  }

  private void validate(long address, int sizeClass, LongPredicate firstSeen) {
    if (!space.isKept(address, sizeClass) || !firstSeen.test(address)) {
      throw new IllegalStateException(
          "a thread keeps block 0x%x, which may be elsewhere too".formatted(address));
    }
  }

  Thread owner() {
    return owner;
  }

  SpinLock shared() {
    return shared;
  }

  long[] record() {
    return record;
  }

  int home() {
    return home;
  }
}
