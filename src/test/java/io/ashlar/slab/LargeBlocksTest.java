// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.memory.Memory;
import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class LargeBlocksTest extends SpaceFixture {

  private static final long FRAME = 4096;
  private static final long RUN = 32 << 20;

  private final LargeBlocks large = space.large();

  private long offset(long address) {
    return space.blocks().offset(address);
  }

  @Test
  void runsAreExact() {
    for (long bytes : new long[] {1, FRAME, FRAME + 1, 5 * FRAME, 33 * FRAME, RUN - 1, RUN}) {
      long address = large.allocate(bytes, 1, false);
      long frames = (bytes + FRAME - 1) / FRAME;
      assertEquals(frames * FRAME, large.runBytes(offset(address)));
      assertEquals(frames * FRAME, space.usedBytes());
      assertEquals(frames * FRAME, large.liveBytes());
      assertEquals(0, large.mappedBytes());
      space.validate();
      assertTrue(large.freeRun(offset(address)));
      assertFalse(large.freeRun(offset(address)));
      assertEquals(0, space.usedBytes());
    }
    assertEquals(large.allocations(), large.frees());
  }

  @Test
  void beyondTheLongestRunAreMappings() {
    for (long alignment : new long[] {1, 4096, 1 << 21}) {
      long address = large.allocate(RUN + 1, alignment, true);
      assertEquals(0, address % alignment);
      long bytes = large.mappingBytes(address);
      assertEquals(RUN + Region.osPageSize(), bytes);
      assertEquals(bytes, large.mappedBytes());
      Memory.putByte(address + bytes - 1, (byte) 1);
      space.validate();
      assertEquals(0, large.mappingBytes(address + 4096));
      assertFalse(large.freeMapping(address + 4096));
      assertTrue(large.freeMapping(address));
      assertFalse(large.freeMapping(address));
      assertEquals(0, large.mappingBytes(address));
      assertEquals(0, space.usedBytes());
    }
  }

  @Test
  void hugeAlignmentsAreMappings() {
    long address = large.allocate(100, 64 << 20, false);
    assertEquals(0, address % (64 << 20));
    assertTrue(large.mappingBytes(address) >= 100);
    assertTrue(large.freeMapping(address));
  }

  @Test
  void runsGrowAndShrinkWhereTheyAre() {
    long address = large.allocate(10 * FRAME, 1, false);
    long offset = offset(address);
    for (int frames : new int[] {11, 16, 17, 100, 8192, 8191, 50, 9, 1, 2}) {
      Memory.putLong(address, frames);
      assertTrue(large.resizeRun(offset, frames * FRAME));
      assertEquals(frames * FRAME, large.runBytes(offset));
      assertEquals(frames * FRAME, space.usedBytes());
      Memory.putByte(address + frames * FRAME - 1, (byte) 1);
      assertEquals(frames, Memory.getLong(address));
      space.validate();
    }
    assertFalse(large.resizeRun(offset, RUN + 1));
    assertTrue(large.freeRun(offset));
  }

  @Test
  void aRunDoesNotGrowIntoAnother() {
    long first = large.allocate(4 * FRAME, 1, false);
    long second = large.allocate(4 * FRAME, 1, false);
    assertEquals(first + 4 * FRAME, second, "neighbours, by the lowest-first rule");
    assertFalse(large.resizeRun(offset(first), 5 * FRAME));
    assertEquals(4 * FRAME, large.runBytes(offset(first)));
    assertTrue(large.freeRun(offset(second)));
    assertTrue(large.resizeRun(offset(first), 5 * FRAME));
    assertTrue(large.freeRun(offset(first)));
  }

  @Test
  void mappingsGrowAndShrinkKeepingTheirContents() {
    long address = large.allocate(RUN + 1, 1, false);
    Memory.putLong(address + 8, 42);
    for (long bytes : new long[] {3 * RUN, RUN + 4097, 100, RUN * 2}) {
      address = large.resizeMapping(address, bytes);
      assertNotEquals(0, address);
      assertEquals(42, Memory.getLong(address + 8));
      assertTrue(large.mappingBytes(address) >= bytes);
      assertEquals(large.mappingBytes(address), space.usedBytes());
      Memory.putByte(address + bytes - 1, (byte) 1);
      space.validate();
    }
    assertEquals(0, large.resizeMapping(address, Long.MAX_VALUE));
    assertEquals(0, large.resizeMapping(address + 4096, RUN * 2));
    assertEquals(42, Memory.getLong(address + 8));
    assertTrue(large.freeMapping(address));
  }

  /** The system gives an address out again before who freed it has noted that it is free. */
  @Test
  void threadsThatMapResizeAndFreeDoNotTakeEachOthersMappings() throws Exception {
    int threads = 4;
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(pool.submit(this::mapResizeAndFree));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertEquals(0, large.mappedBytes());
    assertEquals(0, space.usedBytes());
    space.validate();
  }

  private void mapResizeAndFree() {
    for (int i = 0; i < 5_000; i++) {
      long address = large.allocate(RUN + 1, 1, false);
      assertNotEquals(0, address);
      long resized = large.resizeMapping(address, RUN + 1 + (i % 3) * FRAME);
      assertNotEquals(0, resized);
      assertTrue(large.freeMapping(resized));
    }
  }

  @Test
  void theLimitCountsEverything() {
    SlabSpace limited = another(1, 64 * FRAME);
    LargeBlocks blocks = limited.large();
    long a = blocks.allocate(40 * FRAME, 1, false);
    assertNotEquals(0, a);
    assertEquals(0, blocks.allocate(25 * FRAME, 1, false));
    assertFalse(blocks.resizeRun(limited.blocks().offset(a), 65 * FRAME));
    assertTrue(blocks.resizeRun(limited.blocks().offset(a), 64 * FRAME));
    assertEquals(0, blocks.allocate(1, 1, false));
    assertEquals(0, blocks.allocate(RUN + 1, 1, false));
    assertEquals(0, blocks.allocate(Long.MAX_VALUE - 4096, 1, false));
    assertEquals(64 * FRAME, limited.usedBytes());
    assertTrue(blocks.freeRun(limited.blocks().offset(a)));
    assertEquals(0, limited.usedBytes());
  }

  /** Frames that are known to be zero are not cleared; those that are not, are. */
  @Test
  void zeroing() {
    long address = large.allocate(8 * FRAME, 1, true);
    Memory.fill(address, 8 * FRAME, (byte) 1);
    assertTrue(large.freeRun(offset(address)));
    long again = large.allocate(16 * FRAME, 1, true);
    assertEquals(address, again);
    for (long at = 0; at < 16 * FRAME; at += 8) {
      assertEquals(0, Memory.getLong(again + at));
    }
    Memory.fill(again, 16 * FRAME, (byte) 1);
    assertTrue(large.freeRun(offset(again)));
    assertEquals(16 * FRAME, space.purge());
    assertEquals(0, space.purge());
    assertEquals(0, space.residentBytes());
    long purged = large.allocate(16 * FRAME, 1, true);
    assertEquals(0, space.residentBytes(), "not touched");
    assertEquals(0, Memory.getLong(purged + 8));
    assertTrue(large.freeRun(offset(purged)));
  }

  /** What was free at two purges on end is given back; what is used between them is not. */
  @Test
  void unaskedOnlyWhatIsOldIsPurged() {
    long bytes = 20 << 20;
    long used = large.allocate(bytes, 1, false);
    long unused = large.allocate(bytes, 1, false);
    Memory.fill(used, bytes, (byte) 1);
    Memory.fill(unused, bytes, (byte) 1);
    assertTrue(large.freeRun(offset(used)));
    assertTrue(large.freeRun(offset(unused)));
    space.purgeIfDue();
    assertEquals(2 * bytes, space.residentBytes(), "none was free at a purge before");
    assertEquals(used, large.allocate(bytes, 1, false));
    assertEquals(1, Memory.getByte(used));
    assertTrue(large.freeRun(offset(used)));
    space.purgeIfDue();
    assertEquals(bytes, space.residentBytes(), "one was");
    space.purgeIfDue();
    assertEquals(0, space.residentBytes(), "the other one since");
  }
}
