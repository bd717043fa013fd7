// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Backoff;
import io.ashlar.memory.Counts;
import io.ashlar.memory.SpinLock;
import io.ashlar.region.Region;
import io.ashlar.slab.SlabSpace;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;

/**
 * All thread caches of an allocator, and how a thread comes by its own.
 *
 * <p><b>Look-up.</b> A table by thread number of those whose cache it is and where its record lies:
 * two loads and a comparison, less than half the cost of a {@link ThreadLocal}. A thread whose
 * place is taken by another live thread finds its cache in a {@code ThreadLocal}. Entries are
 * written under {@link #lock} and read without: thread numbers are never used again, so a reader
 * who finds its own has written the entry itself.
 *
 * <p><b>Threads that end</b> are not told of; they are found by {@link Thread#isAlive}, a few each
 * time a cache is made, and all of them by {@link #reclaim} and {@link #trim}. What such a cache
 * kept is given back by who finds it, under {@link #lock}.
 *
 * <p><b>Virtual threads</b> have no caches. They take turns with one cache per shard, each behind a
 * try-lock, the first to be tried chosen by the thread's number.
 */
public final class ThreadCaches {

  private static final int TABLE_SIZE = 1024;
  private static final int TABLE_MASK = TABLE_SIZE - 1;

  private static final long RECORD_BYTES = Magazines.recordBytes(Region.osPageSize());

  /** Caches looked at for an ended owner when one is made. */
  private static final int LOOKED_AT = 8;

  /**
   * By place: the number of the thread whose place it is, or 0; and of its cache the home key and
   * the record, 32 bits each.
   */
  private final long[] keys = new long[2 * TABLE_SIZE];

  /** By place: the cache; null where nobody is. */
  private final ThreadCache[] table = new ThreadCache[TABLE_SIZE];

  /**
   * Caches of threads whose place is another's. Weak: an entry goes when its thread ends, or some
   * time after nobody knows of this any more, and what it refers to must not keep us known.
   */
  @SuppressWarnings("ThreadLocalUsage") // One for each allocator.
  private final ThreadLocal<WeakReference<ThreadCache>> displaced = new ThreadLocal<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayList<ThreadCache> all = new ArrayList<>();
  private final CacheCounts ended = new CacheCounts();
  private final int[] threadsOfShard;
  private int nextLookedAt;

  /**
   * Records of native memory for magazines: those used before, and how far the rest is untouched.
   */
  private final LongArrayList freeRecords = new LongArrayList();

  private long nextRecord;
  private final long endOfRecords;

  /** Records of native memory for the magazines of typed caches. */
  private final ObjectRecords objectRecords;

  private final SlabSpace space;
  private final boolean strict;
  private final ThreadCache[] shared;
  private volatile boolean closed;

  /**
   * Makes the caches of a space.
   *
   * @param space what they are filled from, with address space for {@link #recordBytes} of as many
   *     threads
   * @param threads threads that can have a cache at a time; those beyond share like virtual ones
   * @param strict whether every free is checked atomically
   */
  public ThreadCaches(SlabSpace space, int threads, boolean strict) {
    this.space = space;
    this.strict = strict;
    objectRecords = new ObjectRecords(!space.region().decommits());
    nextRecord = space.threadRecords();
    endOfRecords = nextRecord + recordBytes(space.shardCount(), threads);
    threadsOfShard = new int[space.shardCount()];
    shared = new ThreadCache[space.shardCount()];
    for (int home = 0; home < shared.length; home++) {
      shared[home] = new ThreadCache(this, home, nextRecord, null, new SpinLock());
      nextRecord += RECORD_BYTES;
    }
  }

  /**
   * The address space for the records of caches.
   *
   * @param shards how many shards there are
   * @param threads threads that can have a cache at a time
   * @return bytes
   */
  public static long recordBytes(int shards, int threads) {
    return ((long) shards + threads) * RECORD_BYTES;
  }

  /** The record that the next cache gets; 0 if there is none left. Under the lock. */
  private long record() {
    if (!freeRecords.isEmpty()) {
      return freeRecords.getLong(freeRecords.size() - 1);
    }
    return nextRecord < endOfRecords ? nextRecord : 0;
  }

  /** How many records somebody has, has had, or is giving back: most that can be free. */
  private int recordsUsed() {
    return (int) ((nextRecord - space.threadRecords()) / RECORD_BYTES);
  }

  /** Takes the {@link #record} that a cache has got. Under the lock. */
  private void takeRecord() {
    if (!freeRecords.isEmpty()) {
      freeRecords.removeAt(freeRecords.size() - 1);
    } else {
      nextRecord += RECORD_BYTES;
    }
  }

  SlabSpace space() {
    return space;
  }

  boolean strict() {
    return strict;
  }

  ObjectRecords objectRecords() {
    return objectRecords;
  }

  void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the allocator is closed");
    }
  }

  /**
   * The table of records, to look into with {@link #place}, {@link #isAt}, {@link #recordAt} and
   * {@link #homeKeyAt}.
   *
   * @return the table itself
   */
  public long[] keys() {
    return keys;
  }

  /**
   * A thread's place in the table.
   *
   * @param thread the calling thread
   * @return the place
   */
  public static int place(Thread thread) {
    return ((int) thread.threadId() & TABLE_MASK) << 1;
  }

  /**
   * Whether a thread has its place to itself, and {@link #recordAt} is its own. Wait-free.
   *
   * @param place the thread's place
   * @param thread the calling thread
   * @param keys what {@link #keys} returned
   * @return false if the thread has no cache, or another thread the place
   */
  public static boolean isAt(int place, Thread thread, long[] keys) {
    return keys[place] == thread.threadId();
  }

  /**
   * The record of a thread's cache, for {@link FastPath}. Wait-free.
   *
   * @param place the thread's place
   * @param keys what {@link #keys} returned
   * @return the record, if the thread {@link #isAt} its place
   */
  public static int recordAt(int place, long[] keys) {
    return (int) keys[place + 1];
  }

  /**
   * The home key of a thread's cache, for {@link FastPath#free}. Wait-free.
   *
   * @param place the thread's place
   * @param keys what {@link #keys} returned
   * @return the key, if the thread {@link #isAt} its place
   */
  public static int homeKeyAt(int place, long[] keys) {
    return (int) (keys[place + 1] >>> 32);
  }

  private static long entry(int homeKey, int record) {
    return (long) homeKey << 32 | (record & 0xFFFF_FFFFL);
  }

  private static int placeOf(Thread thread) {
    return (int) thread.threadId() & TABLE_MASK;
  }

  /**
   * The cache to work with: the thread's own; for a virtual thread a shared one, which nobody else
   * has until {@link #leave}.
   *
   * @return the cache
   */
  public ThreadCache enter() {
    Thread thread = Thread.currentThread();
    ThreadCache cache = table[placeOf(thread)];
    if (cache != null && cache.isOwnedBy(thread)) {
      return cache;
    }
    cache = thread.isVirtual() ? null : own(thread);
    return cache != null ? cache : enterShared(thread);
  }

  /**
   * Ends the work with a cache.
   *
   * @param cache what {@link #enter} returned
   */
  public void leave(ThreadCache cache) {
    leaveTurn(cache);
    space.reportFaults();
  }

  /** Ends the work with a cache; what was found to be freed twice is still to be reported. */
  void leaveTurn(ThreadCache cache) {
    SpinLock turn = cache.shared();
    if (turn != null) {
      turn.unlock();
    }
  }

  /** Lock-free as long as one of the shared caches is free. */
  private ThreadCache enterShared(Thread thread) {
    checkOpen();
    int first = (int) thread.threadId();
    for (int attempt = 0; ; attempt++) {
      for (int i = 0; i < shared.length; i++) {
        ThreadCache cache = shared[Math.floorMod(first + i, shared.length)];
        if (cache.shared().tryLock()) {
          return cache;
        }
      }
      Backoff.pause(attempt);
    }
  }

  /**
   * The cache of a platform thread, made if it has none.
   *
   * @param thread the calling thread, which is not virtual
   * @return its cache; null if there are more threads than can have one, or as many while a trim
   *     gives records back
   */
  public ThreadCache own(Thread thread) {
    ThreadCache cache = table[placeOf(thread)];
    if (cache != null && cache.isOwnedBy(thread)) {
      return cache;
    }
    WeakReference<ThreadCache> kept = displaced.get();
    cache = kept == null ? null : kept.get();
    return cache != null && cache.isOwnedBy(thread) ? cache : create(thread);
  }

  private ThreadCache create(Thread thread) {
    lock.lock();
    try {
      if (Counts.ON) {
        Counts.locked();
      }
      checkOpen();
      lookForEnded(Math.min(LOOKED_AT, all.size()));
      long record = record();
      if (record == 0) {
        return null;
      }
      int home = leastUsedShard();
      // What takes Java heap comes first: nothing has changed where that is out.
      ThreadCache cache = new ThreadCache(this, home, record, thread, null);
      all.ensureCapacity(all.size() + 1);
      freeRecords.ensureCapacity(recordsUsed() + 1);
      int place = placeOf(thread);
      if (table[place] != null) {
        displaced.set(new WeakReference<>(cache));
      } else {
        table[place] = cache;
        keys[2 * place + 1] = entry(cache.homeKey(), cache.packedRecord());
        keys[2 * place] = thread.threadId();
      }
      takeRecord();
      threadsOfShard[home]++;
      all.add(cache);
      return cache;
    } finally {
      lock.unlock();
    }
  }

  private int leastUsedShard() {
    int least = 0;
    for (int home = 1; home < threadsOfShard.length; home++) {
      if (threadsOfShard[home] < threadsOfShard[least]) {
        least = home;
      }
    }
    return least;
  }

  /** Looks at some caches, in turn, and gives back those of threads that have ended. */
  private void lookForEnded(int count) {
    for (int i = 0; i < count && !all.isEmpty(); i++) {
      nextLookedAt = nextLookedAt >= all.size() ? 0 : nextLookedAt;
      ThreadCache cache = all.get(nextLookedAt);
      if (cache.owner().isAlive()) {
        nextLookedAt++;
      } else {
        // While it is here what it keeps is not lost: so it goes when there is nothing left in it.
        cache.flush();
        cache.endObjects();
        all.set(nextLookedAt, all.get(all.size() - 1));
        all.remove(all.size() - 1);
        end(cache);
      }
    }
  }

  private void end(ThreadCache cache) {
    cache.count(ended);
    freeRecords.addLong(cache.record());
    threadsOfShard[cache.home()]--;
    int place = placeOf(cache.owner());
    if (table[place] == cache) {
      table[place] = null;
      keys[2 * place] = 0;
    }
  }

  /**
   * Finds free memory when there is none: what the calling thread keeps, what ended threads kept,
   * what shared caches keep that nobody is using, what is in the shards' queues.
   *
   * @param own the caller's cache
   */
  void reclaim(ThreadCache own) {
    own.flush();
    endThreads();
    for (ThreadCache cache : shared) {
      // Not the caller's, whose turn it is already; nor waited for, since it may wait for us.
      if (cache.shared().tryLock()) {
        try {
          cache.flush();
        } finally {
          cache.shared().unlock();
        }
      }
    }
    space.collect();
  }

  private void endThreads() {
    lock.lock();
    try {
      // From the first on: after a wrap, one looked at before may move to where the next is due.
      nextLookedAt = 0;
      lookForEnded(all.size());
    } finally {
      lock.unlock();
    }
  }

  /** Finds free memory when there is none, for who has entered no cache. */
  void reclaim() {
    ThreadCache own = enter();
    try {
      reclaim(own);
    } finally {
      leaveTurn(own);
    }
  }

  /**
   * Shows the caches that nobody is using but the caller, the shared ones in turn and without
   * waiting; and gives back those of threads that have ended.
   */
  void visitIdle(Consumer<ThreadCache> visitor) {
    ThreadCache own = enter();
    try {
      visitor.accept(own);
    } finally {
      leaveTurn(own);
    }
    endThreads();
    for (ThreadCache cache : shared) {
      if (cache.shared().tryLock()) {
        try {
          visitor.accept(cache);
        } finally {
          cache.shared().unlock();
        }
      }
    }
  }

  /**
   * Gives memory back to the system: all that {@link #reclaim} finds, and what shared caches keep
   * that somebody was using.
   *
   * @return bytes given back
   */
  public long trim() {
    ThreadCache own = enter();
    try {
      reclaim(own);
    } finally {
      leave(own);
    }
    flushShared();
    space.collect();
    decommitRecords();
    space.reportFaults();
    return space.purge();
  }

  /** The system's calls are made without the lock: threads may come meanwhile and find others. */
  private void decommitRecords() {
    long[] records;
    lock.lock();
    try {
      records = freeRecords.toLongArray();
      freeRecords.clear();
    } finally {
      lock.unlock();
    }
    try {
      for (long record : records) {
        space.decommitRecord(record, RECORD_BYTES);
      }
    } finally {
      giveBack(records);
    }
  }

  private void giveBack(long[] records) {
    lock.lock();
    try {
      for (long record : records) {
        freeRecords.addLong(record);
      }
    } finally {
      lock.unlock();
    }
  }

  private void flushShared() {
    for (ThreadCache cache : shared) {
      cache.shared().lock();
      try {
        cache.flush();
      } finally {
        cache.shared().unlock();
      }
    }
  }

  /**
   * Adds up what the caches count.
   *
   * @return the sums, each true at some moment during the call
   */
  public CacheCounts counts() {
    CacheCounts sums = new CacheCounts();
    long recordBytes;
    lock.lock();
    try {
      sums.add(ended);
      all.forEach(cache -> cache.count(sums));
      recordBytes = nextRecord - space.threadRecords();
    } finally {
      lock.unlock();
    }
    sums.bytes += space.recordBytes(recordBytes);
    for (ThreadCache cache : shared) {
      cache.count(sums);
    }
    sums.bytes += objectRecords.residentBytes();
    sums.bytes += TABLE_SIZE * (2 * Long.BYTES + Integer.BYTES);
    return sums;
  }

  /**
   * Checks all caches, and the space below them. No other thread may be in a call.
   *
   * @throws IllegalStateException at the first broken invariant
   */
  public void validate() {
    checkOpen();
    space.validate();
    LongHashSet seen = new LongHashSet();
    lock.lock();
    try {
      if (new HashSet<>(all).size() != all.size()) {
        throw new IllegalStateException("a thread cache is registered twice");
      }
      all.forEach(cache -> cache.validate(seen::add));
    } finally {
      lock.unlock();
    }
    for (ThreadCache cache : shared) {
      cache.validate(seen::add);
    }
  }

  /** Makes every later call be refused. Idempotent. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      Arrays.fill(keys, 0);
      objectRecords.close();
      all.forEach(ThreadCache::close);
    } finally {
      lock.unlock();
    }
  }
}
