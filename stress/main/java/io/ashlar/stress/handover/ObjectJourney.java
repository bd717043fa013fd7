// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.memory.Memory;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.ObjectBlocks;
import io.ashlar.slab.ObjectShard;
import io.ashlar.slab.ObjectSpace;
import io.ashlar.slab.SlabSpace;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * An object's way through a real shard of a typed cache. Who takes raw blocks constructs them; who
 * has an object writes into it, and brings it back into its constructed state before handing it
 * back; who gets it finds it constructed and marked as in use by nobody, though none of these
 * writes is more than plain.
 */
public class ObjectJourney {

  private static final int OBJECT_BYTES = 24;
  private static final long MARK = 0x0b1ec7;
  private static final long IN_USE = 0x6d69_6e65;

  private static final AtomicLong FREED_TWICE = new AtomicLong();
  private static final SlabSpace SPACE = Spaces.make(1, FREED_TWICE);
  private static final ObjectSpace OBJECTS =
      ObjectSpace.create(SPACE, OBJECT_BYTES, Long.BYTES, Long.MAX_VALUE, false);
  private static final ObjectShard SHARD = OBJECTS.shard(0);
  private static final ObjectBlocks BLOCKS = OBJECTS.blocks();

  /** An object that one actor has and hands back, and the one that the other gets. */
  @State
  public static class Journey {
    final long[] from = new long[1];
    final long object;
    private long got;

    /** Takes an object, constructed or to be constructed. */
    public Journey() {
      long taken;
      do {
        taken = take();
      } while (taken == 0);
      object = taken;
      use(object);
    }

    private static long take() {
      FreeBatch batch = new FreeBatch();
      long taken = 0;
      if (SHARD.tryTake(batch, 1) == 1) {
        taken = batch.address(0);
        if (batch.sizeClass() == ObjectShard.RAW) {
          Memory.putLong(taken, MARK);
          Memory.putLong(taken + 8, taken);
          Memory.putLong(taken + 16, 0);
        }
      }
      return taken;
    }

    private static void use(long object) {
      BLOCKS.setLive(BLOCKS.placeOf(object));
      Memory.putLong(object + 16, IN_USE);
    }

    private static void restore(long object) {
      Memory.putLong(object + 16, 0);
    }

    void handBack() {
      restore(object);
      send();
    }

    void handBackAtHome() {
      restore(object);
      release(object);
    }

    /** Fault: restored behind the hand-over, as may seem without a release. */
    void handBackThenRestore() {
      send();
      Records.dawdle();
      restore(object);
    }

    /** Fault: the same at home, as may seem without the lock. */
    void handBackAtHomeThenRestore() {
      release(object);
      Records.dawdle();
      restore(object);
    }

    /** As a thread of another shard does. */
    private void send() {
      BLOCKS.setFree(BLOCKS.placeOf(object));
      FreeBatch batch = new FreeBatch().begin(ObjectShard.CONSTRUCTED);
      batch.add(object);
      SHARD.offer(batch);
    }

    /** As a thread of the shard does. */
    private void release(long freed) {
      BLOCKS.setFree(BLOCKS.placeOf(freed));
      from[0] = freed;
      while (!SHARD.tryRelease(from, 0, 1)) {
        Thread.onSpinWait();
      }
    }

    /** 0: all is well; 1: got an object that is not constructed; 2: one seems freed twice. */
    int alloc() {
      got = take();
      if (got == 0) {
        return 0;
      }
      boolean constructed =
          Memory.getLong(got) == MARK
              && Memory.getLong(got + 8) == got
              && Memory.getLong(got + 16) == 0
              && !BLOCKS.isLive(BLOCKS.placeOf(got));
      use(got);
      if (FREED_TWICE.get() != 0) {
        return 2;
      }
      return constructed ? 0 : 1;
    }

    /** Hands back what was got. */
    void finish() {
      if (got != 0) {
        restore(got);
        release(got);
      }
    }
  }

  /** One hands back through the queue, another takes. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "constructed, or none")
  @Outcome(expect = FORBIDDEN, desc = "not as it was handed back")
  public static class SentHome {
    /** Hands back. */
    @Actor
    public void freeing(Journey journey) {
      journey.handBack();
    }

    /** Takes. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.alloc();
    }

    /** Ends. */
    @Arbiter
    public void finish(Journey journey) {
      journey.finish();
    }
  }

  /** Fault: the object is restored once it is handed over. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "constructed, or none")
  @Outcome(expect = FORBIDDEN, desc = "not as it was handed back")
  public static class ControlRestoredBehindTheOffer {
    /** Hands back. */
    @Actor
    public void freeing(Journey journey) {
      journey.handBackThenRestore();
    }

    /** Takes. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.alloc();
    }

    /** Ends. */
    @Arbiter
    public void finish(Journey journey) {
      journey.finish();
    }
  }

  /** One hands back at home, another takes. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "constructed, or none")
  @Outcome(expect = FORBIDDEN, desc = "not as it was handed back")
  public static class ReleasedAtHome {
    /** Hands back. */
    @Actor
    public void freeing(Journey journey) {
      journey.handBackAtHome();
    }

    /** Takes. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.alloc();
    }

    /** Ends. */
    @Arbiter
    public void finish(Journey journey) {
      journey.finish();
    }
  }

  /** Fault: the object is restored once the lock is free. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "constructed, or none")
  @Outcome(expect = FORBIDDEN, desc = "not as it was handed back")
  public static class ControlRestoredBehindTheLock {
    /** Hands back. */
    @Actor
    public void freeing(Journey journey) {
      journey.handBackAtHomeThenRestore();
    }

    /** Takes. */
    @Actor
    public void allocating(Journey journey, I_Result r) {
      r.r1 = journey.alloc();
    }

    /** Ends. */
    @Arbiter
    public void finish(Journey journey) {
      journey.finish();
    }
  }
}
