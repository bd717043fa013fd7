// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.handover;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.LockFreeBuddy;
import io.ashlar.frame.Metadata;
import io.ashlar.frame.SmallBuddies;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/**
 * Frames that two threads allocate and free at the same moment from the buddy system without a
 * lock, of 128 frames: none is had twice, and in the end all are free, merged and to be found.
 */
public class FrameHandover {

  private static final int UNIT = 64;

  /**
   * Buddy systems for the states, one after the other. One comes round again when its state has
   * ended, as JCStress keeps 10,240: at most half as many more are begun meanwhile, where one
   * thread is a round ahead with its half of them. It is made anew unless it was left whole.
   */
  static final class Pool {
    private static final int COUNT = 16 << 10;

    private final AtomicReferenceArray<Small> all = new AtomicReferenceArray<>(COUNT);
    private final AtomicLong next = new AtomicLong();
    private final Function<Metadata, LockFreeBuddy> make;

    Pool(Function<Metadata, LockFreeBuddy> make) {
      this.make = make;
    }

    Small take() {
      int at = (int) (next.getAndIncrement() % COUNT);
      Small small = all.get(at);
      if (small != null) {
        if (small.isWhole) {
          small.isWhole = false;
          return small;
        }
        small.metadata.close();
      }
      Small made = new Small(make);
      all.set(at, made);
      return made;
    }
  }

  /** A buddy system, and where its words are. */
  static final class Small {
    final Metadata metadata = SmallBuddies.metadata();
    final LockFreeBuddy buddy;

    /** Whether nobody uses it, and all of it is free. */
    volatile boolean isWhole;

    Small(Function<Metadata, LockFreeBuddy> make) {
      buddy = make.apply(metadata);
    }
  }

  private static final Pool SOUND = new Pool(SmallBuddies::sound);
  private static final Pool LOSING = new Pool(SmallBuddies::losingUpdates);
  private static final Pool LATE = new Pool(SmallBuddies::loweringLate);

  /** A buddy system and what the two threads have of it. */
  abstract static class Frames {
    private final Small small;
    private final LockFreeBuddy buddy;
    int one = FrameAllocator.NONE;
    int other = FrameAllocator.NONE;

    /** Whether a call has come upon what cannot be. A race, and harmless: it is only ever set. */
    private boolean broken;

    Frames(Pool pool) {
      small = pool.take();
      buddy = small.buddy;
    }

    final int allocate(int count) {
      try {
        return buddy.allocate(count, 1);
      } catch (IllegalStateException e) {
        broken = true; // told by isSound
        return FrameAllocator.NONE;
      }
    }

    final void free(int first, int count) {
      try {
        buddy.free(first, count);
      } catch (IllegalStateException e) {
        broken = true;
      }
    }

    /** Whether two runs have no frame in common, and both are there. */
    final boolean apart(int count) {
      return one >= 0 && other >= 0 && Math.abs(one - other) >= count;
    }

    /** Whether all is free, merged and found. */
    final boolean isWhole() {
      if (!isSound()
          || buddy.freeFrames() != SmallBuddies.FRAMES
          || allocate(SmallBuddies.FRAMES) != 0) {
        return false;
      }
      free(0, SmallBuddies.FRAMES);
      small.isWhole = !broken;
      return !broken;
    }

    /** Whether no invariant is broken, and no call has found one to be. */
    final boolean isSound() {
      try {
        buddy.validate();
        return !broken;
      } catch (IllegalStateException e) {
        return false;
      }
    }

    /** Takes all, frame by frame, so that bounds are lowered by who searches. */
    final void fill() {
      int frame;
      do {
        frame = allocate(1);
      } while (frame != FrameAllocator.NONE);
    }
  }

  /** All free. */
  @State
  public static class Empty extends Frames {
    /** For JCStress. */
    public Empty() {
      super(SOUND);
    }
  }

  /** All free, with a fault. */
  @State
  public static class EmptyLosing extends Frames {
    /** For JCStress. */
    public EmptyLosing() {
      super(LOSING);
    }
  }

  /** All taken. */
  @State
  public static class Full extends Frames {
    /** For JCStress. */
    public Full() {
      super(SOUND);
      fill();
    }
  }

  /** All taken, with a fault. */
  @State
  public static class FullLosing extends Frames {
    /** For JCStress. */
    public FullLosing() {
      super(LOSING);
      fill();
    }
  }

  /** All taken, with a fault, and the bounds not lowered yet. */
  @State
  public static class FullLate extends Frames {
    /** For JCStress. */
    public FullLate() {
      super(LATE);
      for (int i = 0; i < SmallBuddies.FRAMES; i++) {
        allocate(1);
      }
    }
  }

  /** The same without the fault. */
  @State
  public static class FullUnnoticed extends Frames {
    /** For JCStress. */
    public FullUnnoticed() {
      super(SOUND);
      for (int i = 0; i < SmallBuddies.FRAMES; i++) {
        allocate(1);
      }
    }
  }

  /** Two threads allocate. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "each has its own")
  @Outcome(expect = FORBIDDEN, desc = "one frame had twice, or lost")
  public static class TwoAllocate {
    /** One. */
    @Actor
    public void one(Empty frames) {
      frames.one = frames.allocate(3);
    }

    /** The other. */
    @Actor
    public void other(Empty frames) {
      frames.other = frames.allocate(3);
    }

    /** Looks. */
    @Arbiter
    public void look(Empty frames, Z_Result r) {
      r.r1 = endOfTwo(frames);
    }
  }

  /** Fault: words are not compared and set at once. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "each has its own")
  @Outcome(expect = FORBIDDEN, desc = "one frame had twice, or lost")
  public static class ControlTwoAllocate {
    /** One. */
    @Actor
    public void one(EmptyLosing frames) {
      frames.one = frames.allocate(3);
    }

    /** The other. */
    @Actor
    public void other(EmptyLosing frames) {
      frames.other = frames.allocate(3);
    }

    /** Looks. */
    @Arbiter
    public void look(EmptyLosing frames, Z_Result r) {
      r.r1 = endOfTwo(frames);
    }
  }

  private static boolean endOfTwo(Frames frames) {
    if (!frames.apart(3)) {
      return false;
    }
    frames.free(frames.one, 3);
    frames.free(frames.other, 3);
    return frames.isWhole();
  }

  /** Two threads free what merges to one run: both close a word, and then meet above. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "merged")
  @Outcome(expect = FORBIDDEN, desc = "a part is lost, or not merged")
  public static class TwoFree {
    /** One. */
    @Actor
    public void one(Full frames) {
      freeOneByOne(frames, 0);
    }

    /** The other. */
    @Actor
    public void other(Full frames) {
      freeOneByOne(frames, 1);
    }

    /** Looks. */
    @Arbiter
    public void look(Full frames, Z_Result r) {
      r.r1 = frames.isWhole();
    }
  }

  /** Fault: words are not compared and set at once. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "merged")
  @Outcome(expect = FORBIDDEN, desc = "a part is lost, or not merged")
  public static class ControlTwoFree {
    /** One. */
    @Actor
    public void one(FullLosing frames) {
      freeOneByOne(frames, 0);
    }

    /** The other. */
    @Actor
    public void other(FullLosing frames) {
      freeOneByOne(frames, 1);
    }

    /** Looks. */
    @Arbiter
    public void look(FullLosing frames, Z_Result r) {
      r.r1 = frames.isWhole();
    }
  }

  /** Quarters of the units in turn. */
  private static void freeOneByOne(Frames frames, int odd) {
    int quarter = UNIT / 4;
    for (int at = odd * quarter; at < SmallBuddies.FRAMES; at += 2 * quarter) {
      frames.free(at, quarter);
    }
  }

  /** One frees while the other looks in vain, and then says that there is nothing. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "what was freed is found")
  @Outcome(expect = FORBIDDEN, desc = "it is not")
  public static class FreeAndSearch {
    /** Frees. */
    @Actor
    public void free(FullUnnoticed frames) {
      Records.dawdle(); // a search takes longer
      frames.free(7, 1);
    }

    /** Looks in vain, or not. */
    @Actor
    public void search(FullUnnoticed frames) {
      frames.other = frames.allocate(1);
    }

    /** Looks. */
    @Arbiter
    public void look(FullUnnoticed frames, Z_Result r) {
      r.r1 = isFound(frames);
    }
  }

  /** Fault: the bound is lowered in spite of the free. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE, desc = "what was freed is found")
  @Outcome(expect = FORBIDDEN, desc = "it is not")
  public static class ControlFreeAndSearch {
    /** Frees. */
    @Actor
    public void free(FullLate frames) {
      Records.dawdle(); // a search takes longer
      frames.free(7, 1);
    }

    /** Looks in vain, or not. */
    @Actor
    public void search(FullLate frames) {
      frames.other = frames.allocate(1);
    }

    /** Looks. */
    @Arbiter
    public void look(FullLate frames, Z_Result r) {
      r.r1 = isFound(frames);
    }
  }

  private static boolean isFound(Frames frames) {
    if (!frames.isSound()) {
      return false; // the bound is below what is there
    }
    if (frames.other == FrameAllocator.NONE) {
      frames.other = frames.allocate(1);
    }
    if (frames.other != 7) {
      return false;
    }
    for (int at = 0; at < SmallBuddies.FRAMES; at++) {
      frames.free(at, 1);
    }
    return frames.isWhole();
  }
}
