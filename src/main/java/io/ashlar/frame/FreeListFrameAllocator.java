// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.memory.SpinLock;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Single frames from a list of free ones that is threaded through the frames themselves: no memory
 * is needed beside the memory managed, and a frame that is freed is the next to be allocated.
 *
 * <pre>
 *   byte 0         8                    16            4,096
 *   | next + 1     | check              | as the user left it |     a frame on the list
 *
 *   check = the frame's address ⊕ next + 1 ⊕ a constant; 0 in a frame just allocated
 * </pre>
 *
 * <p>Frames that were never handed out are not on the list but behind the highest that was, so that
 * making the allocator touches none of them.
 *
 * <p>What it cannot do: find a run of two frames, since the list knows nothing of neighbours; give
 * memory back to the system, since a free frame holds its link and so stays resident. An alignment
 * is served by a walk along the list.
 *
 * <p>Invariants, checked by {@link #validate}:
 *
 * <pre>
 *   (1) every frame on the list was handed out before: frame &lt; fresh
 *   (2) no frame is on the list twice, and each one's check is right
 *   (3) listed = length of the list
 * </pre>
 *
 * <p>Thread-safe; every operation blocks while another holds the one spin lock: some ten
 * instructions and a cache miss to allocate or free, a walk along the list for an alignment, and
 * for a free that looks like a second one. The linearization point is the lock's release.
 *
 * <p>Bad frees are refused with an {@link IllegalStateException} and change nothing: frames that
 * were never handed out, and frames that are free, which are known by their check and then by a
 * walk along the list (glibc's per-thread lists do it so). A frame freed twice is not found if it
 * was written to in between; but then the list's own check at the next allocation finds the write,
 * unless it left the first 16 bytes alone.
 */
public final class FreeListFrameAllocator implements FrameAllocator {

  private static final long CHECK = 0x9E37_79B9_7F4A_7C15L;
  private static final int CHECK_OFFSET = Long.BYTES;

  /** The list to allocate from, and that of frames already seen by who looks at all of them. */
  private static final int TO_TAKE = 0;

  private static final int SEEN = 1;

  private final SpinLock lock = new SpinLock();

  /** One visit at a time. */
  private final ReentrantLock visits = new ReentrantLock();

  private final long address;
  private final int frames;

  /** First frame of each list, or {@link #NONE}. */
  private final int[] heads = {NONE, NONE};

  private int listed;

  /** One behind the highest frame that was handed out. */
  private int fresh;

  /** The run that a visitor looks at: on no list, and not allocated. */
  private int visited;

  private int visitedCount;

  /**
   * Makes an allocator with all frames free.
   *
   * @param address where frame 0 begins: memory of {@code frames} × 4 KiB that nobody else uses, a
   *     multiple of 8
   * @param frames how many frames it manages, 1 or more
   * @throws IllegalArgumentException if {@code frames} is below 1 or the address no multiple of 8
   */
  public FreeListFrameAllocator(long address, int frames) {
    Requests.checkFrames(frames);
    if ((address & (Long.BYTES - 1)) != 0) {
      throw new IllegalArgumentException("address 0x" + Long.toHexString(address));
    }
    this.address = address;
    this.frames = frames;
  }

  /** {@inheritDoc} There are only runs of one frame. */
  @Override
  public int allocate(int count, int alignment) {
    Requests.checkAllocation(count, alignment);
    if (count > 1) {
      return NONE;
    }
    lock.lock();
    try {
      int frame = takeListed(TO_TAKE, alignment);
      if (frame == NONE) {
        frame = takeListed(SEEN, alignment);
      }
      return frame != NONE ? frame : takeFresh(alignment);
    } finally {
      lock.unlock();
    }
  }

  /** Takes the first frame of a list that is aligned. */
  private int takeListed(int list, int alignment) {
    int before = NONE;
    for (int frame = heads[list]; frame != NONE; frame = next(frame)) {
      if ((frame & (alignment - 1)) == 0) {
        int next = next(frame);
        if (before == NONE) {
          heads[list] = next;
        } else {
          link(before, next);
        }
        listed--;
        Memory.putLong(at(frame) + CHECK_OFFSET, 0);
        return frame;
      }
      before = frame;
    }
    return NONE;
  }

  /** Takes the next aligned frame of those never handed out; what is skipped goes to the list. */
  private int takeFresh(int alignment) {
    long frame = Bits.alignUp(fresh, alignment);
    if (frame >= frames) {
      return NONE;
    }
    while (fresh < frame) {
      push(TO_TAKE, fresh++);
    }
    return fresh++;
  }

  /** {@inheritDoc} The frames may have been allocated one by one. */
  @Override
  public void free(int first, int count) {
    Requests.checkRun(first, count, frames);
    lock.lock();
    try {
      for (int frame = first; frame < first + count; frame++) {
        if (frame >= fresh || isVisited(frame) || (looksFree(frame) && isListed(frame))) {
          throw Requests.notAllocated(first, count);
        }
      }
      // The lowest is allocated first again.
      for (int frame = first + count - 1; frame >= first; frame--) {
        push(TO_TAKE, frame);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isVisited(int frame) {
    return frame >= visited && frame - visited < visitedCount;
  }

  private boolean isListed(int frame) {
    for (int head : heads) {
      for (int at = head; at != NONE; at = next(at)) {
        if (at == frame) {
          return true;
        }
      }
    }
    return false;
  }

  private void push(int list, int frame) {
    link(frame, heads[list]);
    heads[list] = frame;
    listed++;
  }

  private long at(int frame) {
    return address + ((long) frame << FrameTable.FRAME_SHIFT);
  }

  private void link(int frame, int next) {
    long at = at(frame);
    Memory.putLong(at, next + 1L);
    Memory.putLong(at + CHECK_OFFSET, check(at, next + 1L));
  }

  private static long check(long at, long link) {
    return at ^ link ^ CHECK;
  }

  private boolean looksFree(int frame) {
    long at = at(frame);
    long link = Memory.getLong(at);
    return link >= 0 && link <= fresh && Memory.getLong(at + CHECK_OFFSET) == check(at, link);
  }

  /** The frame behind one on a list. */
  private int next(int frame) {
    if (!looksFree(frame)) {
      throw new IllegalStateException("frame " + frame + " was written to after it was freed");
    }
    return (int) Memory.getLong(at(frame)) - 1;
  }

  /** {@inheritDoc} Never: there are only runs of one frame. */
  @Override
  public boolean extend(int first, int count, int newCount) {
    return false;
  }

  @Override
  public int maxRun() {
    return 1;
  }

  @Override
  public int frames() {
    return frames;
  }

  @Override
  public int freeFrames() {
    lock.lock();
    try {
      return listed + frames - fresh;
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>First the frames that were never handed out, as one run, then those of the list one by one.
   * What the visitor writes to the first 16 bytes of a frame of the list, or decommits, is written
   * anew as the frame goes back. One visit at a time: another waits.
   *
   * @throws IllegalStateException if it is called by a visitor
   */
  @Override
  public void visitFree(RunVisitor visitor) {
    if (visits.isHeldByCurrentThread()) {
      throw new IllegalStateException("a visitor cannot begin a visit");
    }
    visits.lock();
    try {
      visitFresh(visitor);
      visitListed(visitor);
    } finally {
      visits.unlock();
    }
  }

  private void visitFresh(RunVisitor visitor) {
    int from;
    lock.lock();
    try {
      from = fresh;
      beginVisit(from, frames - from);
      fresh = frames;
    } finally {
      lock.unlock();
    }
    try {
      if (from < frames) {
        visitor.visit(from, frames - from);
      }
    } finally {
      endVisit(() -> fresh = from);
    }
  }

  private void visitListed(RunVisitor visitor) {
    try {
      for (int left = listedNow(); left > 0; left--) {
        int frame = takeToVisit();
        if (frame == NONE) {
          break;
        }
        try {
          visitor.visit(frame, 1);
        } finally {
          endVisit(() -> push(SEEN, frame));
        }
      }
    } finally {
      while (putBackOne()) {
        // A frame at a time, so that others get the lock in between.
      }
    }
  }

  private int listedNow() {
    lock.lock();
    try {
      return listed;
    } finally {
      lock.unlock();
    }
  }

  private int takeToVisit() {
    lock.lock();
    try {
      int frame = takeListed(TO_TAKE, 1);
      beginVisit(frame, frame == NONE ? 0 : 1);
      return frame;
    } finally {
      lock.unlock();
    }
  }

  private boolean putBackOne() {
    lock.lock();
    try {
      int frame = takeListed(SEEN, 1);
      if (frame != NONE) {
        push(TO_TAKE, frame);
      }
      return frame != NONE;
    } finally {
      lock.unlock();
    }
  }

  private void beginVisit(int first, int count) {
    visited = first;
    visitedCount = count;
  }

  private void endVisit(Runnable putBack) {
    lock.lock();
    try {
      visitedCount = 0;
      putBack.run();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void validate() {
    lock.lock();
    try {
      BitSet seen = new BitSet(frames);
      for (int head : heads) {
        for (int frame = head; frame != NONE; frame = next(frame)) {
          if (frame >= fresh || isVisited(frame) || seen.get(frame)) {
            throw new IllegalStateException("frame " + frame + " is on the list, and elsewhere");
          }
          seen.set(frame);
        }
      }
      if (seen.cardinality() != listed || fresh > frames) {
        throw new IllegalStateException(
            seen.cardinality() + " frames listed, counted as " + listed + "; fresh " + fresh);
      }
    } finally {
      lock.unlock();
    }
  }
}
