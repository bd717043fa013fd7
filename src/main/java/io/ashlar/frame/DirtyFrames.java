// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Memory;

/**
 * Which frames may hold something else than zeros, and may be resident: a bit a frame. A frame is
 * clean until it is first handed out, and again once it is decommitted. And which of these are
 * <em>old</em>, another bit: they were free at {@link #age}, and have not been handed out since.
 *
 * <p>Thread-safe, lock-free: each word changes by one atomic operation. A run's bits are changed
 * only by who owns the run at the time.
 */
public final class DirtyFrames {

  private final long dirty;
  private final long old;

  /**
   * Makes the record, all frames clean.
   *
   * @param metadata where it lies
   * @param frames how many frames there are
   */
  public DirtyFrames(Metadata metadata, int frames) {
    dirty = metadata.allocate(byteSize(frames));
    old = dirty + wordsFor(frames) * Long.BYTES;
  }

  /**
   * The metadata that a record needs.
   *
   * @param frames how many frames there are
   * @return bytes
   */
  public static long byteSize(int frames) {
    return 2 * wordsFor(frames) * Long.BYTES;
  }

  private static long wordsFor(int frames) {
    return (frames + 63L) / 64;
  }

  /**
   * Marks a run dirty, and not old.
   *
   * @param first its first frame
   * @param count its frames
   * @return how many of them were dirty already
   */
  public int mark(int first, int count) {
    int before = 0;
    int end = first + count;
    // Mostly there is nothing to write: of what is taken again all is dirty, and nothing old.
    for (int frame = first, stop; frame < end; frame = stop) {
      stop = Math.min(end, (frame | 63) + 1);
      long mask = mask(frame, stop);
      if ((word(old, frame) & mask) != 0) {
        Memory.getAndAndLong(at(old, frame), ~mask);
      }
      long word = word(dirty, frame);
      if ((word & mask) != mask) {
        word = Memory.getAndOrLong(at(dirty, frame), mask);
      }
      before += Long.bitCount(word & mask);
    }
    return before;
  }

  /**
   * Marks a run clean, and not old.
   *
   * @param first its first frame
   * @param count its frames
   * @return how many of them were dirty
   */
  public int clean(int first, int count) {
    clear(old, first, count);
    return clear(dirty, first, count);
  }

  /**
   * Makes the dirty frames of a run old.
   *
   * @param first its first frame
   * @param count its frames
   * @return how many of them are dirty
   */
  public int age(int first, int count) {
    int sum = 0;
    int end = first + count;
    for (int frame = first, stop; frame < end; frame = stop) {
      stop = Math.min(end, (frame | 63) + 1);
      long mine = word(dirty, frame) & mask(frame, stop);
      if ((word(old, frame) & mine) != mine) {
        Memory.getAndOrLong(at(old, frame), mine);
      }
      sum += Long.bitCount(mine);
    }
    return sum;
  }

  /**
   * The first old frame of a range.
   *
   * @param from where the range begins
   * @param end one behind its last frame
   * @return the frame, or {@code end} if none is old
   */
  public int firstOld(int from, int end) {
    return first(from, end, 0);
  }

  /**
   * The first frame of a range that is not old.
   *
   * @param from where the range begins
   * @param end one behind its last frame
   * @return the frame, or {@code end} if all are old
   */
  public int firstNotOld(int from, int end) {
    return first(from, end, -1L);
  }

  /** The first frame whose bit differs from those of a word all alike. */
  private int first(int from, int end, long alike) {
    for (int frame = from; frame < end; frame = (frame | 63) + 1) {
      long rest = (word(old, frame) ^ alike) >>> frame;
      if (rest != 0) {
        return Math.min(end, frame + Long.numberOfTrailingZeros(rest));
      }
    }
    return end;
  }

  /**
   * Checks that old frames are dirty.
   *
   * @param end one behind the last frame to be looked at
   * @throws IllegalStateException at the first that is not
   */
  public void validate(int end) {
    for (int frame = 0; frame < end; frame += 64) {
      long oldAndClean = word(old, frame) & ~word(dirty, frame);
      if (oldAndClean != 0) {
        throw new IllegalStateException(
            "frame " + (frame + Long.numberOfTrailingZeros(oldAndClean)) + " is old and clean");
      }
    }
  }

  /** Clears the bits of a run; returns how many were set. */
  private static int clear(long bits, int first, int count) {
    int before = 0;
    int end = first + count;
    for (int frame = first, stop; frame < end; frame = stop) {
      stop = Math.min(end, (frame | 63) + 1);
      long mask = mask(frame, stop);
      long word = word(bits, frame);
      if ((word & mask) != 0) {
        word = Memory.getAndAndLong(at(bits, frame), ~mask);
      }
      before += Long.bitCount(word & mask);
    }
    return before;
  }

  private static long word(long bits, int frame) {
    return Memory.getLongAcquire(at(bits, frame));
  }

  private static long at(long bits, int frame) {
    return bits + ((long) (frame >>> 6) << 3);
  }

  /** The bits of frames that share a word, from the first to the one before the last. */
  private static long mask(int first, int end) {
    return -1L >>> (64 - (end - first)) << first;
  }
}
