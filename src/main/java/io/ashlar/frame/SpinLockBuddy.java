// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.BitTree;
import io.ashlar.memory.Bits;
import io.ashlar.memory.SpinLock;

/**
 * The binary buddy system under one spin lock: the way a kernel's memory zone does it, without its
 * lists per processor.
 *
 * <p>Free memory is a set of <em>buddies</em>: runs of 2^order frames that begin at a multiple of
 * their length. An allocation takes the lowest free buddy of the smallest order that fits, halves
 * it until it fits exactly, and gives the unused tail back; a free merges buddies as long as the
 * other half is free too. Lowest first keeps what is in use together, so that few frames are ever
 * touched.
 *
 * <p>Invariants, checked by {@link #validate}:
 *
 * <pre>
 *   (1) the free buddies do not overlap
 *   (2) no two buddies whose union is a buddy are both free, below the largest order
 *   (3) freeFrames = Σ over orders of 2^order × number of free buddies
 * </pre>
 *
 * <p>Thread-safe; every operation blocks while another holds the lock, for some tens of
 * instructions times the order. The linearization point is the lock's release. After D. E. Knuth,
 * <i>The Art of Computer Programming</i>, vol. 1, section 2.5 (Algorithms R and S), which keeps
 * lists where this keeps bits, outside the memory that is managed.
 */
public final class SpinLockBuddy implements FrameAllocator {

  /** Largest order unless told otherwise: runs of 32 MiB. */
  public static final int DEFAULT_MAX_ORDER = 13;

  private final SpinLock lock = new SpinLock();
  private final int frames;
  private final int maxOrder;

  /** For each order the free buddies, by number: first frame ÷ 2^order. */
  private final BitTree[] free;

  private int freeFrames;

  /**
   * Makes a buddy system with all frames free.
   *
   * @param metadata where its records lie
   * @param frames how many frames it manages, any number from 1
   * @param maxOrder log₂ of the largest run in frames
   */
  public SpinLockBuddy(Metadata metadata, int frames, int maxOrder) {
    if (frames < 1 || maxOrder < 0 || maxOrder > 30) {
      throw new IllegalArgumentException(frames + " frames, largest order " + maxOrder);
    }
    this.frames = frames;
    this.maxOrder = maxOrder;
    free = new BitTree[maxOrder + 1];
    for (int order = 0; order <= maxOrder; order++) {
      long bound = buddies(frames, order);
      free[order] = new BitTree(metadata.allocate(BitTree.byteSize(bound)), bound);
    }
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
    long sum = 0;
    for (int order = 0; order <= maxOrder; order++) {
      sum += Metadata.footprint(BitTree.byteSize(buddies(frames, order)));
    }
    return sum;
  }

  /**
   * Numbers that buddies of an order can have; one more than fit whole, so that a buddy has one.
   */
  private static long buddies(int frames, int order) {
    return ((long) frames >>> order) + 2;
  }

  @Override
  public int allocate(int count, int alignment) {
    if (count < 1 || !Bits.isPowerOfTwo(alignment)) {
      throw new IllegalArgumentException(count + " frames aligned to " + alignment);
    }
    int order = Math.max(Bits.ceilLog2(count), Bits.floorLog2(alignment));
    if (order > maxOrder) {
      return NONE;
    }
    lock.lock();
    try {
      for (int from = order; from <= maxOrder; from++) {
        long buddy = free[from].next(0);
        if (buddy >= 0) {
          free[from].remove(buddy);
          freeFrames -= 1 << from;
          int first = (int) (buddy << from);
          release(first + count, (1 << from) - count);
          return first;
        }
      }
      return NONE;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void free(int first, int count) {
    if (first < 0 || count < 1 || count > frames - first) {
      throw new IllegalArgumentException("frames " + first + " + " + count + " of " + frames);
    }
    lock.lock();
    try {
      release(first, count);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean extend(int first, int count, int newCount) {
    int end = first + newCount;
    if (newCount > maxRun() || end > frames) {
      return false;
    }
    lock.lock();
    try {
      int at = first + count;
      while (at < end) {
        int order = freeOrderAt(at);
        if (order < 0) {
          release(first + count, at - first - count);
          return false;
        }
        free[order].remove(at >>> order);
        freeFrames -= 1 << order;
        at += 1 << order;
      }
      release(end, at - end);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The order of the free buddy that begins at a frame, or -1. */
  private int freeOrderAt(int frame) {
    for (int order = 0; order <= maxOrder && (frame & ((1 << order) - 1)) == 0; order++) {
      if (free[order].contains(frame >>> order)) {
        return order;
      }
    }
    return -1;
  }

  /** Cuts a run into buddies and makes each of them free. */
  private void release(int first, int count) {
    int at = first;
    int left = count;
    while (left > 0) {
      int order = Math.min(maxOrder, Bits.floorLog2(left));
      if (at != 0) {
        order = Math.min(order, Integer.numberOfTrailingZeros(at));
      }
      merge(at >>> order, order);
      freeFrames += 1 << order;
      at += 1 << order;
      left -= 1 << order;
    }
  }

  /** Makes a buddy free, merged with its other half as long as that is free too. */
  private void merge(long buddy, int order) {
    long number = buddy;
    int at = order;
    while (at < maxOrder && free[at].contains(number ^ 1)) {
      free[at].remove(number ^ 1);
      number >>>= 1;
      at++;
    }
    free[at].add(number);
  }

  @Override
  public int maxRun() {
    return 1 << maxOrder;
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

  @Override
  public void visitFree(RunVisitor visitor) {
    for (int order = maxOrder; order >= 0; order--) {
      long buddy = 0;
      while ((buddy = takeNext(order, buddy)) >= 0) {
        int first = (int) (buddy << order);
        try {
          visitor.visit(first, 1 << order);
        } finally {
          free(first, 1 << order);
        }
        buddy++;
      }
    }
  }

  /** Allocates the first free buddy of an order that is not below a number; -1 if there is none. */
  private long takeNext(int order, long from) {
    lock.lock();
    try {
      long buddy = free[order].next(from);
      if (buddy >= 0) {
        free[order].remove(buddy);
        freeFrames -= 1 << order;
      }
      return buddy;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void validate() {
    lock.lock();
    try {
      long counted = 0;
      for (int order = 0; order <= maxOrder; order++) {
        for (long b = free[order].next(0); b >= 0; b = free[order].next(b + 1)) {
          check((b + 1) << order <= frames, "ends behind the last frame", order, b);
          check(
              order == maxOrder || !free[order].contains(b ^ 1),
              "is free beside its other half",
              order,
              b);
          for (int above = order + 1; above <= maxOrder; above++) {
            check(!free[above].contains(b >>> (above - order)), "lies in a free buddy", order, b);
          }
          counted += 1L << order;
        }
      }
      if (counted != freeFrames) {
        throw new IllegalStateException(counted + " frames free, counted as " + freeFrames);
      }
    } finally {
      lock.unlock();
    }
  }

  private static void check(boolean holds, String broken, int order, long buddy) {
    if (!holds) {
      throw new IllegalStateException("buddy " + buddy + " of order " + order + " " + broken);
    }
  }
}
