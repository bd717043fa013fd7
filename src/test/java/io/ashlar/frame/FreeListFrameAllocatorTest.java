// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import io.ashlar.Threads;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FreeListFrameAllocatorTest {

  private static final int FRAMES = 256;
  private static final long FRAME_BYTES = FrameTable.FRAME_BYTES;

  private final Region region =
      Region.reserve(FRAMES * FRAME_BYTES, 1 << 20, Region.Commitment.LAZY);
  private final FreeListFrameAllocator list = new FreeListFrameAllocator(region.address(), FRAMES);

  @AfterEach
  void validateAndClose() {
    try (region) {
      list.validate();
    }
  }

  private long at(int frame) {
    return region.address() + frame * FRAME_BYTES;
  }

  @Test
  void whatIsFreedIsAllocatedNext() {
    for (int frame = 0; frame < 10; frame++) {
      assertEquals(frame, list.allocate(1, 1));
    }
    list.free(3, 1);
    list.free(7, 2);
    list.free(5, 1);
    for (int frame : new int[] {5, 7, 8, 3, 10}) {
      assertEquals(frame, list.allocate(1, 1));
    }
    assertEquals(FRAMES - 11, list.freeFrames());
  }

  /** Nothing but the frames freed is touched, and those hold the list. */
  @Test
  void theListLiesInTheFrames() {
    region.adviseHugePages(false);
    for (int frame = 0; frame < 10; frame++) {
      list.allocate(1, 1);
    }
    for (int frame : new int[] {2, 4}) {
      assertEquals(0, region.residentBytes(frame * FRAME_BYTES, FRAME_BYTES));
      list.free(frame, 1);
      assertEquals(FRAME_BYTES, region.residentBytes(frame * FRAME_BYTES, FRAME_BYTES));
    }
    assertEquals(0, Memory.getLong(at(2)), "the last of the list");
    assertEquals(2 + 1, Memory.getLong(at(4)));
    assertEquals(0, region.residentBytes(5 * FRAME_BYTES, (FRAMES - 5) * FRAME_BYTES));
  }

  /** The fault of a list: all frames are free, and there is no run of two. */
  @Test
  void thereAreNoRuns() {
    assertEquals(1, list.maxRun());
    assertEquals(FrameAllocator.NONE, list.allocate(2, 1));
    int frame = list.allocate(1, 1);
    assertFalse(list.extend(frame, 1, 2));
  }

  @Test
  void alignmentsAreFoundInTheListAndBehindIt() {
    assertEquals(0, list.allocate(1, 64));
    assertEquals(64, list.allocate(1, 64), "frames 1 … 63 go to the list");
    assertEquals(FRAMES - 2, list.freeFrames());
    assertEquals(32, list.allocate(1, 32));
    assertEquals(128, list.allocate(1, 128));
    assertEquals(FrameAllocator.NONE, list.allocate(1, 256));
    assertEquals(FrameAllocator.NONE, list.allocate(1, 1 << 30));
    assertEquals(192, list.allocate(1, 64));
    assertEquals(FrameAllocator.NONE, list.allocate(1, 64));
    assertEquals(FRAMES - 5, list.freeFrames());
  }

  @Test
  void badFreesAreRefusedAndChangeNothing() {
    for (int frame = 0; frame < 10; frame++) {
      list.allocate(1, 1);
    }
    list.free(2, 3);
    int free = list.freeFrames();
    for (int frame : new int[] {2, 3, 4}) {
      assertThrows(IllegalStateException.class, () -> list.free(frame, 1), "free already");
    }
    assertThrows(IllegalStateException.class, () -> list.free(1, 2), "the second is free");
    assertThrows(IllegalStateException.class, () -> list.free(10, 1), "never handed out");
    assertThrows(IllegalStateException.class, () -> list.free(9, 2));
    assertThrows(IllegalArgumentException.class, () -> list.free(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> list.free(0, 0));
    assertThrows(IllegalArgumentException.class, () -> list.free(FRAMES, 1));
    assertThrows(IllegalArgumentException.class, () -> list.free(1, Integer.MAX_VALUE));
    assertThrows(IllegalArgumentException.class, () -> list.allocate(0, 1));
    assertThrows(IllegalArgumentException.class, () -> list.allocate(1, 6));
    assertThrows(IllegalArgumentException.class, () -> new FreeListFrameAllocator(8, 0));
    assertThrows(IllegalArgumentException.class, () -> new FreeListFrameAllocator(4, 1));
    assertEquals(free, list.freeFrames());
    list.validate();
    assertEquals(2, list.allocate(1, 1));
    list.free(2, 1);
  }

  /** A frame that nobody wrote to since it was taken from the list is not taken for a free one. */
  @Test
  void freedAsItWasAllocated() {
    list.free(list.allocate(1, 1), 1);
    list.free(list.allocate(1, 1), 1);
    assertEquals(FRAMES, list.freeFrames());
  }

  /** Nor is one that holds a copy of a free one's words, at another address or its own. */
  @Test
  void contentsThatLookFreeAreNoFreeFrame() {
    int first = list.allocate(1, 1);
    int second = list.allocate(1, 1);
    list.free(first, 1);
    Memory.copy(at(first), at(second), FRAME_BYTES);
    list.free(second, 1);
    Memory.copy(at(second), at(2), FRAME_BYTES);
    int third = list.allocate(1, 1);
    assertEquals(second, third);
    Memory.copy(at(2), at(third), FRAME_BYTES);
    list.free(third, 1);
    assertEquals(FRAMES, list.freeFrames());
  }

  @Test
  void writesToFreeFramesAreFound() {
    list.allocate(1, 1);
    list.allocate(1, 1);
    list.free(0, 2);
    for (int offset : new int[] {0, 1, 7, 8, 15}) {
      long damaged = at(0) + offset;
      byte kept = Memory.getByte(damaged);
      Memory.putByte(damaged, (byte) (kept ^ 0x10));
      assertThrows(IllegalStateException.class, list::validate);
      assertThrows(IllegalStateException.class, () -> list.allocate(1, 1));
      Memory.putByte(damaged, kept);
      list.validate();
    }
    assertEquals(0, list.allocate(1, 1));
    assertEquals(1, list.allocate(1, 1));
  }

  @Test
  void randomCallsAgainstAModel() throws InterruptedException {
    Seeds.run(this::randomCalls);
  }

  private void randomCalls(RandomGenerator random) {
    FrameModel model = new FrameModel(FRAMES);
    for (int i = 0; i < 20_000; i++) {
      int frame = random.nextInt(FRAMES);
      if (random.nextInt(100) < 55) {
        int alignment = random.nextInt(8) == 0 ? 1 << random.nextInt(9) : 1;
        boolean possible =
            model.freeFrames().stream().anyMatch(each -> (each & (alignment - 1)) == 0);
        int first = list.allocate(1, alignment);
        assertEquals(possible, first != FrameAllocator.NONE);
        if (possible) {
          assertEquals(0, first % alignment);
          model.take(first, 1);
          Memory.fill(at(first), FRAME_BYTES, (byte) first);
        }
      } else if (model.isFree(frame, 1)) {
        assertThrows(IllegalStateException.class, () -> list.free(frame, 1));
      } else {
        int end = Math.min(model.taken.nextClearBit(frame), frame + 1 + random.nextInt(4));
        for (int each = frame; each < end; each++) {
          assertEquals((byte) each, Memory.getByte(at(each) + random.nextInt(4096)));
        }
        list.free(frame, end - frame);
        model.release(frame, end - frame);
      }
      assertEquals(model.free(), list.freeFrames());
      if (i % 256 == 0) {
        list.validate();
        FrameModel.assertVisits(model.freeFrames(), list);
      }
    }
  }

  @Test
  void aVisitorMayDecommitAndThrow() {
    for (int frame = 0; frame < 20; frame++) {
      list.allocate(1, 1);
    }
    list.free(0, 20);
    list.visitFree((first, count) -> region.decommit(first * FRAME_BYTES, count * FRAME_BYTES));
    list.validate();
    int[] seen = {0};
    assertThrows(
        ArithmeticException.class,
        () ->
            list.visitFree(
                (first, count) -> {
                  assertThrows(IllegalStateException.class, () -> list.free(first, 1));
                  assertThrows(IllegalStateException.class, () -> list.visitFree((f, c) -> {}));
                  if (seen[0]++ == 5) {
                    throw new ArithmeticException();
                  }
                }));
    assertEquals(FRAMES, list.freeFrames());
    for (int frame = 0; frame < FRAMES; frame++) {
      assertEquals(frame, list.allocate(1, 1), "in the order that it had");
    }
  }

  /** Frames already seen can be had while the visit goes on, and are freed into it. */
  @Test
  void allocationsGoOnDuringAVisit() {
    for (int frame = 0; frame < 20; frame++) {
      list.allocate(1, 1);
    }
    list.free(0, 20);
    list.visitFree(
        (first, count) -> {
          if (count == 1) {
            List<Integer> taken = new ArrayList<>();
            for (int frame; (frame = list.allocate(1, 1)) != FrameAllocator.NONE; ) {
              taken.add(frame);
            }
            assertEquals(FRAMES - 1, taken.size());
            assertFalse(taken.contains(first));
            Collections.reverse(taken);
            taken.forEach(frame -> list.free(frame, 1));
          }
        });
    assertEquals(FRAMES, list.freeFrames());
  }

  @Test
  void threadsShareTheFrames() throws InterruptedException {
    for (int frame = 0; frame < FRAMES; frame++) {
      list.allocate(1, 1);
    }
    list.free(0, FRAMES);
    Threads.Task task =
        () -> {
          int[] own = new int[40];
          for (int round = 0; round < 2000; round++) {
            for (int i = 0; i < own.length; i++) {
              own[i] = list.allocate(1, 1);
              assertTrue(own[i] >= 0);
              Memory.putLong(at(own[i]) + 16, round);
            }
            for (int frame : own) {
              assertEquals(round, Memory.getLong(at(frame) + 16));
              list.free(frame, 1);
            }
          }
        };
    Threads.run(
        task,
        task,
        task,
        task,
        () -> {
          for (int i = 0; i < 20; i++) {
            list.visitFree((first, count) -> {});
          }
        });
    assertEquals(FRAMES, list.freeFrames());
  }
}
