// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.memory.SpinLock;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The lock of a shard: one thread at a time, and the next sees what the one before wrote. */
public class ShardLock {

  /** What a lock guards. */
  @State
  public static class Guarded {
    final SpinLock lock = new SpinLock();

    /** The lock of the controls. */
    final AtomicInteger held = new AtomicInteger();

    int first;
    int second;

    /** Not atomic: two at once both return 1. */
    int count() {
      return ++first;
    }

    boolean testThenSet() {
      if (held.getOpaque() != 0) {
        return false;
      }
      held.setOpaque(1);
      return true;
    }
  }

  /** Who waits for the lock. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(expect = FORBIDDEN, desc = "both at once")
  public static class Lock {
    /** One thread. */
    @Actor
    public void one(Guarded guarded, II_Result r) {
      r.r1 = lockAndCount(guarded);
    }

    /** The other. */
    @Actor
    public void other(Guarded guarded, II_Result r) {
      r.r2 = lockAndCount(guarded);
    }

    private static int lockAndCount(Guarded guarded) {
      guarded.lock.lock();
      try {
        return guarded.count();
      } finally {
        guarded.lock.unlock();
      }
    }
  }

  /** Fault: no lock. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(expect = FORBIDDEN, desc = "both at once")
  public static class ControlNoLock {
    /** One thread. */
    @Actor
    public void one(Guarded guarded, II_Result r) {
      r.r1 = guarded.count();
    }

    /** The other. */
    @Actor
    public void other(Guarded guarded, II_Result r) {
      r.r2 = guarded.count();
    }
  }

  /** Who goes elsewhere rather than wait. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the other went elsewhere")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the one went elsewhere")
  @Outcome(expect = FORBIDDEN, desc = "both at once, or nobody")
  public static class TryLock {
    /** One thread. */
    @Actor
    public void one(Guarded guarded, II_Result r) {
      r.r1 = tryLockAndCount(guarded);
    }

    /** The other. */
    @Actor
    public void other(Guarded guarded, II_Result r) {
      r.r2 = tryLockAndCount(guarded);
    }

    private static int tryLockAndCount(Guarded guarded) {
      if (!guarded.lock.tryLock()) {
        return 0;
      }
      try {
        return guarded.count();
      } finally {
        guarded.lock.unlock();
      }
    }
  }

  /** Fault: the lock is tested and then set, rather than by a compare-and-set. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the other went elsewhere")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the one went elsewhere")
  @Outcome(expect = FORBIDDEN, desc = "both at once, or nobody")
  public static class ControlTestThenSet {
    /** One thread. */
    @Actor
    public void one(Guarded guarded, II_Result r) {
      r.r1 = tryLockAndCount(guarded);
    }

    /** The other. */
    @Actor
    public void other(Guarded guarded, II_Result r) {
      r.r2 = tryLockAndCount(guarded);
    }

    private static int tryLockAndCount(Guarded guarded) {
      if (!guarded.testThenSet()) {
        return 0;
      }
      int count = guarded.count();
      guarded.held.setRelease(0);
      return count;
    }
  }

  /** What was written under the lock is seen under it. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "read first")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "written first")
  @Outcome(expect = FORBIDDEN, desc = "read half of what was written")
  public static class Publication {
    /** Writes. */
    @Actor
    public void writer(Guarded guarded) {
      guarded.lock.lock();
      try {
        guarded.first = 1;
        guarded.second = 1;
      } finally {
        guarded.lock.unlock();
      }
    }

    /** Reads. */
    @Actor
    public void reader(Guarded guarded, II_Result r) {
      guarded.lock.lock();
      try {
        r.r1 = guarded.second;
        r.r2 = guarded.first;
      } finally {
        guarded.lock.unlock();
      }
    }
  }

  /** Fault: a write comes behind the unlocking, as it may without its release. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "read first")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "written first")
  @Outcome(expect = FORBIDDEN, desc = "read half of what was written")
  public static class ControlNoRelease {
    /** Writes. */
    @Actor
    public void writer(Guarded guarded) {
      guarded.lock.lock();
      try {
        guarded.second = 1;
      } finally {
        guarded.lock.unlock();
      }
      guarded.first = 1;
    }

    /** Reads. */
    @Actor
    public void reader(Guarded guarded, II_Result r) {
      guarded.lock.lock();
      try {
        r.r1 = guarded.second;
        r.r2 = guarded.first;
      } finally {
        guarded.lock.unlock();
      }
    }
  }
}
