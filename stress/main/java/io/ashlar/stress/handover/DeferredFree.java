// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.classic.Deferral;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * Blocks whose free is deferred, in a chain through the blocks themselves: any thread puts some in,
 * one at a time takes all out. Each that was put in comes out once, with what its user had written
 * there.
 */
public class DeferredFree {

  private static final int STRIDE = 2 * Deferral.BYTES;

  private static final Metadata MEMORY =
      new Metadata(Metadata.footprint((long) Records.COUNT * STRIDE), false);
  private static final long FIRST = MEMORY.allocate((long) Records.COUNT * STRIDE);

  /** Four blocks, none of which waits. */
  @State
  public static class Blocks {
    final Deferral deferral;

    /** Wipes what an earlier state has left. */
    public Blocks() {
      long address = FIRST + (long) Records.number() * STRIDE;
      Memory.fill(address, STRIDE, (byte) 0);
      deferral = new Deferral(address);
    }

    /** Takes out what is left, and tells how often each block came out. */
    int seenInAll() {
      deferral.takeAll();
      return deferral.seen();
    }
  }

  /** Four blocks, of which one waits. */
  @State
  public static class OneWaits extends Blocks {
    /** Puts it in. */
    public OneWaits() {
      deferral.put(0);
    }
  }

  /** Two threads put in. */
  @JCStressTest
  @Outcome(id = "1111", expect = ACCEPTABLE, desc = "each block once")
  @Outcome(expect = FORBIDDEN, desc = "a block is lost, or had twice, or not as it was")
  public static class TwoPut {
    /** One. */
    @Actor
    public void one(Blocks blocks) {
      blocks.deferral.put(0);
      blocks.deferral.put(1);
    }

    /** The other. */
    @Actor
    public void other(Blocks blocks) {
      blocks.deferral.put(2);
      blocks.deferral.put(3);
    }

    /** Looks. */
    @Arbiter
    public void look(Blocks blocks, I_Result r) {
      r.r1 = blocks.seenInAll();
    }
  }

  /** Fault: no compare-and-set. */
  @JCStressTest
  @Outcome(id = "1111", expect = ACCEPTABLE, desc = "each block once")
  @Outcome(expect = FORBIDDEN, desc = "a block is lost, or had twice, or not as it was")
  public static class ControlTwoPut {
    /** One. */
    @Actor
    public void one(Blocks blocks) {
      blocks.deferral.putByReadAndWrite(0);
      blocks.deferral.putByReadAndWrite(1);
    }

    /** The other. */
    @Actor
    public void other(Blocks blocks) {
      blocks.deferral.putByReadAndWrite(2);
      blocks.deferral.putByReadAndWrite(3);
    }

    /** Looks. */
    @Arbiter
    public void look(Blocks blocks, I_Result r) {
      r.r1 = blocks.seenInAll();
    }
  }

  /** One puts in while another takes all out. */
  @JCStressTest
  @Outcome(id = "1111", expect = ACCEPTABLE, desc = "each block once")
  @Outcome(expect = FORBIDDEN, desc = "a block is lost, or had twice, or not as it was")
  public static class PutAndTakeAll {
    /** Puts in. */
    @Actor
    public void putting(OneWaits blocks) {
      for (int number = 1; number < Deferral.BLOCKS; number++) {
        blocks.deferral.put(number);
      }
    }

    /** Takes out. */
    @Actor
    public void taking(OneWaits blocks) {
      blocks.deferral.takeAll();
    }

    /** Looks. */
    @Arbiter
    public void look(OneWaits blocks, I_Result r) {
      r.r1 = blocks.seenInAll();
    }
  }

  /** Fault: who puts in does not compare and set, and puts in again what was taken out. */
  @JCStressTest
  @Outcome(id = "1111", expect = ACCEPTABLE, desc = "each block once")
  @Outcome(expect = FORBIDDEN, desc = "a block is lost, or had twice, or not as it was")
  public static class ControlPutAndTakeAll {
    /** Puts in. */
    @Actor
    public void putting(OneWaits blocks) {
      for (int number = 1; number < Deferral.BLOCKS; number++) {
        blocks.deferral.putByReadAndWrite(number);
      }
    }

    /** Takes out. */
    @Actor
    public void taking(OneWaits blocks) {
      blocks.deferral.takeAll();
    }

    /** Looks. */
    @Arbiter
    public void look(OneWaits blocks, I_Result r) {
      r.r1 = blocks.seenInAll();
    }
  }

  /** Fault: who takes out does not exchange, and loses what was put in meanwhile. */
  @JCStressTest
  @Outcome(id = "1111", expect = ACCEPTABLE, desc = "each block once")
  @Outcome(expect = FORBIDDEN, desc = "a block is lost, or had twice, or not as it was")
  public static class ControlTakeAllNoExchange {
    /** Puts in. */
    @Actor
    public void putting(OneWaits blocks) {
      for (int number = 1; number < Deferral.BLOCKS; number++) {
        blocks.deferral.put(number);
      }
    }

    /** Takes out. */
    @Actor
    public void taking(OneWaits blocks) {
      blocks.deferral.takeAllByReadAndWrite();
    }

    /** Looks. */
    @Arbiter
    public void look(OneWaits blocks, I_Result r) {
      r.r1 = blocks.seenInAll();
    }
  }

  /** Two threads free the same block. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(expect = FORBIDDEN, desc = "both did, or nobody")
  public static class FreedTwice {
    /** One frees it. */
    @Actor
    public void one(Blocks blocks, ZZ_Result r) {
      r.r1 = blocks.deferral.claim();
    }

    /** Another frees it. */
    @Actor
    public void other(Blocks blocks, ZZ_Result r) {
      r.r2 = blocks.deferral.claim();
    }
  }

  /** Fault: looks first, and marks then. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(expect = FORBIDDEN, desc = "both did, or nobody")
  public static class ControlFreedTwice {
    /** One frees it. */
    @Actor
    public void one(Blocks blocks, ZZ_Result r) {
      r.r1 = blocks.deferral.claimByReadAndWrite();
    }

    /** Another frees it. */
    @Actor
    public void other(Blocks blocks, ZZ_Result r) {
      r.r2 = blocks.deferral.claimByReadAndWrite();
    }
  }
}
