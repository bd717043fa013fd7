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
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LockFreeBuddyTest extends FrameAllocatorContract {

  private static final int UNIT = 64;

  @Override
  FrameAllocator make(Metadata metadata, int frames, int maxOrder) {
    return new LockFreeBuddy(metadata, frames, maxOrder);
  }

  @Override
  long byteSize(int frames, int maxOrder) {
    return LockFreeBuddy.byteSize(frames, maxOrder);
  }

  /** What one thread leaves open another has, to the last frame and in one run. */
  @Test
  void allOfItIsHadWhoeverFreedIt() throws InterruptedException {
    int frames = 3 * UNIT * UNIT + 7 * UNIT + 5;
    FrameAllocator buddy = buddy(frames, 13);
    for (int round = 0; round < 8; round++) {
      Threads.run(
          () -> {
            List<Integer> got = new ArrayList<>();
            for (int i = 0; i < 700; i++) {
              got.add(buddy.allocate(1, 1));
            }
            got.forEach(frame -> buddy.free(frame, 1));
          });
      buddy.validate();
    }
    assertEquals(frames, buddy.freeFrames());
    BitSet taken = new BitSet();
    for (int order = 13; order >= 0; order--) {
      int first;
      while ((first = buddy.allocate(1 << order, 1)) != FrameAllocator.NONE) {
        assertEquals(-1, firstOf(taken, first, 1 << order));
        taken.set(first, first + (1 << order));
      }
      buddy.validate();
    }
    assertEquals(frames, taken.cardinality());
    assertEquals(0, buddy.freeFrames());
  }

  private static int firstOf(BitSet taken, int first, int count) {
    int next = taken.nextSetBit(first);
    return next < first + count ? next : -1;
  }

  /** Threads that allocate at the same time are in lines of their own. */
  @Test
  void threadsKeepApart() throws InterruptedException {
    FrameAllocator buddy = buddy(1 << 16, 13);
    BitSet lines = new BitSet();
    for (int thread = 0; thread < 16; thread++) {
      Threads.run(
          () -> {
            int line = buddy.allocate(1, 1) >>> 9;
            assertFalse(lines.get(line), () -> "line " + line);
            lines.set(line);
            for (int i = 1; i < 512; i++) {
              assertEquals(line, buddy.allocate(1, 1) >>> 9);
            }
          });
    }
    buddy.validate();
  }

  @Test
  void freeingTwiceIsRefused() {
    FrameAllocator buddy = buddy(1 << 14, 13);
    int first = buddy.allocate(3, 1);
    buddy.free(first + 1, 1);
    assertThrows(IllegalStateException.class, () -> buddy.free(first + 1, 1));
    assertThrows(IllegalStateException.class, () -> buddy.free(first, 3));
    assertThrows(IllegalStateException.class, () -> buddy.free(1 << 13, 1));
    assertThrows(IllegalStateException.class, () -> buddy.free(1 << 13, UNIT));
    assertThrows(IllegalStateException.class, () -> buddy.free(1 << 13, UNIT * UNIT));
    assertEquals((1 << 14) - 2, buddy.freeFrames());
    buddy.validate();
  }

  /** A bit of any level that is set too much, and a bound that is too low. */
  @Test
  void damageIsFound() {
    int frames = 2 * UNIT * UNIT + 3 * UNIT + 5;
    Metadata metadata = metadata(frames, 12);
    long level0 = metadata.allocate(0) + Metadata.footprint(0);
    long level1 = level0 + BuddyLevel.byteSize(0, frames);
    long level2 = level1 + BuddyLevel.byteSize(1, frames);
    FrameAllocator buddy = make(metadata, frames, 12);
    for (int i = 0; i <= 3 * UNIT + 5; i++) {
      buddy.allocate(1, 1); // the last one from the first unit of level 2
    }
    buddy.validate();
    long bounds0 = level0 + Metadata.footprint((frames + 63L) / 64 * Long.BYTES);
    checkDamage(buddy, level0 + UNIT * Long.BYTES, 1); // in a unit that is free
    checkDamage(buddy, level0 + (frames / UNIT) * 8L, 1 << 5); // behind the end
    checkDamage(buddy, level1, 1); // around frames that are free
    checkDamage(buddy, level2, 1);
    checkDamage(buddy, level2, 1 << 2); // behind the end
    checkDamage(buddy, bounds0, 7); // too low
    checkDamage(buddy, bounds0, 16); // its slot says that it is held
    checkDamage(buddy, bounds0 + Long.BYTES, 16); // held by nobody
  }

  private static void checkDamage(FrameAllocator buddy, long address, long change) {
    long before = Memory.getLong(address);
    Memory.putLong(address, before ^ change);
    assertThrows(IllegalStateException.class, buddy::validate, () -> "change " + change);
    Memory.putLong(address, before);
    buddy.validate();
  }

  /** Records are touched only where something has been open. */
  @Test
  void recordsAreResidentAsUsed() {
    int frames = 1 << 28;
    FrameAllocator buddy = buddy(frames, 13);
    assertEquals(frames, buddy.freeFrames());
    long afterMaking = last().residentBytes();
    assertTrue(afterMaking < 1 << 20, () -> afterMaking + " bytes");
    int first = buddy.allocate(1, 1);
    long afterUse = last().residentBytes();
    assertTrue(afterUse < 1 << 20, () -> afterUse + " bytes");
    buddy.free(first, 1);
  }

  /** Runs of every size, extended, cut and freed by several threads; no frame is had twice. */
  @ParameterizedTest
  @CsvSource({"64, 6, 3", "700, 9, 4", "20000, 13, 4", "300000, 13, 16"})
  void threadsAtOnce(int frames, int maxOrder, int threads) throws InterruptedException {
    Seeds.run(
        random -> {
          FrameAllocator buddy = buddy(frames, maxOrder);
          AtomicIntegerArray owners = new AtomicIntegerArray(frames);
          RunOwner[] tasks = new RunOwner[threads];
          for (int id = 1; id <= threads; id++) {
            tasks[id - 1] = new RunOwner(id, buddy, owners, random.nextLong());
          }
          Threads.run(tasks);
          buddy.validate();
          assertEquals(frames, buddy.freeFrames());
        });
  }
}
