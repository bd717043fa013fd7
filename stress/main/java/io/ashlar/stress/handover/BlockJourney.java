// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.memory.Memory;
import io.ashlar.slab.BlockMap;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.Shard;
import io.ashlar.slab.SlabSpace;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A block's way through a real shard: live, in a batch, in the queue or the depot or its slab, live
 * in another thread's hands. Who has a block writes so into it, and wipes that out before freeing
 * it; who gets it finds it free and wiped, though neither of the two writes is more than plain.
 */
public class BlockJourney {

  private static final int SIZE_CLASS = 3;
  private static final long MINE = 0x6d69_6e65;

  private static final AtomicLong FREED_TWICE = new AtomicLong();
  private static final SlabSpace SPACE = Spaces.make(1, FREED_TWICE);
  private static final Shard SHARD = SPACE.shard(0);
  private static final BlockMap BLOCKS = SPACE.blocks();

  /** A block that one actor has and frees, and where the other puts the one that it gets. */
  @State
  public static class Journey {
    final long[] into = new long[1];
    final long[] from = new long[1];
    final long block;
    private long got;

    /** Takes a block. */
    public Journey() {
      int taken;
      do {
        taken = SHARD.tryRefill(SIZE_CLASS, into, 0, 1);
      } while (taken == Shard.CONTENDED);
      block = into[0];
      become(block, MINE);
    }

    void free() {
      Memory.putLong(block, 0);
      send();
    }

    void freeAtHome() {
      Memory.putLong(block, 0);
      release(block);
    }

    /** Fault: the block is not wiped when it is handed over, as may seem without a release. */
    void freeThenWipe() {
      send();
      Records.dawdle();
      Memory.putLong(block, 0);
    }

    /** Fault: the same at home, as may seem without the lock. */
    void freeAtHomeThenWipe() {
      release(block);
      Records.dawdle();
      Memory.putLong(block, 0);
    }

    /** As a thread of another shard does. */
    private void send() {
      BLOCKS.setFree(place(block));
      FreeBatch batch = new FreeBatch().begin(SIZE_CLASS);
      batch.add(block);
      // Behind another, so that the chain's link is published too.
      SHARD.offer(new FreeBatch().begin(SIZE_CLASS).chainedTo(batch));
    }

    /** As a thread of the shard does. */
    private void release(long freed) {
      BLOCKS.setFree(place(freed));
      from[0] = freed;
      while (!SHARD.tryRelease(SIZE_CLASS, from, 0, 1)) {
        Thread.onSpinWait();
      }
    }

    private static long place(long block) {
      return Spaces.place(BLOCKS, BLOCKS.offset(block), SIZE_CLASS);
    }

    /** 0: all is well; 1: got a block that another has; 2: a block freed once seems freed twice. */
    int allocate() {
      if (SHARD.tryRefill(SIZE_CLASS, into, 0, 1) < 1) {
        return 0;
      }
      got = into[0];
      boolean mine = Memory.getLong(got) == 0 && !BLOCKS.isLive(place(got));
      become(got, MINE);
      if (FREED_TWICE.get() != 0) {
        return 2;
      }
      return mine ? 0 : 1;
    }

    /** Kept until all have run, so that the next to be taken is the last to be freed. */
    void giveBack() {
      if (got == 0) {
        return;
      }
      Memory.putLong(got, 0);
      release(got);
    }

    private static void become(long block, long mark) {
      BLOCKS.setLive(place(block));
      Memory.putLong(block, mark);
    }
  }

  /** One frees through the queue, one allocates. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "free, wiped, or nothing there")
  @Outcome(expect = FORBIDDEN, desc = "a block that another has")
  public static class Handed {
    /** Frees. */
    @Actor
    public void freeing(Journey journey) {
      journey.free();
    }

    /** Allocates. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.allocate();
    }

    /** Tidies up. */
    @Arbiter
    public void after(Journey journey) {
      journey.giveBack();
    }
  }

  /** Fault: what the freeing thread wrote comes after the hand-over. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "free, wiped, or nothing there")
  @Outcome(expect = FORBIDDEN, desc = "a block that another has")
  public static class ControlNoRelease {
    /** Frees. */
    @Actor
    public void freeing(Journey journey) {
      journey.freeThenWipe();
    }

    /** Allocates. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.allocate();
    }

    /** Tidies up. */
    @Arbiter
    public void after(Journey journey) {
      journey.giveBack();
    }
  }

  /** Fault: the block is handed over twice. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "free, wiped, or nothing there")
  @Outcome(expect = FORBIDDEN, desc = "a block that another has, or freed twice")
  public static class ControlSentTwice {
    /** Frees. */
    @Actor
    public void freeing(Journey journey) {
      journey.free();
      journey.send();
    }

    /** Allocates. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.allocate();
    }

    /** Tidies up. */
    @Arbiter
    public void after(Journey journey) {
      journey.giveBack();
    }
  }

  /** One frees into the depot, one allocates from there, each under the lock. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "free, wiped, or nothing there")
  @Outcome(expect = FORBIDDEN, desc = "a block that another has")
  public static class Kept {
    /** Frees. */
    @Actor
    public void freeing(Journey journey) {
      journey.freeAtHome();
    }

    /** Allocates. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.allocate();
    }

    /** Tidies up. */
    @Arbiter
    public void after(Journey journey) {
      journey.giveBack();
    }
  }

  /** Fault: what the freeing thread wrote comes after the depot is left. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "free, wiped, or nothing there")
  @Outcome(expect = FORBIDDEN, desc = "a block that another has")
  public static class ControlKeptNoRelease {
    /** Frees. */
    @Actor
    public void freeing(Journey journey) {
      journey.freeAtHomeThenWipe();
    }

    /** Allocates. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.allocate();
    }

    /** Tidies up. */
    @Arbiter
    public void after(Journey journey) {
      journey.giveBack();
    }
  }
}
