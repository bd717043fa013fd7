// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import java.util.Arrays;
import java.util.Objects;

/**
 * A list of runs of frames that stand for one range, in the range's order: what drivers call a
 * scatter-gather list. To be used again and again, which makes no garbage once it has grown. Not
 * thread-safe.
 */
public final class FrameRuns {

  private static final int INITIAL_CAPACITY = 8;

  /** First frame in the high half, number of frames in the low one: sorts by first frame. */
  private long[] runs = new long[INITIAL_CAPACITY];

  private int size;
  private long frames;

  /** Makes an empty list. */
  public FrameRuns() {}

  /**
   * How many runs there are.
   *
   * @return their number
   */
  public int size() {
    return size;
  }

  /**
   * How many frames the runs have together.
   *
   * @return frames
   */
  public long totalFrames() {
    return frames;
  }

  /**
   * The first frame of a run.
   *
   * @param index 0 … {@link #size} - 1
   * @return a frame's number
   */
  public int first(int index) {
    return (int) (runs[Objects.checkIndex(index, size)] >>> 32);
  }

  /**
   * The frames of a run.
   *
   * @param index 0 … {@link #size} - 1
   * @return frames, 1 or more
   */
  public int frames(int index) {
    return (int) runs[Objects.checkIndex(index, size)];
  }

  /**
   * Adds a run at the end.
   *
   * @param first its first frame
   * @param count its frames
   * @throws IllegalArgumentException if {@code first} is negative or {@code count} below 1
   */
  public void add(int first, int count) {
    if (first < 0 || count < 1) {
      throw new IllegalArgumentException("frames " + first + " + " + count);
    }
    if (size == runs.length) {
      runs = Arrays.copyOf(runs, 2 * size);
    }
    runs[size++] = (long) first << 32 | count;
    frames += count;
  }

  /** Takes all runs out. */
  public void clear() {
    size = 0;
    frames = 0;
  }

  /** Adds the runs of another list at the end. */
  void addAll(FrameRuns others) {
    for (int i = 0; i < others.size; i++) {
      add(others.first(i), others.frames(i));
    }
  }

  /** Sorts the runs by their first frame and makes one run of neighbours. */
  void coalesce() {
    Arrays.sort(runs, 0, size);
    int kept = 0;
    for (int i = 1; i < size; i++) {
      if (first(kept) + frames(kept) == first(i)) {
        runs[kept] += frames(i);
      } else {
        runs[++kept] = runs[i];
      }
    }
    size = Math.min(size, kept + 1);
  }

  /** Cuts frames off the end and puts the runs that go into another list. */
  void cut(long count, FrameRuns into) {
    long left = count;
    while (left > 0) {
      int last = size - 1;
      int taken = (int) Math.min(left, frames(last));
      int kept = frames(last) - taken;
      into.add(first(last) + kept, taken);
      runs[last] -= taken;
      size = kept == 0 ? last : size;
      frames -= taken;
      left -= taken;
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("FrameRuns[");
    for (int i = 0; i < size; i++) {
      text.append(i == 0 ? "" : ", ").append(first(i)).append(" + ").append(frames(i));
    }
    return text.append(']').toString();
  }
}
