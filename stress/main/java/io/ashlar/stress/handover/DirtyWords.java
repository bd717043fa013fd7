// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.frame.DirtyFrames;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The bits of neighbouring runs share words; each run's owner changes its own. */
public class DirtyWords {

  private static final int FRAMES = 64 * Records.COUNT;

  private static final DirtyFrames DIRTY =
      new DirtyFrames(
          new Metadata(Metadata.footprint(DirtyFrames.byteSize(FRAMES)), false), FRAMES);

  /** Frames whose bits are one word: 0 … 31 clean, 32 … 63 dirty. */
  @State
  public static class Word {
    final int first = 64 * Records.number();

    /** The same for the control. */
    final long word = Records.zeroed();

    /** Half clean, half dirty. */
    public Word() {
      DIRTY.clean(first, 32);
      DIRTY.mark(first + 32, 32);
      Memory.putLong(word, -1L << 32);
    }
  }

  /** One run is taken, one decommitted. */
  @JCStressTest
  @Outcome(id = "32, 0", expect = ACCEPTABLE, desc = "both changed")
  @Outcome(expect = FORBIDDEN, desc = "a change was lost")
  public static class Halves {
    /** Takes one. */
    @Actor
    public void taking(Word word) {
      DIRTY.mark(word.first, 32);
    }

    /** Decommits the other. */
    @Actor
    public void decommitting(Word word) {
      DIRTY.clean(word.first + 32, 32);
    }

    /** Looks. */
    @Arbiter
    public void look(Word word, II_Result r) {
      r.r1 = DIRTY.clean(word.first, 32);
      r.r2 = DIRTY.clean(word.first + 32, 32);
    }
  }

  /** Fault: the word is read, changed and written back. */
  @JCStressTest
  @Outcome(id = "32, 0", expect = ACCEPTABLE, desc = "both changed")
  @Outcome(expect = FORBIDDEN, desc = "a change was lost")
  public static class ControlWordWrittenBack {
    /** Takes one. */
    @Actor
    public void taking(Word word) {
      Memory.putLong(word.word, Memory.getLong(word.word) | -1L >>> 32);
    }

    /** Decommits the other. */
    @Actor
    public void decommitting(Word word) {
      Memory.putLong(word.word, Memory.getLong(word.word) & -1L >>> 32);
    }

    /** Looks. */
    @Arbiter
    public void look(Word word, II_Result r) {
      r.r1 = Long.bitCount(Memory.getLong(word.word) << 32);
      r.r2 = Long.bitCount(Memory.getLong(word.word) >>> 32);
    }
  }
}
