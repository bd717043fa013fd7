// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import io.ashlar.Threads;
import io.ashlar.memory.Memory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContiguousAllocatorTest {

  private static final int ANY = Integer.MAX_VALUE;

  private final List<Metadata> opened = new ArrayList<>();
  private long bits;

  private ContiguousAllocator allocator(int frames) {
    Metadata metadata =
        new Metadata(
            Metadata.footprint(1) + Metadata.footprint(ContiguousAllocator.byteSize(frames)),
            false);
    opened.add(metadata);
    bits = metadata.allocate(1) + Metadata.footprint(1);
    return new ContiguousAllocator(metadata, frames);
  }

  @AfterEach
  void close() {
    opened.forEach(Metadata::close);
  }

  /** Every run in every state of a few frames: the first place that is free and allowed. */
  @Test
  void everyRunOfSmallSpaces() {
    int frames = 9;
    ContiguousAllocator allocator = allocator(frames);
    for (int taken = 0; taken < 1 << frames; taken++) {
      FrameModel model = occupy(allocator, taken);
      for (int count = 1; count <= frames + 1; count++) {
        for (int alignment = 1; alignment <= 16; alignment *= 2) {
          for (int boundary : new int[] {0, 1, 2, 4, 8}) {
            RunConstraints constraints = new RunConstraints(alignment, boundary, 6);
            int wanted = firstPlace(model, count, constraints);
            assertEquals(wanted, allocator.allocate(count, constraints), constraints.toString());
            if (wanted != FrameAllocator.NONE) {
              allocator.validate();
              allocator.free(wanted, count);
            }
            allocator.validate();
          }
        }
      }
      model.taken.stream().forEach(frame -> allocator.free(frame, 1));
    }
  }

  /** Takes the frames whose bits are set. */
  private static FrameModel occupy(ContiguousAllocator allocator, int taken) {
    FrameModel model = new FrameModel(allocator.frames());
    assertEquals(0, allocator.allocate(model.frames, 1));
    for (int frame = 0; frame < model.frames; frame++) {
      if ((taken >>> frame & 1) == 0) {
        allocator.free(frame, 1);
      } else {
        model.take(frame, 1);
      }
    }
    return model;
  }

  private static int firstPlace(FrameModel model, int count, RunConstraints constraints) {
    for (int first = 0; first + count <= model.frames; first++) {
      if (isAllowed(first, count, constraints) && model.isFree(first, count)) {
        return first;
      }
    }
    return FrameAllocator.NONE;
  }

  /** What the constraints say, said in another way. */
  private static boolean isAllowed(int first, int count, RunConstraints constraints) {
    int last = first + count - 1;
    return first % constraints.alignment() == 0
        && count <= constraints.maxRun()
        && (constraints.boundary() == 0
            || first / constraints.boundary() == last / constraints.boundary());
  }

  @Test
  void constraintsSayWhatTheyAllow() {
    for (int alignment = 1; alignment <= 8; alignment *= 2) {
      for (int boundary : new int[] {0, 1, 2, 4, 16}) {
        RunConstraints constraints = new RunConstraints(alignment, boundary, 5);
        for (int first = 0; first < 40; first++) {
          for (int count = 1; count < 20; count++) {
            assertEquals(isAllowed(first, count, constraints), constraints.allows(first, count));
          }
        }
      }
    }
    assertThrows(IllegalArgumentException.class, () -> new RunConstraints(0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new RunConstraints(3, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new RunConstraints(1, -1, 1));
    assertThrows(IllegalArgumentException.class, () -> new RunConstraints(1, 6, 1));
    assertThrows(IllegalArgumentException.class, () -> new RunConstraints(1, 0, 0));
  }

  /** Every list in every state of a few frames: without constraints, the fewest runs there are. */
  @Test
  void everyListOfSmallSpaces() {
    int frames = 9;
    ContiguousAllocator allocator = allocator(frames);
    FrameRuns runs = new FrameRuns();
    for (int taken = 0; taken < 1 << frames; taken++) {
      FrameModel model = occupy(allocator, taken);
      for (int count = 1; count <= frames; count++) {
        int fewest = fewestRuns(model, count);
        for (int maxRuns = 1; maxRuns <= 5; maxRuns++) {
          boolean had = allocator.allocate(count, RunConstraints.NONE, maxRuns, runs);
          assertEquals(fewest <= maxRuns, had);
          assertEquals(had ? fewest : 0, runs.size());
          assertEquals(had ? count : 0, runs.totalFrames());
          assertEquals(model.free() - runs.totalFrames(), allocator.freeFrames());
          allocator.validate();
          allocator.free(runs);
          assertEquals(0, runs.size());
        }
      }
      assertEquals(longest(model), allocator.longestFreeRun());
      model.taken.stream().forEach(frame -> allocator.free(frame, 1));
    }
  }

  private static int fewestRuns(FrameModel model, int count) {
    List<Integer> lengths = new ArrayList<>();
    BitSet free = model.freeFrames();
    for (int at = free.nextSetBit(0); at >= 0; at = free.nextSetBit(free.nextClearBit(at))) {
      lengths.add(free.nextClearBit(at) - at);
    }
    lengths.sort((a, b) -> b - a);
    int sum = 0;
    for (int i = 0; i < lengths.size(); i++) {
      sum += lengths.get(i);
      if (sum >= count) {
        return i + 1;
      }
    }
    return Integer.MAX_VALUE;
  }

  private static int longest(FrameModel model) {
    int length = 0;
    while (firstPlace(model, length + 1, RunConstraints.NONE) != FrameAllocator.NONE) {
      length++;
    }
    return length;
  }

  /** A device that takes 4 runs of at most 64 KiB, none of them across a boundary of 64 KiB. */
  @Test
  void aListWhereNoRunIsToBeHad() {
    ContiguousAllocator allocator = allocator(64);
    RunConstraints device = new RunConstraints(2, 16, 16);
    FrameRuns runs = new FrameRuns();
    assertEquals(0, allocator.allocate(13, 1));
    assertTrue(allocator.allocate(48, device, 4, runs));
    assertEquals("FrameRuns[16 + 16, 32 + 16, 48 + 16]", runs.toString());
    allocator.free(runs);
    assertFalse(allocator.allocate(51, device, 4, runs), "frame 13 is not aligned");
    assertTrue(allocator.allocate(50, device, 4, runs));
    assertEquals("FrameRuns[16 + 16, 32 + 16, 48 + 16, 14 + 2]", runs.toString());
    allocator.free(runs);
    assertFalse(allocator.allocate(50, device, 3, runs));
    assertEquals(0, runs.size());
    assertEquals(51, allocator.freeFrames());
    assertEquals(FrameAllocator.NONE, allocator.allocate(17, device), "none can be so long");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 1000, 5000})
  void randomCallsAgainstAModel(int frames) throws InterruptedException {
    Seeds.run(random -> randomCalls(random, frames));
  }

  private void randomCalls(RandomGenerator random, int frames) {
    ContiguousAllocator allocator = allocator(frames);
    FrameModel model = new FrameModel(frames);
    List<FrameRuns> live = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      int count = 1 + random.nextInt(1 + random.nextInt(frames));
      RunConstraints constraints = constraints(random);
      switch (random.nextInt(5)) {
        case 0 -> {
          int first = allocator.allocate(count, constraints);
          assertEquals(firstPlace(model, count, constraints), first);
          if (first != FrameAllocator.NONE) {
            FrameRuns run = new FrameRuns();
            run.add(first, count);
            take(model, live, run);
          }
        }
        case 1 -> {
          FrameRuns runs = new FrameRuns();
          int maxRuns = 1 + random.nextInt(20);
          if (allocator.allocate(count, constraints, maxRuns, runs)) {
            assertTrue(runs.size() <= maxRuns);
            assertEquals(count, runs.totalFrames());
            for (int r = 0; r < runs.size(); r++) {
              assertTrue(isAllowed(runs.first(r), runs.frames(r), constraints));
            }
            take(model, live, runs);
          } else {
            assertEquals(0, runs.size());
          }
        }
        case 2 -> {
          int first = random.nextInt(frames);
          int length = 1 + random.nextInt(frames - first);
          if (model.taken.get(first, first + length).cardinality() < length) {
            assertThrows(IllegalStateException.class, () -> allocator.free(first, length));
          }
        }
        default -> {
          if (!live.isEmpty()) {
            FrameRuns runs = live.remove(random.nextInt(live.size()));
            for (int r = 0; r < runs.size(); r++) {
              model.release(runs.first(r), runs.frames(r));
            }
            allocator.free(runs);
          }
        }
      }
      assertEquals(model.free(), allocator.freeFrames());
      if (i % 64 == 0) {
        allocator.validate();
        FrameModel.assertVisits(model.freeFrames(), allocator);
      }
    }
  }

  private static RunConstraints constraints(RandomGenerator random) {
    int alignment = 1 << random.nextInt(5);
    int boundary = random.nextBoolean() ? 0 : 1 << random.nextInt(10);
    return new RunConstraints(
        alignment, boundary, random.nextBoolean() ? ANY : 1 + random.nextInt(99));
  }

  private static void take(FrameModel model, List<FrameRuns> live, FrameRuns runs) {
    for (int r = 0; r < runs.size(); r++) {
      model.take(runs.first(r), runs.frames(r));
    }
    live.add(runs);
  }

  @Test
  void runsGrowOverWhatIsFree() {
    ContiguousAllocator allocator = allocator(100);
    int first = allocator.allocate(10, 1);
    int second = allocator.allocate(10, 64);
    assertEquals(64, second);
    assertTrue(allocator.extend(first, 10, 64));
    assertFalse(allocator.extend(first, 64, 65));
    assertTrue(allocator.extend(second, 10, 36));
    assertFalse(allocator.extend(second, 36, 37));
    assertFalse(allocator.extend(second, 36, Integer.MAX_VALUE));
    assertEquals(0, allocator.freeFrames());
    allocator.validate();
    allocator.free(0, 100);
    assertEquals(100, allocator.longestFreeRun());
  }

  @Test
  void badInputIsRefusedAndChangesNothing() {
    ContiguousAllocator allocator = allocator(100);
    allocator.allocate(70, 1);
    FrameRuns runs = new FrameRuns();
    assertThrows(IllegalArgumentException.class, () -> allocator(0));
    assertThrows(IllegalArgumentException.class, () -> allocator((1 << 30) + 1));
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(0, 1));
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(1, 5));
    assertThrows(
        IllegalArgumentException.class, () -> allocator.allocate(0, RunConstraints.NONE, 1, runs));
    assertThrows(
        IllegalArgumentException.class, () -> allocator.allocate(1, RunConstraints.NONE, 0, runs));
    assertThrows(IllegalArgumentException.class, () -> allocator.free(99, 2));
    assertThrows(IllegalStateException.class, () -> allocator.free(69, 2));
    assertThrows(IllegalStateException.class, () -> allocator.free(70, 1));
    for (int[] bad : new int[][] {{70, 1}, {69, 2}, {0, 5}, {9, 1}}) {
      runs.clear();
      runs.add(0, 10);
      runs.add(20, 10);
      runs.add(bad[0], bad[1]);
      assertThrows(IllegalStateException.class, () -> allocator.free(runs));
      assertEquals(3, runs.size());
      assertEquals(30, allocator.freeFrames());
      allocator.validate();
    }
    runs.add(100, 1);
    assertThrows(IllegalArgumentException.class, () -> allocator.free(runs));
    assertEquals(70, allocator.allocate(30, 1));
  }

  @Test
  void aVisitorThatThrowsLeavesAllFree() {
    ContiguousAllocator allocator = allocator(100);
    allocator.allocate(1, 64);
    assertThrows(
        ArithmeticException.class,
        () ->
            allocator.visitFree(
                (first, count) -> {
                  assertThrows(IllegalStateException.class, () -> allocator.free(99, 1));
                  throw new ArithmeticException();
                }));
    assertEquals(99, allocator.freeFrames());
    allocator.validate();
  }

  /** The check must see any bit of the records that is wrong. */
  @Test
  void damageIsFound() {
    ContiguousAllocator allocator = allocator(100);
    allocator.allocate(10, 1);
    for (int frame = 0; frame < 128; frame++) {
      long word = bits + frame / 64 * 8L;
      long before = Memory.getLong(word);
      Memory.putLong(word, before ^ 1L << frame);
      assertThrows(IllegalStateException.class, allocator::validate, "frame " + frame);
      Memory.putLong(word, before);
      allocator.validate();
    }
  }

  @Test
  void threadsShareTheFrames() throws InterruptedException {
    ContiguousAllocator allocator = allocator(1000);
    RunConstraints constraints = new RunConstraints(2, 32, 8);
    Threads.Task task =
        () -> {
          FrameRuns runs = new FrameRuns();
          for (int round = 0; round < 5000; round++) {
            int first = allocator.allocate(7, 1);
            assertTrue(allocator.allocate(50, constraints, 7, runs));
            allocator.free(first, 7);
            allocator.free(runs);
          }
        };
    Threads.run(task, task, task);
    assertEquals(1000, allocator.freeFrames());
    assertEquals(1000, allocator.longestFreeRun());
    allocator.validate();
  }
}
