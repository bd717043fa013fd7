// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;

/**
 * The binary buddy system without a lock: a bit for each frame, a bit for each 64 frames, and so on
 * by 64, of which one is set where memory is free. A run of any order is taken and freed by one
 * compare-and-set of one word.
 *
 * <pre>
 *   level 2   a bit is 4096 frames, 16 MiB   [1 1 1 0 …]        orders 12 and up
 *                                                   └─ open: its frames are in the word below
 *   level 1   a bit is   64 frames, 256 KiB  [0 1 1 1 …]        orders 6 … 11
 *                                             └─ open
 *   level 0   a bit is one frame, 4 KiB      [0 0 1 1 …]        orders 0 … 5
 * </pre>
 *
 * <p>A frame is free if its own bit is set, or that of a unit around it; of these at most one is. A
 * bit that is set belongs to nobody, and who clears it owns what it stands for, alone: so no run is
 * ever had twice, whatever happens between. Within a word buddies merge by lying side by side.
 * Where a level has no room a unit of the level above is taken and <em>opened</em>: the rest of its
 * 64 parts become free in its word. Where the last part of a word is freed the word is
 * <em>closed</em>: emptied by one compare-and-set, and its unit freed above.
 *
 * <p>Threads keep apart: each allocates from a line of words, 2 MiB of frames, that it holds while
 * there is something in it. A line that is held is not closed, so that allocating and freeing
 * around the edge of a unit costs nothing; others take from it when they find nothing else, and
 * close it before they give up. In the levels above a thread goes elsewhere when it meets another.
 * Otherwise the lowest place is taken, which keeps what is in use together.
 *
 * <p>Records lie outside of the frames, are zero at first where nothing is open, and are resident
 * only where that has been so: 8 bytes for 64 frames, 1 for 64 more.
 *
 * <p>Invariants, checked by {@link #validate} while no other thread is inside:
 *
 * <pre>
 *   (1) of the bits that stand for a frame, one a level, at most one is set
 *   (2) no bit is set that stands for a frame behind the last one
 *   (3) a word with all bits set is in the highest level, or in a line that is held
 *   (4) bounds: see {@link BuddyBounds}
 *   (5) a line is held exactly if one slot says that it holds it
 * </pre>
 *
 * <p><b>Progress.</b> Lock-free: a step that has to be made again has failed because another
 * thread's has succeeded. No thread waits for another. One that is stopped amid a call keeps out of
 * the others' reach, beside the run that it was to get or to free, at most a unit of each level,
 * which it was opening or closing, and a line of words, which it was making known.
 *
 * <p><b>Linearization.</b> An allocation: the exchange that clears its bits. A free: that which
 * sets them, or, where that closes words, the last one above; a run that is no buddy is freed in
 * parts, each for itself. {@link #NONE} has no such point. It means that a search of all levels met
 * no run free, and that while it went on no thread made anything known again that was out of reach;
 * with one thread, that there is none. With several, frames that are freed behind the search and
 * taken ahead of it, or are out of reach at the time, are not seen.
 *
 * <p>Thread-safe. After the bit fields and per-processor reservations of LLFree (Wrenger et al.,
 * USENIX ATC 2023) and the tree of NBBS (Marotta et al., CLUSTER 2018); of neither the tree of
 * counters nor that of node states: see {@code papers/design/lock-free-buddy.md}.
 */
public final class LockFreeBuddy implements FrameAllocator {

  private static final int MIN_SLOTS = 32;
  private static final int SLOTS_PER_PROCESSOR = 4;
  private static final int MAX_SLOTS = 1024;

  private final int frames;
  private final int maxOrder;
  private final BuddyLevels levels;

  /**
   * Makes a buddy system with all frames free.
   *
   * @param metadata where its records lie
   * @param frames how many frames it manages, any number from 1
   * @param maxOrder log₂ of the largest run in frames, 0 … 30
   */
  public LockFreeBuddy(Metadata metadata, int frames, int maxOrder) {
    this(metadata, frames, maxOrder, slots(), new AtomicWords());
  }

  LockFreeBuddy(Metadata metadata, int frames, int maxOrder, int slotCount, AtomicWords atomic) {
    if (frames < 1 || maxOrder < 0 || maxOrder > 30) {
      throw new IllegalArgumentException(frames + " frames, largest order " + maxOrder);
    }
    this.frames = frames;
    this.maxOrder = maxOrder;
    levels = new BuddyLevels(atomic, metadata, frames, top(maxOrder), slotCount);
    release(0, frames);
  }

  /**
   * The metadata that a buddy system needs.
   *
   * @param frames how many frames it manages
   * @param maxOrder log₂ of the largest run in frames
   * @return bytes
   */
  public static long byteSize(int frames, int maxOrder) {
    return byteSize(frames, maxOrder, slots());
  }

  static long byteSize(int frames, int maxOrder, int slotCount) {
    return BuddyLevels.byteSize(frames, top(maxOrder), slotCount);
  }

  private static int top(int maxOrder) {
    return maxOrder / FreeBits.LOG_BITS;
  }

  /** More than threads that run at a time, so that few of them share one. */
  private static int slots() {
    int wanted = SLOTS_PER_PROCESSOR * Runtime.getRuntime().availableProcessors();
    return 1 << Bits.ceilLog2(Math.clamp(wanted, MIN_SLOTS, MAX_SLOTS));
  }

  @Override
  public int allocate(int count, int alignment) {
    Requests.checkAllocation(count, alignment);
    int order = Math.max(Bits.ceilLog2(count), Bits.floorLog2(alignment));
    if (order > maxOrder) {
      return NONE;
    }
    return order < FreeBits.LOG_BITS
        ? (int) levels.take(0, order, count)
        : allocateUnits(order, count);
  }

  private int allocateUnits(int order, int count) {
    int level = order / FreeBits.LOG_BITS;
    int shift = BuddyLevels.shift(level);
    int units = (int) ((count + (1L << shift) - 1) >>> shift);
    long unit = levels.take(level, order - shift, units);
    if (unit < 0) {
      return NONE;
    }
    int first = (int) (unit << shift);
    release(first + (long) count, ((long) units << shift) - count);
    return first;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if part of it is free already, as far as its word tells, or a
   *     unit around it; what lies before that part is free then
   */
  @Override
  public void free(int first, int count) {
    Requests.checkRun(first, count, frames);
    int inWord = first & (FreeBits.BITS - 1);
    if (inWord + count < FreeBits.BITS) {
      levels.free(0, first, count);
    } else {
      release(first, count);
    }
  }

  /** Frees a run in as few units as it consists of. */
  private void release(long first, long count) {
    long at = first;
    long left = count;
    while (left > 0) {
      int level = 0;
      while (level < levels.top() && isUnit(level + 1, at, left)) {
        level++;
      }
      int shift = BuddyLevels.shift(level);
      long unit = at >>> shift;
      int inWord = FreeBits.BITS - ((int) unit & (FreeBits.BITS - 1));
      int units = (int) Math.min(inWord, left >>> shift);
      levels.free(level, unit, units);
      at += (long) units << shift;
      left -= (long) units << shift;
    }
  }

  /** Whether a run begins with a unit of a level. */
  private static boolean isUnit(int level, long first, long count) {
    long length = 1L << BuddyLevels.shift(level);
    return count >= length && (first & (length - 1)) == 0;
  }

  /**
   * {@inheritDoc}
   *
   * <p>While other threads are at work it may return false though the frames behind are free, and
   * keeps those that it found from others until it returns.
   */
  @Override
  public boolean extend(int first, int count, int newCount) {
    long end = (long) first + newCount;
    if (newCount > maxRun() || end > frames) {
      return false;
    }
    long from = (long) first + count;
    long at = from;
    while (at < end) {
      long taken = levels.takeAt(at, end);
      if (taken == 0) {
        release(from, at - from);
        return false;
      }
      at += taken;
    }
    release(end, at - end);
    return true;
  }

  @Override
  public int maxRun() {
    return 1 << maxOrder;
  }

  @Override
  public int frames() {
    return frames;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Counts them: exact while no other thread is inside. Takes time in proportion to the 2 MiB in
   * which something is free and something is not.
   */
  @Override
  public int freeFrames() {
    long sum = 0;
    for (int number = 0; number <= levels.top(); number++) {
      BuddyLevel level = levels.level(number);
      for (int line = level.bounds.next(0, 1, false);
          line >= 0;
          line = level.bounds.next(line + 1, 1, false)) {
        for (int word = level.firstWord(line); word < level.firstWord(line + 1); word++) {
          sum += (long) Long.bitCount(level.bits(word)) << BuddyLevels.shift(number);
        }
      }
    }
    return (int) Math.min(frames, sum);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A run is shown as one as far as it lies in one word, up to {@link #maxRun}.
   */
  @Override
  public void visitFree(RunVisitor visitor) {
    for (int number = levels.top(); number >= 0; number--) {
      BuddyLevel level = levels.level(number);
      for (int line = level.bounds.next(0, 1, false);
          line >= 0;
          line = level.bounds.next(line + 1, 1, false)) {
        for (int word = level.firstWord(line); word < level.firstWord(line + 1); word++) {
          visitFree(level, word, visitor);
        }
      }
    }
  }

  private void visitFree(BuddyLevel level, int word, RunVisitor visitor) {
    int shift = BuddyLevels.shift(level.number);
    long most = Math.min(FreeBits.BITS, (1L << maxOrder) >>> shift);
    int from = 0;
    while (from < FreeBits.BITS) {
      long bits = level.bits(word) & FreeBits.ALL << from;
      if (bits == 0) {
        return;
      }
      from = Long.numberOfTrailingZeros(bits);
      long unit = (long) word << FreeBits.LOG_BITS | from;
      int units = level.takeRun(unit, most);
      if (units > 0) {
        int first = (int) (unit << shift);
        int count = units << shift;
        try {
          visitor.visit(first, count);
        } finally {
          free(first, count);
        }
        from += units;
      }
    }
  }

  @Override
  public void validate() {
    new BuddyAudit(levels, frames).run();
  }
}
