// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import io.ashlar.memory.Bits;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every buddy system must do. A subclass makes one. */
abstract class FrameAllocatorContract {

  private record Run(int first, int frames) {}

  private final List<Metadata> opened = new ArrayList<>();

  /** Makes a buddy system under test. */
  abstract FrameAllocator make(Metadata metadata, int frames, int maxOrder);

  /** The metadata that it needs. */
  abstract long byteSize(int frames, int maxOrder);

  final FrameAllocator buddy(int frames, int maxOrder) {
    return make(metadata(frames, maxOrder), frames, maxOrder);
  }

  final Metadata metadata(int frames, int maxOrder) {
    Metadata metadata = new Metadata(Metadata.footprint(0) + byteSize(frames, maxOrder), false);
    opened.add(metadata);
    return metadata;
  }

  /** The metadata made last. */
  final Metadata last() {
    return opened.get(opened.size() - 1);
  }

  @AfterEach
  void close() {
    opened.forEach(Metadata::close);
  }

  /** Every run of every size from every number of frames: exact, aligned, tail given back. */
  @Test
  void everyRunOfSmallSpaces() {
    int maxOrder = 4;
    for (int frames = 1; frames <= 40; frames++) {
      FrameAllocator buddy = buddy(frames, maxOrder);
      for (int count = 1; count <= 20; count++) {
        for (int alignment = 1; alignment <= 32; alignment *= 2) {
          int first = buddy.allocate(count, alignment);
          int length = Math.max(1 << Bits.ceilLog2(count), alignment);
          // All is free: there is one exactly if a buddy of the length fits.
          assertEquals(length <= 16 && length <= frames, first != FrameAllocator.NONE);
          if (first != FrameAllocator.NONE) {
            assertEquals(0, first % alignment);
            assertTrue(first + count <= frames);
            assertEquals(frames - count, buddy.freeFrames());
            buddy.validate();
            buddy.free(first, count);
          }
          assertEquals(frames, buddy.freeFrames());
          buddy.validate();
        }
      }
    }
  }

  /** Every way to free 8 frames one by one, in all orders, ends in one buddy. */
  @Test
  void everyOrderOfFreesMerges() {
    FrameAllocator buddy = buddy(8, 3);
    permute(new int[] {0, 1, 2, 3, 4, 5, 6, 7}, 0, buddy);
  }

  private static void permute(int[] order, int from, FrameAllocator buddy) {
    if (from == order.length) {
      assertEquals(0, buddy.allocate(8, 1));
      for (int frame : order) {
        buddy.free(frame, 1);
      }
      buddy.validate();
      assertEquals(0, buddy.allocate(8, 8));
      buddy.free(0, 8);
      return;
    }
    for (int i = from; i < order.length; i++) {
      swap(order, from, i);
      permute(order, from + 1, buddy);
      swap(order, from, i);
    }
  }

  private static void swap(int[] order, int i, int j) {
    int kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }

  /** Every part of a run freed, and the rest afterwards. */
  @Test
  void everyPartOfARun() {
    for (int count = 1; count <= 16; count++) {
      for (int from = 0; from < count; from++) {
        for (int length = 1; length <= count - from; length++) {
          FrameAllocator buddy = buddy(16, 4);
          int first = buddy.allocate(count, 1);
          buddy.free(first + from, length);
          buddy.validate();
          if (from > 0) {
            buddy.free(first, from);
          }
          if (from + length < count) {
            buddy.free(first + from + length, count - from - length);
          }
          buddy.validate();
          assertEquals(16, buddy.freeFrames());
        }
        close();
        opened.clear();
      }
    }
  }

  /** Every extension in a space where every subset of the frames behind is taken. */
  @Test
  void everyExtension() {
    int frames = 12;
    for (int taken = 0; taken < 1 << 10; taken++) {
      FrameAllocator buddy = buddy(frames, 3);
      takeAll(buddy, frames);
      for (int i = 0; i < 10; i++) {
        if ((taken >>> i & 1) == 0) {
          buddy.free(2 + i, 1);
        }
      }
      int free = buddy.freeFrames();
      for (int to = 3; to <= frames + 1; to++) {
        boolean fits = to <= 8 && (taken & ((1 << (to - 2)) - 1)) == 0;
        assertEquals(fits, buddy.extend(0, 2, to), "to " + to + " with " + taken);
        buddy.validate();
        if (fits) {
          assertEquals(free - to + 2, buddy.freeFrames());
          buddy.free(2, to - 2);
        }
        assertEquals(free, buddy.freeFrames());
        buddy.validate();
      }
      close();
      opened.clear();
    }
  }

  private static void takeAll(FrameAllocator buddy, int frames) {
    for (int i = 0; i < frames; i++) {
      assertTrue(buddy.allocate(1, 1) >= 0);
    }
    assertEquals(FrameAllocator.NONE, buddy.allocate(1, 1));
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "7, 3", "64, 6", "100, 4", "1000, 13", "20000, 13", "33333, 10"})
  void randomRunsAgainstAModel(int frames, int maxOrder) throws InterruptedException {
    Seeds.run(random -> randomRuns(random, frames, maxOrder));
  }

  private void randomRuns(RandomGenerator random, int frames, int maxOrder) {
    FrameAllocator buddy = buddy(frames, maxOrder);
    BitSet taken = new BitSet(frames);
    List<Run> live = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      if (live.isEmpty() || random.nextInt(100) < 52) {
        int count = 1 + random.nextInt(1 + random.nextInt(Math.min(frames, 1 << maxOrder)));
        int alignment = 1 << random.nextInt(1 + random.nextInt(maxOrder + 1));
        int first = buddy.allocate(count, alignment);
        if (first != FrameAllocator.NONE) {
          assertEquals(0, first % alignment);
          take(taken, first, count);
          live.add(new Run(first, count));
        }
      } else {
        change(random, buddy, taken, live);
      }
      assertEquals(frames - taken.cardinality(), buddy.freeFrames());
      if (i % 256 == 0) {
        buddy.validate();
      }
    }
    live.forEach(run -> buddy.free(run.first(), run.frames()));
    buddy.validate();
    assertEquals(frames, buddy.freeFrames());
  }

  /** Frees a run, or the end of it, or makes it longer. */
  private static void change(
      RandomGenerator random, FrameAllocator buddy, BitSet taken, List<Run> live) {
    Run run = live.remove(random.nextInt(live.size()));
    int end = run.first() + run.frames();
    switch (random.nextInt(4)) {
      case 0 -> {
        int longer = run.frames() + 1 + random.nextInt(8);
        int free = taken.nextSetBit(end) < 0 ? buddy.frames() : taken.nextSetBit(end);
        boolean fits = run.first() + longer <= free && longer <= buddy.maxRun();
        assertEquals(fits, buddy.extend(run.first(), run.frames(), longer));
        if (fits) {
          take(taken, end, longer - run.frames());
        }
        live.add(fits ? new Run(run.first(), longer) : run);
      }
      case 1 -> {
        int kept = random.nextInt(run.frames());
        buddy.free(run.first() + kept, run.frames() - kept);
        taken.clear(run.first() + kept, end);
        if (kept > 0) {
          live.add(new Run(run.first(), kept));
        }
      }
      default -> {
        buddy.free(run.first(), run.frames());
        taken.clear(run.first(), end);
      }
    }
  }

  private static void take(BitSet taken, int first, int count) {
    int overlap = taken.nextSetBit(first);
    assertTrue(overlap < 0 || overlap >= first + count, "frame " + overlap + " given twice");
    taken.set(first, first + count);
  }

  @Test
  void visitsEveryFreeFrameOnce() {
    FrameAllocator buddy = buddy(100, 4);
    int first = buddy.allocate(5, 1);
    BitSet seen = new BitSet();
    buddy.visitFree(
        (run, frames) -> {
          take(seen, run, frames);
          assertEquals(95 - frames, buddy.freeFrames());
        });
    assertEquals(95, seen.cardinality());
    assertFalse(seen.get(first));
    assertEquals(95, buddy.freeFrames());
    buddy.validate();
  }

  @Test
  void aVisitorThatThrowsLeavesAllFree() {
    FrameAllocator buddy = buddy(100, 4);
    assertThrows(
        ArithmeticException.class,
        () ->
            buddy.visitFree(
                (run, frames) -> {
                  throw new ArithmeticException();
                }));
    assertEquals(100, buddy.freeFrames());
    buddy.validate();
  }

  @Test
  void badInputIsRefused() {
    FrameAllocator buddy = buddy(16, 4);
    assertThrows(IllegalArgumentException.class, () -> buddy.allocate(0, 1));
    assertThrows(IllegalArgumentException.class, () -> buddy.allocate(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> buddy.allocate(1, 3));
    assertThrows(IllegalArgumentException.class, () -> buddy.allocate(1, 0));
    assertThrows(IllegalArgumentException.class, () -> buddy.free(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> buddy.free(0, 0));
    assertThrows(IllegalArgumentException.class, () -> buddy.free(16, 1));
    assertThrows(IllegalArgumentException.class, () -> buddy.free(8, 9));
    assertThrows(IllegalArgumentException.class, () -> buddy.free(8, Integer.MAX_VALUE));
    Metadata metadata = metadata(16, 30);
    assertThrows(IllegalArgumentException.class, () -> make(metadata, 0, 4));
    assertThrows(IllegalArgumentException.class, () -> make(metadata, 16, -1));
    assertThrows(IllegalArgumentException.class, () -> make(metadata, 16, 31));
    assertEquals(FrameAllocator.NONE, buddy.allocate(17, 1));
    assertEquals(FrameAllocator.NONE, buddy.allocate(Integer.MAX_VALUE, 1));
    assertEquals(FrameAllocator.NONE, buddy.allocate(1, 1 << 30));
    assertFalse(buddy.extend(0, 1, Integer.MAX_VALUE));
    buddy.validate();
  }
}
