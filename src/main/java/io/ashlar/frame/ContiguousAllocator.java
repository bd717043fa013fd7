// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Memory;
import io.ashlar.memory.SpinLock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs of any length for devices: aligned, no longer than a device takes, across no boundary that
 * it cannot count over; and where no such run is free, a list of several.
 *
 * <p>A bit for each frame says whether it is taken. A request takes the first place that fits
 * ({@linkplain RunConstraints constraints}). Unlike a buddy system's, a run can have any length and
 * lie at any frame, so a run is found if there is one; what that costs is a search through the
 * bits, 64 at a time, from the lowest free frame on. Linux' contiguous memory allocator does it so.
 *
 * <p>Contiguous means in the region's addresses: a program cannot know where in the machine's
 * memory a page is, nor keep it there.
 *
 * <p>Invariants, checked by {@link #validate}:
 *
 * <pre>
 *   (1) freeFrames = number of frames whose bit is 0
 *   (2) no frame below lowestFree is free
 *   (3) bits behind the last frame are 0
 * </pre>
 *
 * <p>Thread-safe; every operation blocks while another holds the one spin lock, for as long as a
 * search takes: up to a load for each 64 frames, and for a list as many times that as it has runs.
 * The linearization point is the lock's release. Bad frees are refused with an {@link
 * IllegalStateException} and change nothing: all of the frames must be allocated.
 */
public final class ContiguousAllocator implements FrameAllocator {

  /** So that no number of a frame overflows. */
  private static final int MAX_FRAMES = 1 << 30;

  private final SpinLock lock = new SpinLock();

  /** One visit at a time. */
  private final ReentrantLock visits = new ReentrantLock();

  private final int frames;

  /** Where the bits are; 1 says taken, so that memory is touched only as frames are. */
  private final long bits;

  private int freeFrames;
  private int lowestFree;

  /** The run that a visitor looks at: free, though its bits say that it is taken. */
  private int visited;

  private int visitedCount;

  /** What {@link #findLongest} found beside the place. */
  private int longestFound;

  /**
   * Makes an allocator with all frames free.
   *
   * @param metadata where its records lie
   * @param frames how many frames it manages, 1 … 2<sup>30</sup>
   */
  public ContiguousAllocator(Metadata metadata, int frames) {
    Requests.checkFrames(frames);
    if (frames > MAX_FRAMES) {
      throw new IllegalArgumentException(frames + " frames to manage");
    }
    this.frames = frames;
    freeFrames = frames;
    bits = metadata.allocate(byteSize(frames));
  }

  /**
   * The metadata that an allocator needs.
   *
   * @param frames how many frames it manages
   * @return bytes
   */
  public static long byteSize(int frames) {
    return (frames + 63L) / 64 * Long.BYTES;
  }

  @Override
  public int allocate(int count, int alignment) {
    Requests.checkAllocation(count, alignment);
    return allocate(count, new RunConstraints(alignment, 0, Integer.MAX_VALUE));
  }

  /**
   * Allocates one run.
   *
   * @param count its frames, 1 or more
   * @param constraints what it must be like
   * @return its first frame, or {@link #NONE} if no such run is free, or none can be so long
   * @throws IllegalArgumentException if {@code count} is below 1
   */
  public int allocate(int count, RunConstraints constraints) {
    Requests.checkAllocation(count, 1);
    if (count > constraints.longest()) {
      return NONE;
    }
    lock.lock();
    try {
      int first = find(count, constraints);
      if (first != NONE) {
        take(first, count);
      }
      return first;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Allocates frames in one run if there is such a one, else in several, the longest first. The
   * choice is greedy: with constraints there may be a shorter list.
   *
   * @param count the frames of all runs together, 1 or more
   * @param constraints what each run must be like
   * @param maxRuns the most runs that the device takes, 1 or more
   * @param into is cleared, and gets the runs
   * @return whether there were so many; if not nothing is allocated and {@code into} is empty
   * @throws IllegalArgumentException if {@code count} or {@code maxRuns} is below 1
   */
  public boolean allocate(int count, RunConstraints constraints, int maxRuns, FrameRuns into) {
    Requests.checkAllocation(count, 1);
    if (maxRuns < 1) {
      throw new IllegalArgumentException("at most " + maxRuns + " runs");
    }
    into.clear();
    lock.lock();
    try {
      int left = count;
      while (left > 0 && left <= freeFrames && into.size() < maxRuns) {
        int length = Math.min(left, constraints.longest());
        int first = find(length, constraints);
        if (first == NONE) {
          first = findLongest(constraints);
          length = longestFound;
        }
        if (first == NONE) {
          break;
        }
        take(first, length);
        into.add(first, length);
        left -= length;
      }
      if (left > 0) {
        for (int i = 0; i < into.size(); i++) {
          release(into.first(i), into.frames(i));
        }
        into.clear();
      }
      return left == 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void free(int first, int count) {
    Requests.checkRun(first, count, frames);
    lock.lock();
    try {
      checkAllocated(first, count);
      release(first, count);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Frees all runs of a list, and clears it.
   *
   * @param runs runs that are allocated
   * @throws IllegalStateException if any of the frames is not, or is in the list twice; nothing has
   *     changed then
   * @throws IllegalArgumentException if any is not inside the memory managed
   */
  public void free(FrameRuns runs) {
    for (int i = 0; i < runs.size(); i++) {
      Requests.checkRun(runs.first(i), runs.frames(i), frames);
    }
    lock.lock();
    int freed = 0;
    try {
      int lowest = lowestFree;
      try {
        for (; freed < runs.size(); freed++) {
          checkAllocated(runs.first(freed), runs.frames(freed));
          release(runs.first(freed), runs.frames(freed));
        }
      } catch (IllegalStateException e) {
        for (int i = 0; i < freed; i++) {
          take(runs.first(i), runs.frames(i));
        }
        lowestFree = lowest;
        throw e;
      }
    } finally {
      lock.unlock();
    }
    runs.clear();
  }

  private void checkAllocated(int first, int count) {
    boolean free = next(first, first + count, false) < first + count;
    boolean apart = visited + visitedCount <= first || visited >= first + count;
    if (free || (visitedCount > 0 && !apart)) {
      throw Requests.notAllocated(first, count);
    }
  }

  @Override
  public boolean extend(int first, int count, int newCount) {
    Requests.checkRun(first, count, frames);
    if (newCount > frames - first) {
      return false;
    }
    lock.lock();
    try {
      int end = first + count;
      int newEnd = first + newCount;
      if (nextTaken(end, newEnd) < newEnd) {
        return false;
      }
      take(end, newCount - count);
      return true;
    } finally {
      lock.unlock();
    }
  }

  // ---- under the lock --------------------------------------------------------------------------

  /** The first free run of a length that the constraints allow. */
  private int find(int count, RunConstraints constraints) {
    long at = lowestFree;
    while (true) {
      at = constraints.place(nextFree((int) at), count);
      if (at + count > frames) {
        return NONE;
      }
      int taken = nextTaken((int) at, (int) at + count);
      if (taken == at + count) {
        return (int) at;
      }
      at = taken;
    }
  }

  /** The longest run that is free and allowed; {@link #NONE} if there is none of even one frame. */
  private int findLongest(RunConstraints constraints) {
    int found = NONE;
    longestFound = 0;
    int from = nextFree(lowestFree);
    while (from < frames) {
      int end = nextTaken(from, frames);
      long first = constraints.place(from, 1);
      while (first < end) {
        long bound = Math.min(end, constraints.boundary(first));
        int length = (int) Math.min(bound - first, constraints.maxRun());
        if (length > longestFound) {
          longestFound = length;
          found = (int) first;
        }
        first = constraints.place(bound, 1);
      }
      from = nextFree(end);
    }
    return found;
  }

  private void take(int first, int count) {
    change(first, count, true);
    freeFrames -= count;
    if (first <= lowestFree && lowestFree < first + count) {
      lowestFree = nextFree(first + count);
    }
  }

  private void release(int first, int count) {
    change(first, count, false);
    freeFrames += count;
    lowestFree = Math.min(lowestFree, first);
  }

  private long wordAt(int frame) {
    return bits + ((long) (frame >>> 6) << 3);
  }

  private void change(int first, int count, boolean taken) {
    int end = first + count;
    for (int frame = first; frame < end; ) {
      int stop = Math.min(end, (frame | 63) + 1);
      long mask = -1L >>> (64 - (stop - frame)) << frame;
      long word = Memory.getLong(wordAt(frame));
      Memory.putLong(wordAt(frame), taken ? word | mask : word & ~mask);
      frame = stop;
    }
  }

  private int nextFree(int from) {
    return next(from, frames, false);
  }

  private int nextTaken(int from, int end) {
    return next(from, end, true);
  }

  /** The next frame that is taken, or free; {@code end} if there is none before it. */
  private int next(int from, int end, boolean taken) {
    for (int frame = from; frame < end; frame = (frame | 63) + 1) {
      long word = Memory.getLong(wordAt(frame));
      long rest = (taken ? word : ~word) >>> frame;
      if (rest != 0) {
        return Math.min(end, frame + Long.numberOfTrailingZeros(rest));
      }
    }
    return end;
  }

  // ---- figures, visits, checks -----------------------------------------------------------------

  @Override
  public int maxRun() {
    return frames;
  }

  @Override
  public int frames() {
    return frames;
  }

  @Override
  public int freeFrames() {
    lock.lock();
    try {
      return freeFrames;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The longest run that is free: together with {@link #freeFrames}, how fragmented memory is.
   *
   * @return frames, 0 if none is free
   */
  public int longestFreeRun() {
    lock.lock();
    try {
      return findLongest(RunConstraints.NONE) == NONE ? 0 : longestFound;
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@inheritDoc} One visit at a time: another waits.
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
      for (int from = 0; takeToVisit(from); ) {
        int first = visited;
        from = first + visitedCount;
        try {
          visitor.visit(first, from - first);
        } finally {
          endVisit();
        }
      }
    } finally {
      visits.unlock();
    }
  }

  private boolean takeToVisit(int from) {
    lock.lock();
    try {
      int first = nextFree(Math.max(from, lowestFree));
      int count = nextTaken(first, frames) - first;
      if (count > 0) {
        take(first, count);
        visited = first;
        visitedCount = count;
      }
      return count > 0;
    } finally {
      lock.unlock();
    }
  }

  private void endVisit() {
    lock.lock();
    try {
      release(visited, visitedCount);
      visitedCount = 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void validate() {
    lock.lock();
    try {
      int taken = 0;
      int bound = (int) (byteSize(frames) * Byte.SIZE);
      for (int at = nextTaken(0, bound); at < bound; at = nextTaken(at + 1, bound)) {
        if (at >= frames) {
          throw new IllegalStateException("frame " + at + " of " + frames + " is taken");
        }
        taken++;
      }
      if (taken + freeFrames != frames || nextFree(0) < lowestFree) {
        throw new IllegalStateException(
            "%d of %d frames are taken, %d counted as free, none below %d"
                .formatted(taken, frames, freeFrames, lowestFree));
      }
    } finally {
      lock.unlock();
    }
  }
}
