// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.memory.SpinLock;
import io.ashlar.slab.FreeBatch;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A batch of freed blocks: filled with plain writes, handed over through the queue or under the
 * shard's lock, emptied under that lock. The parts are the library's, put together as a shard does.
 */
public class RemoteBatch {

  private static final int NOTHING = -1;

  /** A queue with the lock of its consumers. */
  @State
  public static class Inbox {
    final MessagePassingQueue<FreeBatch> queue = new MpscUnboundedVarHandleArrayQueue<>(2);
    final SpinLock lock = new SpinLock();

    final void offer(int block) {
      queue.relaxedOffer(filled(block));
    }

    static FreeBatch filled(int block) {
      FreeBatch batch = new FreeBatch().begin(1);
      batch.add(block);
      batch.add(block);
      return batch;
    }

    int take() {
      return sum(queue.relaxedPoll());
    }

    int takeLocked() {
      lock.lock();
      try {
        return take();
      } finally {
        lock.unlock();
      }
    }

    /** Twice the blocks' number, and a hundred for each block that is there. */
    static int sum(FreeBatch batch) {
      if (batch == null) {
        return NOTHING;
      }
      int sum = 0;
      for (int i = 0; i < batch.count(); i++) {
        sum += 100 + (int) batch.address(i);
      }
      return sum;
    }
  }

  /** Two batches wait, filled. */
  @State
  public static class TwoWaiting extends Inbox {
    /** Fills it. */
    public TwoWaiting() {
      offer(1);
      offer(2);
    }
  }

  /** A depot of one place, with the lock of the shard. */
  @State
  public static class Depot {
    final SpinLock lock = new SpinLock();
    FreeBatch kept;

    final void keep(FreeBatch batch) {
      lock.lock();
      try {
        kept = batch;
      } finally {
        lock.unlock();
      }
    }

    final int take() {
      FreeBatch batch = kept;
      kept = null;
      return Inbox.sum(batch);
    }

    final int takeLocked() {
      lock.lock();
      try {
        return take();
      } finally {
        lock.unlock();
      }
    }
  }

  /** A batch is kept. */
  @State
  public static class OneKept extends Depot {
    /** Keeps it. */
    public OneKept() {
      keep(Inbox.filled(1));
    }
  }

  /** One fills and offers, one takes. */
  @JCStressTest
  @Outcome(id = "-1", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "202", expect = ACCEPTABLE, desc = "whole")
  @Outcome(expect = FORBIDDEN, desc = "not what was filled in")
  public static class Publication {
    /** Frees. */
    @Actor
    public void freeing(Inbox inbox) {
      inbox.offer(1);
    }

    /** Drains. */
    @Actor
    public void draining(Inbox inbox, I_Result r) {
      r.r1 = inbox.takeLocked();
    }
  }

  /** Fault: a block is filled in behind the offer, as it may be if the queue does not release. */
  @JCStressTest
  @Outcome(id = "-1", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "202", expect = ACCEPTABLE, desc = "whole")
  @Outcome(expect = FORBIDDEN, desc = "not what was filled in")
  public static class ControlNoRelease {
    /** Frees. */
    @Actor
    public void freeing(Inbox inbox) {
      FreeBatch batch = new FreeBatch().begin(1);
      batch.add(1);
      inbox.queue.relaxedOffer(batch);
      Records.dawdle();
      batch.add(1);
    }

    /** Drains. */
    @Actor
    public void draining(Inbox inbox, I_Result r) {
      r.r1 = inbox.takeLocked();
    }
  }

  /** Two threads offer at once; nothing is lost. */
  @JCStressTest
  @Outcome(id = "202", expect = ACCEPTABLE, desc = "both arrived")
  @Outcome(expect = FORBIDDEN, desc = "one was lost")
  public static class Producers {
    /** One frees. */
    @Actor
    public void one(Inbox inbox) {
      inbox.queue.relaxedOffer(new FreeBatch());
    }

    /** Another frees. */
    @Actor
    public void other(Inbox inbox) {
      inbox.queue.relaxedOffer(new FreeBatch());
    }

    /** Counts. */
    @Arbiter
    public void count(Inbox inbox, I_Result r) {
      while (inbox.queue.relaxedPoll() != null) {
        r.r1 += 101;
      }
    }
  }

  /** Two threads drain at once, under the lock. */
  @JCStressTest
  @Outcome(id = "202, 204", expect = ACCEPTABLE, desc = "each got one")
  @Outcome(id = "204, 202", expect = ACCEPTABLE, desc = "each got one")
  @Outcome(expect = FORBIDDEN, desc = "both got the same, or one none")
  public static class Consumers {
    /** One drains. */
    @Actor
    public void one(TwoWaiting inbox, II_Result r) {
      r.r1 = inbox.takeLocked();
    }

    /** Another drains. */
    @Actor
    public void other(TwoWaiting inbox, II_Result r) {
      r.r2 = inbox.takeLocked();
    }
  }

  /** Fault: no lock around the consuming end. */
  @JCStressTest
  @Outcome(id = "202, 204", expect = ACCEPTABLE, desc = "each got one")
  @Outcome(id = "204, 202", expect = ACCEPTABLE, desc = "each got one")
  @Outcome(expect = FORBIDDEN, desc = "both got the same, or one none")
  public static class ControlNoLock {
    /** One drains. */
    @Actor
    public void one(TwoWaiting inbox, II_Result r) {
      r.r1 = inbox.take();
    }

    /** Another drains. */
    @Actor
    public void other(TwoWaiting inbox, II_Result r) {
      r.r2 = inbox.take();
    }
  }

  /** One fills and keeps, one takes, each under the lock. */
  @JCStressTest
  @Outcome(id = "-1", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "202", expect = ACCEPTABLE, desc = "whole")
  @Outcome(expect = FORBIDDEN, desc = "not what was filled in")
  public static class KeptPublication {
    /** Frees. */
    @Actor
    public void freeing(Depot depot) {
      depot.keep(Inbox.filled(1));
    }

    /** Refills. */
    @Actor
    public void refilling(Depot depot, I_Result r) {
      r.r1 = depot.takeLocked();
    }
  }

  /** Fault: a block is filled in behind the unlocking, as it may be without its release. */
  @JCStressTest
  @Outcome(id = "-1", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "202", expect = ACCEPTABLE, desc = "whole")
  @Outcome(expect = FORBIDDEN, desc = "not what was filled in")
  public static class ControlKeptNoRelease {
    /** Frees. */
    @Actor
    public void freeing(Depot depot) {
      FreeBatch batch = new FreeBatch().begin(1);
      batch.add(1);
      depot.keep(batch);
      Records.dawdle();
      batch.add(1);
    }

    /** Refills. */
    @Actor
    public void refilling(Depot depot, I_Result r) {
      r.r1 = depot.takeLocked();
    }
  }

  /** Two threads refill at once, under the lock. */
  @JCStressTest
  @Outcome(id = "202, -1", expect = ACCEPTABLE, desc = "one got it")
  @Outcome(id = "-1, 202", expect = ACCEPTABLE, desc = "one got it")
  @Outcome(expect = FORBIDDEN, desc = "both got it, or nobody")
  public static class KeptTaken {
    /** One refills. */
    @Actor
    public void one(OneKept depot, II_Result r) {
      r.r1 = depot.takeLocked();
    }

    /** Another refills. */
    @Actor
    public void other(OneKept depot, II_Result r) {
      r.r2 = depot.takeLocked();
    }
  }

  /** Fault: no lock around the depot. */
  @JCStressTest
  @Outcome(id = "202, -1", expect = ACCEPTABLE, desc = "one got it")
  @Outcome(id = "-1, 202", expect = ACCEPTABLE, desc = "one got it")
  @Outcome(expect = FORBIDDEN, desc = "both got it, or nobody")
  public static class ControlKeptNoLock {
    /** One refills. */
    @Actor
    public void one(OneKept depot, II_Result r) {
      r.r1 = depot.take();
    }

    /** Another refills. */
    @Actor
    public void other(OneKept depot, II_Result r) {
      r.r2 = depot.take();
    }
  }
}
