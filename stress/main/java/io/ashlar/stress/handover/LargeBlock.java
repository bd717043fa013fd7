// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.slab.LargeBlocks;
import io.ashlar.slab.SlabSpace;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A run of frames, and a mapping: freed exactly once, whoever comes first. */
public class LargeBlock {

  private static final SlabSpace SPACE = Spaces.make(1, new AtomicLong());
  private static final LargeBlocks LARGE = SPACE.large();

  /** Frames of the controls: nothing but their tags. */
  private static final FrameTable TABLE =
      FrameTable.create(
          new Metadata(Metadata.footprint(FrameTable.byteSize(Records.COUNT)), false),
          Records.COUNT);

  private static final long RUN = 2;

  /** A run that lives. */
  @State
  public static class Run {
    final long offset = SPACE.blocks().offset(LARGE.allocate(2 * FrameTable.FRAME_BYTES, 1, false));
  }

  /** A frame whose tag says that a run begins. */
  @State
  public static class Tagged {
    final int frame = Records.number();

    /** Tags it. */
    public Tagged() {
      TABLE.setTags(frame, 1, RUN);
    }

    /** Fault: looks first, and writes then. */
    boolean checkThenFree() {
      if (TABLE.tag(frame) != RUN) {
        return false;
      }
      TABLE.setTags(frame, 1, 0);
      return true;
    }
  }

  /** A mapping that lives. */
  @State
  public static class Mapping {
    final long address = LARGE.allocate(64L << 20, 1, false);

    /** Fault: looks first, and frees then. */
    boolean checkThenFree() {
      if (LARGE.mappingBytes(address) == 0) {
        return false;
      }
      boolean freed = LARGE.freeMapping(address);
      // The fault: both answers count as the first.
      return freed || LARGE.mappingBytes(address) == 0;
    }
  }

  /** Two threads free the same run. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(expect = FORBIDDEN, desc = "both did, or nobody")
  public static class RunFreedTwice {
    /** One frees it. */
    @Actor
    public void one(Run run, ZZ_Result r) {
      r.r1 = LARGE.freeRun(run.offset);
    }

    /** Another frees it. */
    @Actor
    public void other(Run run, ZZ_Result r) {
      r.r2 = LARGE.freeRun(run.offset);
    }
  }

  /** Fault: a check and a store rather than a compare-and-set of the tag. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(expect = FORBIDDEN, desc = "both did, or nobody")
  public static class ControlRunCheckThenFree {
    /** One frees it. */
    @Actor
    public void one(Tagged run, ZZ_Result r) {
      r.r1 = run.checkThenFree();
    }

    /** Another frees it. */
    @Actor
    public void other(Tagged run, ZZ_Result r) {
      r.r2 = run.checkThenFree();
    }
  }

  /** Two threads free the same mapping. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(expect = FORBIDDEN, desc = "both did, or nobody")
  public static class MappingFreedTwice {
    /** One frees it. */
    @Actor
    public void one(Mapping mapping, ZZ_Result r) {
      r.r1 = LARGE.freeMapping(mapping.address);
    }

    /** Another frees it. */
    @Actor
    public void other(Mapping mapping, ZZ_Result r) {
      r.r2 = LARGE.freeMapping(mapping.address);
    }
  }

  /** Fault: the entry is looked up and then removed, rather than removed in one step. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "one freed it")
  @Outcome(expect = FORBIDDEN, desc = "both did, or nobody")
  public static class ControlMappingCheckThenFree {
    /** One frees it. */
    @Actor
    public void one(Mapping mapping, ZZ_Result r) {
      r.r1 = mapping.checkThenFree();
    }

    /** Another frees it. */
    @Actor
    public void other(Mapping mapping, ZZ_Result r) {
      r.r2 = mapping.checkThenFree();
    }
  }
}
