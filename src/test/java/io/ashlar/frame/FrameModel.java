// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;

/** Which frames are allocated, as a test has it. */
final class FrameModel {

  final int frames;
  final BitSet taken = new BitSet();

  FrameModel(int frames) {
    this.frames = frames;
  }

  /** Notes an allocation, which must be of frames that are free. */
  void take(int first, int count) {
    assertTrue(first >= 0 && count > 0 && first + count <= frames, first + " + " + count);
    int overlap = taken.nextSetBit(first);
    assertTrue(overlap < 0 || overlap >= first + count, "frame " + overlap + " given twice");
    taken.set(first, first + count);
  }

  void release(int first, int count) {
    taken.clear(first, first + count);
  }

  int free() {
    return frames - taken.cardinality();
  }

  boolean isFree(int first, int count) {
    int next = taken.nextSetBit(first);
    return first >= 0 && first + count <= frames && (next < 0 || next >= first + count);
  }

  /** What is shown to a visitor is what is free, each frame once. */
  static void assertVisits(BitSet free, FrameAllocator allocator) {
    BitSet seen = new BitSet();
    int before = allocator.freeFrames();
    allocator.visitFree(
        (first, count) -> {
          assertTrue(seen.get(first, first + count).isEmpty(), "seen twice");
          seen.set(first, first + count);
          assertEquals(before - count, allocator.freeFrames());
        });
    assertEquals(free, seen);
    assertEquals(before, allocator.freeFrames());
    allocator.validate();
  }

  BitSet freeFrames() {
    BitSet free = new BitSet();
    free.set(0, frames);
    free.andNot(taken);
    return free;
  }
}
