// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.DirtyFrames;
import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Counts;
import io.ashlar.memory.SpinLock;
import io.ashlar.region.Region;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntBinaryOperator;

/**
 * Gives the memory of free frames back to the system, and knows which frames have any.
 *
 * <p>Thread-safe. One thread at a time purges; another that wants to returns at once. To note what
 * comes into use and what goes is lock-free.
 */
final class Purge {

  /** Frames that must have come free before a purge is worth it: 1 MiB. */
  private static final int WORTH_FRAMES = 256;

  /** Up to so many dirty frames, free ones among them, nothing is done about growth: 1 MiB. */
  private static final int SMALL_FRAMES = 256;

  /** One in so many of the frames in use may be free and dirty where memory grows. */
  private static final int FREE_SHARE = 8;

  /** Memory has grown if it is larger by one part in so many than it ever was. */
  private static final int GROWTH_SHARE = 16;

  private final Region region;
  private final Metadata metadata;
  private final FrameAllocator frames;
  private final BlockMap blocks;
  private final DirtyFrames dirty;

  /**
   * Frames given back since the last purge, or left over by it: tells when one is worth a look at
   * the clock.
   */
  private final AtomicLong freedFrames = new AtomicLong();

  /** Frames that are dirty, those in use and others. */
  private final AtomicLong dirtyFrames = new AtomicLong();

  /** With more dirty frames than so, memory has grown. Racy: two threads may both see that. */
  private volatile long enoughFrames = SMALL_FRAMES;

  /** One behind the highest frame ever handed out. */
  private final AtomicLong highFrame = new AtomicLong();

  private final SpinLock purging = new SpinLock();

  Purge(
      Region region, Metadata metadata, FrameAllocator frames, BlockMap blocks, DirtyFrames dirty) {
    this.region = region;
    this.metadata = metadata;
    this.frames = frames;
    this.blocks = blocks;
    this.dirty = dirty;
  }

  /**
   * Notes that a run is in use; returns how many of its frames may have held anything but zeros.
   */
  int dirtied(int first, int count) {
    long end = (long) first + count;
    if (highFrame.getOpaque() < end) {
      if (Counts.ON) {
        Counts.atomic(true);
      }
      highFrame.accumulateAndGet(end, Math::max);
    }
    int before = dirty.mark(first, count);
    if (before < count) {
      addDirty(count - before);
    }
    return before;
  }

  private void addDirty(int count) {
    if (Counts.ON) {
      Counts.atomic(true);
    }
    dirtyFrames.addAndGet(count);
  }

  /** Whether more frames are dirty than ever before, by a share. */
  boolean hasGrown() {
    return dirtyFrames.getOpaque() > enoughFrames;
  }

  /**
   * Gives the memory of all free frames back if they are many, rather than let memory grow while it
   * is free elsewhere: of small runs, say, when a large one is wanted. Growth alone is looked at,
   * so a program that frees and takes the same memory over and over keeps it.
   */
  void grown() {
    long before = dirtyFrames.get();
    enoughFrames = Math.max(SMALL_FRAMES, before + before / GROWTH_SHARE);
    long inUse = (long) frames.frames() - frames.freeFrames();
    if ((before - inUse) * FREE_SHARE > inUse) {
      all();
    }
  }

  /** Notes that frames are in use no more. */
  void freed(long count) {
    if (Counts.ON) {
      Counts.atomic(true);
    }
    freedFrames.addAndGet(count);
  }

  /** One behind the highest frame ever in use. */
  long highFrame() {
    return highFrame.get();
  }

  /** Whether enough has come free for a purge to be worth its cost. */
  boolean isWorthIt() {
    return freedFrames.getOpaque() >= WORTH_FRAMES;
  }

  /** Gives the memory of all free frames back; returns how many bytes. */
  long all() {
    return purge(this::purgeRun);
  }

  /**
   * Gives the memory of frames back that were free all the time since this was last called; returns
   * how many bytes.
   *
   * <p>So a program that frees and takes the same memory over and over keeps it, and pays for no
   * page faults, however much it is.
   */
  long old() {
    return purge(this::purgeOld);
  }

  private long purge(IntBinaryOperator purgeRun) {
    if (!region.decommits() || !purging.tryLock()) {
      return 0;
    }
    try {
      freedFrames.set(0);
      long[] purged = {0};
      frames.visitFree(
          (first, count) -> {
            if (first < highFrame.getOpaque()) {
              purged[0] += purgeRun.applyAsInt(first, count);
            }
          });
      return SlabSpace.bytes(purged[0]);
    } catch (RuntimeException | Error e) {
      // What was not come to is looked at the next time.
      freedFrames.addAndGet(WORTH_FRAMES);
      throw e;
    } finally {
      purging.unlock();
    }
  }

  /** Keeps others from purging until {@link #resume}. Blocking: waits for a purge that goes on. */
  void pause() {
    purging.lock();
  }

  /** Ends what {@link #pause} began. */
  void resume() {
    purging.unlock();
  }

  /** Purges what is old of a run, and makes the rest of it old, to be looked at again. */
  private int purgeOld(int first, int count) {
    int end = first + count;
    int purged = 0;
    for (int from = dirty.firstOld(first, end); from < end; ) {
      int to = dirty.firstNotOld(from, end);
      purged += purgeRun(from, to - from);
      from = dirty.firstOld(to, end);
    }
    freedFrames.addAndGet(dirty.age(first, count));
    return purged;
  }

  /** Whole system pages only; marked dirty again if the system refuses. */
  private int purgeRun(int first, int count) {
    int page = (int) Math.max(1, Region.osPageSize() >>> FrameTable.FRAME_SHIFT);
    int from = (int) Bits.alignUp(first, page);
    int length = (int) Bits.alignDown((long) first + count, page) - from;
    int cleaned = length > 0 ? dirty.clean(from, length) : 0;
    if (cleaned > 0) {
      addDirty(-cleaned);
      long offset = SlabSpace.bytes(from);
      long byteLength = SlabSpace.bytes(length);
      try {
        region.decommit(offset, byteLength);
        blocks.decommit(metadata, offset, byteLength);
      } catch (RuntimeException | Error e) {
        addDirty(length - dirty.mark(from, length));
        throw e;
      }
    }
    return cleaned;
  }

  void validate() {
    dirty.validate((int) highFrame.get());
  }
}
