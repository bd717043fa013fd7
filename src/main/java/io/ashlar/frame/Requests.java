// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;

/** The checks of arguments that {@link FrameAllocator} states. */
final class Requests {

  private Requests() {}

  static void checkFrames(int frames) {
    if (frames < 1) {
      throw new IllegalArgumentException(frames + " frames to manage");
    }
  }

  static void checkAllocation(int count, int alignment) {
    if (count < 1 || !Bits.isPowerOfTwo(alignment)) {
      throw new IllegalArgumentException(count + " frames aligned to " + alignment);
    }
  }

  static void checkRun(int first, int count, int frames) {
    if (first < 0 || count < 1 || count > frames - first) {
      throw new IllegalArgumentException(run(first, count) + " of " + frames);
    }
  }

  static IllegalStateException notAllocated(int first, int count) {
    return new IllegalStateException(run(first, count) + ": not all of them are allocated");
  }

  private static String run(int first, int count) {
    return "frames " + first + " + " + count;
  }
}
