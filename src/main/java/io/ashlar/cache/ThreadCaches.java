// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.memory.Backoff;
import io.ashlar.memory.Counts;
import io.ashlar.memory.SpinLock;
import io.ashlar.slab.SlabSpace;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.agrona.collections.LongHashSet;

/**
 * All thread caches of an allocator, and how a thread comes by its own.
 *
 * <p><b>Look-up.</b> A thread finds its record in a {@link RecordTable}, and its cache in the same
 * place of {@link #table}; if another live thread has the place, in a {@code ThreadLocal}. Entries
 * are written under {@link #lock} and read without.
 *
 * <p><b>Threads that end</b> are not told of; they are found by {@link Thread#isAlive}, a few each
 * time a cache is made, and all of them by {@link #reclaim} and {@link #trim}. What such a cache
 * kept is given back by who finds it, under {@link #lock}.
 *
 * <p><b>Virtual threads</b> have no caches. They take turns with one cache per shard, each behind a
 * try-lock, the first to be tried chosen by the thread's number; all but the first are made at
 * their first turn.
 */
public final class ThreadCaches {

  /** Caches looked at for an ended owner when one is made. */
  private static final int LOOKED_AT = 8;

  private final RecordTable records = new RecordTable();

  /** By place: the cache; null where nobody is. */
  private final ThreadCache[] table = new ThreadCache[RecordTable.size()];

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

  /** Threads that can have a cache at a time. */
  private final int threads;

  private final SlabSpace space;
  private final boolean strict;

  /** By home: who may use the shared cache. */
  private final SpinLock[] turns;

  /** By home: the shared cache; null before its first turn. */
  private final AtomicReferenceArray<ThreadCache> shared;

  private volatile boolean closed;

  /**
   * Makes the caches of a space.
   *
   * @param space what they are filled from
   * @param threads threads that can have a cache at a time; those beyond share like virtual ones
   * @param strict whether every free is checked atomically
   */
  public ThreadCaches(SlabSpace space, int threads, boolean strict) {
    this.space = space;
    this.strict = strict;
    this.threads = threads;
    threadsOfShard = new int[space.shardCount()];
    turns = new SpinLock[space.shardCount()];
    Arrays.setAll(turns, home -> new SpinLock());
    shared = new AtomicReferenceArray<>(turns.length);
    shared.set(0, new ThreadCache(this, 0, null, turns[0]));
  }

  SlabSpace space() {
    return space;
  }

  boolean strict() {
    return strict;
  }

  /**
   * Refuses an allocator that is closed.
   *
   * @throws IllegalStateException if it is
   */
  public void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the allocator is closed");
    }
  }

  /**
   * Where threads find their records, for {@link FastPath}.
   *
   * @return what {@link RecordTable#at} reads
   */
  public long[][] records() {
    return records.records();
  }

  private static int placeOf(Thread thread) {
    return RecordTable.place(thread.threadId());
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
      for (int i = 0; i < turns.length; i++) {
        int home = Math.floorMod(first + i, turns.length);
        ThreadCache cache = turns[home].tryLock() ? sharedAt(home) : null;
        if (cache != null) {
          return cache;
        }
      }
      Backoff.pause(attempt);
    }
  }

  /**
   * The shared cache of a home, for who has got its turn. If the Java heap has no room for it the
   * turn is over, and the result null: a free must not fail for that, and home 0 has one always.
   */
  private ThreadCache sharedAt(int home) {
    ThreadCache cache = null;
    try {
      cache = shared.getPlain(home);
      if (cache == null) {
        cache = new ThreadCache(this, home, null, turns[home]);
        shared.set(home, cache);
      }
    } catch (OutOfMemoryError e) {
      cache = null;
    } finally {
      if (cache == null) {
        turns[home].unlock();
      }
    }
    return cache;
  }

  /** Shows the shared caches that nobody is using, in turn and without waiting. */
  private void visitShared(Consumer<ThreadCache> visitor) {
    for (int home = 0; home < turns.length; home++) {
      ThreadCache cache = shared.get(home);
      if (cache != null && turns[home].tryLock()) {
        try {
          visitor.accept(cache);
        } finally {
          turns[home].unlock();
        }
      }
    }
  }

  /**
   * The cache of a platform thread, made if it has none.
   *
   * @param thread the calling thread, which is not virtual
   * @return its cache; null if there are more threads than can have one, or the Java heap has no
   *     room for it: the thread shares one then, in this call
   */
  public ThreadCache own(Thread thread) {
    ThreadCache cache = table[placeOf(thread)];
    if (cache != null && cache.isOwnedBy(thread)) {
      return cache;
    }
    try {
      WeakReference<ThreadCache> kept = displaced.get();
      cache = kept == null ? null : kept.get();
      return cache != null && cache.isOwnedBy(thread) ? cache : create(thread);
    } catch (OutOfMemoryError e) {
      return null;
    }
  }

  /**
   * The record of a thread's cache, made if it has none.
   *
   * @param thread the calling thread
   * @return the record; one that is no thread's if the thread is virtual, or can have no cache
   */
  public long[] record(Thread thread) {
    ThreadCache cache = thread.isVirtual() ? null : own(thread);
    return cache == null ? Magazines.NOBODYS : cache.record();
  }

  private ThreadCache create(Thread thread) {
    lock.lock();
    try {
      if (Counts.ON) {
        Counts.locked();
      }
      checkOpen();
      lookForEnded(Math.min(LOOKED_AT, all.size()));
      if (all.size() >= threads) {
        return null;
      }
      int home = leastUsedShard();
      // What takes Java heap comes first: nothing has changed where that is out.
      ThreadCache cache = new ThreadCache(this, home, thread, null);
      all.ensureCapacity(all.size() + 1);
      int place = placeOf(thread);
      if (table[place] != null) {
        displaced.set(new WeakReference<>(cache));
      } else {
        table[place] = cache;
        records.add(cache.record());
      }
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
    threadsOfShard[cache.home()]--;
    int place = placeOf(cache.owner());
    if (table[place] == cache) {
      table[place] = null;
      records.remove(cache.record());
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
    // Not the caller's, whose turn it is already; nor waited for, since it may wait for us.
    visitShared(ThreadCache::flush);
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
    visitShared(visitor);
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
    space.reportFaults();
    return space.purge();
  }

  private void flushShared() {
    for (int home = 0; home < turns.length; home++) {
      turns[home].lock();
      try {
        ThreadCache cache = shared.getPlain(home);
        if (cache != null) {
          cache.flush();
        }
      } finally {
        turns[home].unlock();
      }
    }
  }

  /**
   * Counts an arena of a thread that is not found by its number.
   *
   * @param delta 1 if it is opened, -1 if it is closed
   */
  public void countArena(int delta) {
    ThreadCache cache = enter();
    try {
      cache.countArena(delta);
    } finally {
      leave(cache);
    }
  }

  /**
   * Adds up what the caches count.
   *
   * @return the sums, each true at some moment during the call
   */
  public CacheCounts counts() {
    CacheCounts sums = new CacheCounts();
    lock.lock();
    try {
      sums.add(ended);
      all.forEach(cache -> countLive(cache, sums));
    } finally {
      lock.unlock();
    }
    for (int home = 0; home < turns.length; home++) {
      ThreadCache cache = shared.get(home);
      if (cache != null) {
        countLive(cache, sums);
      }
    }
    sums.bytes += RecordTable.FOOTPRINT + RecordTable.size() * (long) Integer.BYTES;
    return sums;
  }

  private static void countLive(ThreadCache cache, CacheCounts sums) {
    cache.count(sums);
    sums.bytes += cache.footprint();
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
    for (int home = 0; home < turns.length; home++) {
      ThreadCache cache = shared.get(home);
      if (cache != null) {
        cache.validate(seen::add);
      }
    }
  }

  /** Makes every later call be refused. Idempotent. */
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      records.clear();
      all.forEach(cache -> cache.count(ended));
      visitShared(cache -> cache.count(ended));
      all.forEach(ThreadCache::close);
      // A program may keep an allocator for long after it has closed it.
      all.clear();
      Arrays.fill(table, null);
      for (int home = 0; home < turns.length; home++) {
        shared.set(home, null);
      }
    } finally {
      lock.unlock();
    }
  }
}
