// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.cache.FastPath;
import io.ashlar.cache.RecordTable;
import io.ashlar.cache.ThreadCache;
import io.ashlar.cache.ThreadCaches;
import io.ashlar.memory.Memory;
import io.ashlar.slab.SlabSpace;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/**
 * Threads come by their caches through a table that is read without a lock, and what a cache keeps
 * is taken over by another thread once its own has ended. Each test begins a thread of its own,
 * which makes a cache, allocates, and ends.
 */
public class OwnCache {

  private static final int BYTES = 64;
  private static final int BLOCKS = 32;

  private static final AtomicLong FREED_TWICE = new AtomicLong();
  private static final SlabSpace SPACE = Spaces.make(8, FREED_TWICE);
  private static final ThreadCaches CACHES = new ThreadCaches(SPACE, Spaces.THREADS, false);

  /** A thread's life: it makes a cache, fills its magazine, allocates from it, and ends. */
  static final class Life extends Thread {
    final long[] blocks = new long[BLOCKS];

    /** Whether it allocates when somebody is about to meet it, and does not end before it may. */
    private final boolean waits;

    volatile boolean isMet;
    volatile boolean mayEnd;

    /** Published between the filling and the allocating. */
    volatile ThreadCache cache;

    Life(boolean waits) {
      this.waits = waits;
    }

    @Override
    public void run() {
      ThreadCache own = CACHES.own(this);
      // Rounds for all: a refill by two threads at once would end the JVM, not the test. Fewer than
      // a magazine has room for, so that all of them stay there.
      long[] rounds = new long[3 * BLOCKS];
      take(own, rounds);
      for (long round : rounds) {
        own.free(round);
      }
      cache = own;
      while (waits && !isMet) {
        Thread.onSpinWait();
      }
      take(own, blocks);
      while (waits && !mayEnd) {
        Thread.onSpinWait();
      }
    }

    ThreadCache awaitCache() {
      while (cache == null) {
        Thread.onSpinWait();
      }
      return cache;
    }

    static void take(ThreadCache from, long[] blocks) {
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = from.malloc(BYTES);
      }
    }

    /** Allocates as an allocator's calls do, by the place of this thread in the table. */
    void takeByPlace(Thread key, long[] blocks) {
      ThreadCache own = CACHES.own(Thread.currentThread());
      for (int i = 0; i < blocks.length; i++) {
        long[] record = RecordTable.at(CACHES.records(), this);
        blocks[i] =
            RecordTable.isOf(record, key) ? FastPath.malloc(SPACE.blocks(), record, BYTES) : 0;
        blocks[i] = blocks[i] != 0 ? blocks[i] : own.malloc(BYTES);
      }
    }

    void joined() {
      try {
        join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Two that allocate: two threads, or a thread and an actor. */
  @State
  public static class Lives {
    final Life one;
    final Life other = new Life(false);

    /** Blocks of an actor that stands in for the other. */
    final long[] actors = new long[BLOCKS];

    /** Threads that end when they are done. */
    public Lives() {
      this(false);
    }

    private Lives(boolean oneWaits) {
      one = new Life(oneWaits);
    }

    boolean differ() {
      one.joined();
      other.joined();
      return allDiffer(one.blocks, other.blocks);
    }

    boolean differFromActors() {
      one.joined();
      return allDiffer(one.blocks, actors);
    }

    /** Whether all blocks are different ones; frees them if so. */
    private static boolean allDiffer(long[] some, long[] others) {
      for (int i = 0; i < BLOCKS; i++) {
        Memory.putLong(some[i], i);
        Memory.putLong(others[i], BLOCKS + i);
      }
      for (int i = 0; i < BLOCKS; i++) {
        if (Memory.getLong(some[i]) != i || Memory.getLong(others[i]) != BLOCKS + i) {
          return false;
        }
      }
      ThreadCache own = CACHES.own(Thread.currentThread());
      for (int i = 0; i < BLOCKS; i++) {
        own.free(some[i]);
        own.free(others[i]);
      }
      return FREED_TWICE.get() == 0;
    }
  }

  /** The first thread lives on until the actor has done its worst to it. */
  @State
  public static class LivesOn extends Lives {
    /** Two lives. */
    public LivesOn() {
      super(true);
    }

    /** Lives the first one's life: who waits for it leaves it the processor. */
    final void live() {
      one.start();
      one.joined();
    }

    /** Waits until the first is about to allocate, and sets it off. */
    final ThreadCache meet() {
      ThreadCache cache = one.awaitCache();
      one.isMet = true;
      return cache;
    }
  }

  /** Each thread that makes a cache takes over those of threads that have ended. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "each block has one owner")
  @Outcome(expect = FORBIDDEN, desc = "a block has two")
  public static class TakenOverWhenEnded {
    /** Begins a thread. */
    @Actor
    public void one(Lives lives) {
      lives.one.start();
    }

    /** Begins another. */
    @Actor
    public void other(Lives lives) {
      lives.other.start();
    }

    /** Compares. */
    @Arbiter
    public void compare(Lives lives, Z_Result r) {
      r.r1 = lives.differ();
    }
  }

  /** Fault: nobody asks whether the thread has ended. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "each block has one owner")
  @Outcome(expect = FORBIDDEN, desc = "a block has two")
  public static class ControlTakenOverAlive {
    /** Begins the thread. */
    @Actor
    public void beginning(LivesOn lives) {
      lives.live();
    }

    /** Takes the thread's rounds. */
    @Actor
    public void reclaiming(LivesOn lives) {
      Life.take(lives.meet(), lives.actors);
      lives.one.mayEnd = true;
    }

    /** Compares. */
    @Arbiter
    public void compare(LivesOn lives, Z_Result r) {
      r.r1 = lives.differFromActors();
    }
  }

  /** An actor looks for itself where the thread's record is being put, and uses its own. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "each block has one owner")
  @Outcome(expect = FORBIDDEN, desc = "a block has two")
  public static class FoundByOwner {
    /** Begins the thread. */
    @Actor
    public void beginning(Lives lives) {
      lives.one.start();
    }

    /** Allocates as a thread does whose place in the table is the other's. */
    @Actor
    public void meeting(Lives lives) {
      lives.one.awaitCache();
      lives.one.takeByPlace(Thread.currentThread(), lives.actors);
    }

    /** Compares. */
    @Arbiter
    public void compare(Lives lives, Z_Result r) {
      r.r1 = lives.differFromActors();
    }
  }

  /** Fault: the record found is used without asking whose it is. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "each block has one owner")
  @Outcome(expect = FORBIDDEN, desc = "a block has two")
  public static class ControlNoOwnerCheck {
    /** Begins the thread. */
    @Actor
    public void beginning(LivesOn lives) {
      lives.live();
    }

    /** Allocates from the thread's record. */
    @Actor
    public void meeting(LivesOn lives) {
      lives.meet();
      // A place that a third has, or nobody any more, is no part of the fault.
      lives.one.takeByPlace(lives.one, lives.actors);
      lives.one.mayEnd = true;
    }

    /** Compares. */
    @Arbiter
    public void compare(LivesOn lives, Z_Result r) {
      r.r1 = lives.differFromActors();
    }
  }
}
