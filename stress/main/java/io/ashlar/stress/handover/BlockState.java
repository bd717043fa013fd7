// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;
import io.ashlar.slab.BlockMap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The state of a block at the strict setting: freed exactly once by whoever comes first, by an
 * exchange; neighbours left alone. (At the standard setting a free looks first and writes then, as
 * a control here does: what that lets through is noticed in the slab.)
 */
public class BlockState {

  private static final int SIZE_CLASS = 3;
  private static final int GRANULE = 16;

  /** States of one test's blocks lie in 8 bytes of their own, so that threads meet there. */
  private static final int STATE_BYTES = 8 * GRANULE;

  private static final long REGION_BYTES = (long) Records.COUNT * STATE_BYTES;

  /** Of a region that nobody touches. */
  private static final BlockMap MAP = map();

  private static BlockMap map() {
    int frames = (int) (REGION_BYTES >>> FrameTable.FRAME_SHIFT);
    Metadata metadata =
        new Metadata(
            BlockMap.byteSize(REGION_BYTES) + Metadata.footprint(FrameTable.byteSize(frames)),
            false);
    return BlockMap.create(metadata, FrameTable.create(metadata, frames), 0, REGION_BYTES, true);
  }

  /** Blocks beside each other. */
  @State
  public static class Blocks {
    final long place;
    final long neighbour;

    /** The same two states in a word for the controls. */
    final long word = Records.zeroed();

    /** One live, one free. */
    public Blocks() {
      long offset = (long) Records.number() * STATE_BYTES;
      place = Spaces.place(MAP, offset, SIZE_CLASS);
      neighbour = Spaces.place(MAP, offset + GRANULE, SIZE_CLASS);
      MAP.setLive(place);
      MAP.setFree(neighbour);
    }

    /** Fault: looks first, and writes then. */
    boolean checkThenFree() {
      if (!MAP.isLive(place)) {
        return false;
      }
      MAP.setFree(place);
      return true;
    }

    /** Fault: writes back the neighbours as they were read. */
    void setByteByWord(int index) {
      Memory.putLong(word, Memory.getLong(word) | 0xFFL << (8 * index));
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
      r.r1 = MAP.tryFree(blocks.place);
    }

    /** Another frees it. */
    @Actor
    public void other(Blocks blocks, ZZ_Result r) {
      r.r2 = MAP.tryFree(blocks.place);
    }
  }

  /** Fault: a check and a store rather than a compare-and-set. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(expect = FORBIDDEN, desc = "both did, or nobody")
  public static class ControlCheckThenFree {
    /** One frees it. */
    @Actor
    public void one(Blocks blocks, ZZ_Result r) {
      r.r1 = blocks.checkThenFree();
    }

    /** Another frees it. */
    @Actor
    public void other(Blocks blocks, ZZ_Result r) {
      r.r2 = blocks.checkThenFree();
    }
  }

  /** The compare-and-set of a byte is one of the word around it; a neighbour changes meanwhile. */
  @JCStressTest
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both changed")
  @Outcome(expect = FORBIDDEN, desc = "a change was lost")
  public static class Neighbours {
    /** Frees one. */
    @Actor
    public void freeing(Blocks blocks) {
      MAP.tryFree(blocks.place);
    }

    /** Allocates the other. */
    @Actor
    public void allocating(Blocks blocks) {
      MAP.setLive(blocks.neighbour);
    }

    /** Looks. */
    @Arbiter
    public void look(Blocks blocks, ZZ_Result r) {
      r.r1 = !MAP.isLive(blocks.place);
      r.r2 = MAP.isLive(blocks.neighbour);
    }
  }

  /** Fault: the word is read, changed and written back. */
  @JCStressTest
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both changed")
  @Outcome(expect = FORBIDDEN, desc = "a change was lost")
  public static class ControlWordWrittenBack {
    /** Changes one byte. */
    @Actor
    public void one(Blocks blocks) {
      blocks.setByteByWord(0);
    }

    /** Changes the other. */
    @Actor
    public void other(Blocks blocks) {
      blocks.setByteByWord(1);
    }

    /** Looks. */
    @Arbiter
    public void look(Blocks blocks, ZZ_Result r) {
      r.r1 = Memory.getByte(blocks.word) != 0;
      r.r2 = Memory.getByte(blocks.word + 1) != 0;
    }
  }
}
