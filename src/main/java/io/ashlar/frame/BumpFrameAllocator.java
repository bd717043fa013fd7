// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;
import io.ashlar.memory.Counts;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands out frames from the first to the last and never takes one back: what a kernel has while it
 * starts, before it can afford anything better.
 *
 * <p>A free is counted, and that is all: its frames are not allocated again, {@link #freeFrames}
 * does not grow by them, and {@link #visitFree} does not show them. That is the fault this
 * allocator is here to show; {@link FreeListFrameAllocator} mends it. Frames skipped for an
 * alignment are lost the same way.
 *
 * <p>All state is one word, changed by one compare-and-set, which is the linearization point:
 *
 * <pre>
 *   63        ┊ 62 … 32       ┊ 31 … 0
 *   visited   ┊ next frame    ┊ live frames
 *
 *   (1) 0 ≤ live ≤ next ≤ frames
 * </pre>
 *
 * <p>Thread-safe and lock-free, but that nothing can be allocated while {@link #visitFree} shows
 * what is left. Bad frees are refused with an {@link IllegalStateException} and change nothing:
 * frames not handed out yet, and more frames than are live. A run freed twice is not found while
 * others are live: nothing is kept of single frames.
 */
public final class BumpFrameAllocator implements FrameAllocator {

  private static final long VISITED = Long.MIN_VALUE;

  private final int frames;
  private final AtomicLong state = new AtomicLong();

  /**
   * Makes an allocator with all frames free.
   *
   * @param frames how many frames it manages, 1 or more
   */
  public BumpFrameAllocator(int frames) {
    Requests.checkFrames(frames);
    this.frames = frames;
  }

  private static int next(long word) {
    return (int) (word >>> 32) & Integer.MAX_VALUE;
  }

  private static int live(long word) {
    return (int) word;
  }

  private static long word(int next, int live) {
    return (long) next << 32 | live;
  }

  private boolean replace(long before, long after) {
    boolean done = state.compareAndSet(before, after);
    if (Counts.ON) {
      Counts.atomic(done);
    }
    return done;
  }

  @Override
  public int allocate(int count, int alignment) {
    Requests.checkAllocation(count, alignment);
    while (true) {
      long before = state.get();
      long first = Bits.alignUp(next(before), alignment);
      if (before < 0 || first + count > frames) {
        return NONE;
      }
      if (replace(before, word((int) first + count, live(before) + count))) {
        return (int) first;
      }
    }
  }

  @Override
  public void free(int first, int count) {
    Requests.checkRun(first, count, frames);
    while (true) {
      long before = state.get();
      if (first + count > next(before) || count > live(before)) {
        throw Requests.notAllocated(first, count);
      }
      if (replace(before, before - count)) {
        return;
      }
    }
  }

  /** {@inheritDoc} Only the run that was handed out last can grow. */
  @Override
  public boolean extend(int first, int count, int newCount) {
    Requests.checkRun(first, count, frames);
    while (true) {
      long before = state.get();
      if (before < 0 || first + count != next(before) || newCount > frames - first) {
        return false;
      }
      long after = word(first + newCount, live(before) + newCount - count);
      if (replace(before, after)) {
        return true;
      }
    }
  }

  @Override
  public int maxRun() {
    return frames;
  }

  @Override
  public int frames() {
    return frames;
  }

  /** {@inheritDoc} Those that were never handed out. */
  @Override
  public int freeFrames() {
    long now = state.get();
    return now < 0 ? 0 : frames - next(now);
  }

  /**
   * Frames that are in use.
   *
   * @return frames
   */
  public int liveFrames() {
    return live(state.get());
  }

  /**
   * Frames that are neither in use nor can be allocated: freed, or skipped for an alignment.
   *
   * @return frames
   */
  public int lostFrames() {
    long now = state.get();
    return next(now) - live(now);
  }

  /** {@inheritDoc} There is at most one run; while somebody looks at it nobody else is shown it. */
  @Override
  public void visitFree(RunVisitor visitor) {
    long before;
    do {
      before = state.get();
      if (before < 0 || next(before) == frames) {
        return;
      }
    } while (!replace(before, before | VISITED));
    try {
      visitor.visit(next(before), frames - next(before));
    } finally {
      state.getAndUpdate(word -> word & ~VISITED);
    }
  }

  @Override
  public void validate() {
    long now = state.get();
    if (live(now) < 0 || live(now) > next(now) || next(now) > frames) {
      throw new IllegalStateException(
          "of " + frames + " frames " + next(now) + " handed out, " + live(now) + " live");
    }
  }
}
