// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import io.ashlar.Threads;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BumpFrameAllocatorTest {

  private static final int FRAMES = 100;

  private final BumpFrameAllocator bump = new BumpFrameAllocator(FRAMES);

  @Test
  void handsOutOneAfterTheOther() {
    assertEquals(0, bump.allocate(1, 1));
    assertEquals(1, bump.allocate(5, 1));
    assertEquals(8, bump.allocate(2, 8));
    assertEquals(90, bump.freeFrames());
    assertEquals(8, bump.liveFrames());
    assertEquals(2, bump.lostFrames(), "skipped for the alignment");
    assertEquals(FrameAllocator.NONE, bump.allocate(91, 1));
    assertEquals(FrameAllocator.NONE, bump.allocate(1, 128));
    assertEquals(FrameAllocator.NONE, bump.allocate(Integer.MAX_VALUE, 1 << 30));
    assertEquals(10, bump.allocate(90, 1));
    assertEquals(FrameAllocator.NONE, bump.allocate(1, 1));
    bump.validate();
  }

  /** The fault that the next design mends: all frames are free, and none can be had. */
  @Test
  void nothingIsReused() {
    assertEquals(0, bump.allocate(FRAMES, 1));
    bump.free(0, FRAMES);
    assertEquals(0, bump.liveFrames());
    assertEquals(0, bump.freeFrames());
    assertEquals(FRAMES, bump.lostFrames());
    assertEquals(FrameAllocator.NONE, bump.allocate(1, 1));
    bump.validate();
  }

  @Test
  void onlyTheNewestRunGrows() {
    int first = bump.allocate(4, 1);
    int second = bump.allocate(4, 1);
    assertFalse(bump.extend(first, 4, 5));
    assertTrue(bump.extend(second, 4, 10));
    assertFalse(bump.extend(second, 10, FRAMES));
    assertFalse(bump.extend(second, 10, Integer.MAX_VALUE));
    assertTrue(bump.extend(second, 10, FRAMES - 4));
    assertEquals(0, bump.freeFrames());
    assertEquals(FRAMES, bump.liveFrames());
    bump.validate();
  }

  @Test
  void badInputIsRefusedAndChangesNothing() {
    bump.allocate(10, 1);
    assertThrows(IllegalArgumentException.class, () -> new BumpFrameAllocator(0));
    assertThrows(IllegalArgumentException.class, () -> bump.allocate(0, 1));
    assertThrows(IllegalArgumentException.class, () -> bump.allocate(1, 3));
    assertThrows(IllegalArgumentException.class, () -> bump.free(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> bump.free(0, 0));
    assertThrows(IllegalArgumentException.class, () -> bump.free(1, FRAMES));
    assertThrows(IllegalArgumentException.class, () -> bump.free(1, Integer.MAX_VALUE));
    assertThrows(IllegalStateException.class, () -> bump.free(10, 1), "never handed out");
    assertThrows(IllegalStateException.class, () -> bump.free(9, 2));
    assertEquals(10, bump.liveFrames());
    bump.free(0, 6);
    assertThrows(IllegalStateException.class, () -> bump.free(0, 6), "more than are live");
    assertEquals(4, bump.liveFrames());
    bump.visitFree(
        (first, count) -> assertThrows(IllegalStateException.class, () -> bump.free(10, 1)));
    bump.validate();
  }

  @Test
  void randomCallsAgainstAModel() throws InterruptedException {
    Seeds.run(
        random -> {
          for (int round = 0; round < 200; round++) {
            randomCalls(random, 1 + random.nextInt(2000));
          }
        });
  }

  private static void randomCalls(RandomGenerator random, int frames) {
    BumpFrameAllocator bump = new BumpFrameAllocator(frames);
    FrameModel model = new FrameModel(frames);
    int next = 0;
    for (int i = 0; i < 100; i++) {
      int count = 1 + random.nextInt(1 + random.nextInt(frames));
      int alignment = 1 << random.nextInt(8);
      int first = bump.allocate(count, alignment);
      int wanted = (next + alignment - 1) / alignment * alignment;
      assertEquals(wanted + count <= frames ? wanted : FrameAllocator.NONE, first);
      if (first != FrameAllocator.NONE) {
        model.take(first, count);
        next = first + count;
        if (random.nextBoolean()) {
          bump.free(first, count);
          model.release(first, count);
        }
      }
      assertEquals(model.taken.cardinality(), bump.liveFrames());
      assertEquals(frames - next, bump.freeFrames());
      bump.validate();
    }
    BitSet free = new BitSet();
    free.set(next, frames);
    FrameModel.assertVisits(free, bump);
  }

  @Test
  void aVisitorThatThrowsLeavesTheRestFree() {
    bump.allocate(1, 1);
    assertThrows(
        ArithmeticException.class,
        () ->
            bump.visitFree(
                (first, count) -> {
                  assertEquals(FrameAllocator.NONE, bump.allocate(1, 1));
                  assertFalse(bump.extend(0, 1, 2));
                  throw new ArithmeticException();
                }));
    assertEquals(1, bump.allocate(99, 1));
    bump.visitFree((first, count) -> assertEquals(-1, count, "nothing is left"));
  }

  @Test
  void threadsGetDifferentFrames() throws InterruptedException {
    int frames = 100_000;
    BumpFrameAllocator shared = new BumpFrameAllocator(frames);
    List<BitSet> taken = new ArrayList<>();
    List<Threads.Task> tasks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      BitSet own = new BitSet();
      taken.add(own);
      tasks.add(
          () -> {
            for (int first; (first = shared.allocate(3, 1)) != FrameAllocator.NONE; ) {
              own.set(first, first + 3);
              shared.free(first, 1);
            }
          });
    }
    Threads.run(Thread.ofPlatform().factory(), Collections.unmodifiableList(tasks));
    BitSet all = new BitSet();
    for (BitSet own : taken) {
      assertFalse(all.intersects(own));
      all.or(own);
    }
    assertEquals(frames - 1, all.cardinality());
    assertEquals((frames - 1) / 3 * 2, shared.liveFrames());
    shared.validate();
  }
}
