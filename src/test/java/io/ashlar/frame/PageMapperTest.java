// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.Seeds;
import io.ashlar.Threads;
import io.ashlar.memory.Memory;
import io.ashlar.region.Mapping;
import io.ashlar.region.Region;
import io.ashlar.region.SystemCallException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PageMapperTest {

  private static final int FRAMES = 64 << 10;
  private static final long FRAME = FrameTable.FRAME_BYTES;

  private final Region region =
      Region.reserveMemfd(FRAMES * FRAME, 32 << 20, Region.Commitment.LAZY);
  private final Metadata metadata = new Metadata(32 << 20, false);
  private final SpinLockBuddy buddy =
      new SpinLockBuddy(metadata, FRAMES, SpinLockBuddy.DEFAULT_MAX_ORDER);
  private final PageMapper mapper = new PageMapper(region, buddy);

  @BeforeAll
  static void needsMemfd() {
    assumeTrue(Region.memfdAvailable(), "a system with memfd_create");
  }

  @BeforeEach
  void smallPages() {
    region.adviseHugePages(false);
  }

  @AfterEach
  void validateAndClose() {
    try (metadata;
        region;
        mapper) {
      mapper.validate();
      buddy.validate();
    }
  }

  /** Takes all frames, and frees those that are not to be kept. */
  private static void keep(BitSet kept, FrameAllocator frames) {
    while (frames.allocate(1, 1) != FrameAllocator.NONE) {
      // Until none is left.
    }
    for (int at = kept.nextClearBit(0); at < frames.frames(); at = kept.nextClearBit(at + 1)) {
      frames.free(at, 1);
    }
  }

  /** Some of the frames, and of any 64 neighbours one. */
  private static BitSet scattered(RandomGenerator random, int frames) {
    BitSet kept = new BitSet();
    for (int at = 0; at < frames; at++) {
      if (at % 64 == 63 || random.nextInt(16) == 0) {
        kept.set(at);
      }
    }
    return kept;
  }

  private static void write(long address, long byteSize, long cookie) {
    for (long at = 0; at < byteSize; at += 64) {
      Memory.putLong(address + at, cookie + at);
    }
  }

  private static void assertHolds(long address, long byteSize, long cookie) {
    for (long at = 0; at < byteSize; at += 64) {
      assertEquals(cookie + at, Memory.getLong(address + at));
    }
  }

  @Test
  void sixtyFourMebibytesWhereNoRunOf64FramesIsLeft() throws InterruptedException {
    Seeds.run(
        random -> {
          BitSet kept = scattered(random, FRAMES);
          keep(kept, buddy);
          assertEquals(FrameAllocator.NONE, buddy.allocate(64, 1));
          assertEquals(FRAMES - kept.cardinality(), buddy.freeFrames());
          for (int at = 0; at < FRAMES; at++) {
            Memory.putLong(region.address() + at * FRAME, -at);
          }
          int free = buddy.freeFrames();
          long size = 64 << 20;
          long block = mapper.map(size, 1);
          assertNotEquals(0, block);
          assertEquals(size, mapper.byteSize(block));
          write(block, size, 7);
          assertHolds(block, size, 7);
          for (int at = kept.nextSetBit(0); at >= 0; at = kept.nextSetBit(at + 1)) {
            assertEquals(-at, Memory.getLong(region.address() + at * FRAME), "another's frame");
          }
          assertEquals(free - (size >> 12), buddy.freeFrames());
          mapper.validate();
          long resident = region.residentBytes(0, FRAMES * FRAME);
          assertNotEquals(0, mapper.unmap(block));
          assertEquals(resident - size, region.residentBytes(0, FRAMES * FRAME), "holes punched");
          assertEquals(free, buddy.freeFrames());
          assertEquals(0, mapper.mappedBytes());
        });
  }

  /** A block is its frames, in the order that is told. */
  @Test
  void theBlockIsItsFrames() {
    BitSet kept = new BitSet();
    for (int at = 0; at < FRAMES; at += 3) {
      kept.set(at);
    }
    keep(kept, buddy);
    long block = mapper.map(100 * FRAME, 1);
    long[] at = {block};
    mapper.visitRuns(
        block,
        (first, count) -> {
          for (int frame = first; frame < first + count; frame++, at[0] += FRAME) {
            assertFalse(kept.get(frame));
            Memory.putLong(at[0] + 8, frame);
            assertEquals(frame, Memory.getLong(region.address() + frame * FRAME + 8));
          }
        });
    assertEquals(block + 100 * FRAME, at[0]);
    assertNotEquals(0, mapper.unmap(block));
    mapper.visitRuns(block, (first, count) -> assertEquals(0, count, "there are none"));
  }

  @Test
  void guardPagesLieAroundABlock() throws IOException {
    keep(scattered(new SplittableRandom(1), FRAMES), buddy);
    long size = 777 * FRAME;
    long block = mapper.map(size - 5, 1);
    long other = mapper.map(size, 1 << 20);
    assertEquals(0, other % (1 << 20));
    List<Mapping> mappings = Mapping.all();
    for (long start : new long[] {block, other}) {
      assertEquals("---s", Mapping.at(start - 1, mappings).permissions());
      assertEquals("---s", Mapping.at(start - FRAME, mappings).permissions());
      for (long at = start; at < start + size; at += FRAME) {
        assertEquals("rw-s", Mapping.at(at, mappings).permissions());
      }
      assertEquals("---s", Mapping.at(start + size, mappings).permissions());
      assertEquals("---s", Mapping.at(start + size + FRAME - 1, mappings).permissions());
    }
    assertNotEquals(0, mapper.unmap(block));
    long gone = block;
    assertTrue(Mapping.all().stream().noneMatch(m -> m.start() <= gone && gone < m.end()));
  }

  /** Neighbours are one mapping: what is not fragmented costs one, and two guards. */
  @Test
  void neighboursAreMappedAsOne() throws IOException {
    long block = mapper.map(64 << 20, 1);
    assertEquals(1, Mapping.all().stream().filter(m -> m.start() == block).count());
    assertEquals(block + (64 << 20), Mapping.at(block, Mapping.all()).end());
    int[] runs = {0};
    mapper.visitRuns(block, (first, count) -> runs[0]++);
    assertEquals(1, runs[0]);
  }

  @Test
  void blocksGrowAndShrinkWithoutACopy() {
    keep(scattered(new SplittableRandom(2), FRAMES), buddy);
    int free = buddy.freeFrames();
    long size = 300 * FRAME;
    long block = mapper.map(size, 64 << 10);
    write(block, size, 5);
    for (long frames : new long[] {301, 1000, 999, 10, 5000, 1, 1, 40}) {
      long newSize = frames * FRAME;
      long moved = mapper.resize(block, newSize - 7);
      assertNotEquals(0, moved);
      assertEquals(0, moved % (64 << 10));
      assertEquals(newSize, mapper.byteSize(moved));
      assertEquals(newSize, mapper.mappedBytes());
      assertEquals(free - frames, buddy.freeFrames());
      assertHolds(moved, Math.min(size, newSize), 5);
      write(moved, newSize, 5);
      mapper.validate();
      buddy.validate();
      block = moved;
      size = newSize;
    }
    assertEquals(0, mapper.resize(block, FRAMES * FRAME));
    assertEquals(0, mapper.resize(block, Long.MAX_VALUE));
    assertEquals(0, mapper.resize(block + FRAME, 1));
    long same = block;
    assertThrows(IllegalArgumentException.class, () -> mapper.resize(same, 0));
    assertHolds(block, size, 5);
    assertNotEquals(0, mapper.unmap(block));
    assertEquals(free, buddy.freeFrames());
    assertEquals(0, region.residentBytes(0, FRAMES * FRAME));
  }

  @Test
  void badInputIsRefusedAndChangesNothing() {
    for (long size : new long[] {0, -1, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> mapper.map(size, 1));
    }
    for (long alignment : new long[] {0, -1, 3, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> mapper.map(1, alignment));
    }
    assertEquals(0, mapper.map(Long.MAX_VALUE, 1));
    assertEquals(0, mapper.map(FRAMES * FRAME + 1, 1));
    SystemCallException e = assertThrows(SystemCallException.class, () -> mapper.map(1, 1L << 62));
    assertEquals("ENOMEM", e.errnoName());
    assertEquals(FRAMES, buddy.freeFrames());
    long block = mapper.map(3 * FRAME, 1);
    for (long address : new long[] {0, 1, block - FRAME, block + 1, block + FRAME, -block}) {
      assertEquals(0, mapper.unmap(address));
      assertEquals(0, mapper.byteSize(address));
    }
    assertNotEquals(0, mapper.unmap(block));
    assertEquals(0, mapper.unmap(block));
    assertEquals(FRAMES, buddy.freeFrames());
  }

  @Test
  void otherRegionsAreRefused() {
    try (Region posix = Region.reserve(FRAMES * FRAME, 1 << 20, Region.Commitment.LAZY);
        Region portable = Region.reservePortable(FRAME, 1 << 20, Region.Commitment.LAZY)) {
      for (Region other : new Region[] {posix, portable}) {
        UnsupportedOperationException e =
            assertThrows(UnsupportedOperationException.class, () -> new PageMapper(other, buddy));
        assertTrue(e.getMessage().contains("reserveMemfd"), e.getMessage());
      }
    }
    try (Region small = Region.reserveMemfd(FRAME, 1 << 20, Region.Commitment.LAZY)) {
      assertThrows(IllegalArgumentException.class, () -> new PageMapper(small, buddy));
    }
  }

  /** The allocators of frames that there are. */
  enum Kind {
    BUMP,
    FREE_LIST,
    CONTIGUOUS,
    BUDDY;

    FrameAllocator make(Region region, Metadata metadata, int frames) {
      return switch (this) {
        case BUMP -> new BumpFrameAllocator(frames);
        case FREE_LIST -> new FreeListFrameAllocator(region.address(), frames);
        case CONTIGUOUS -> new ContiguousAllocator(metadata, frames);
        case BUDDY -> new SpinLockBuddy(metadata, frames, 4);
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void livesWithAnyFrameAllocator(Kind kind) {
    int count = 2000;
    FrameAllocator frames = kind.make(region, metadata, count);
    PageMapper another = new PageMapper(region, frames);
    if (kind != Kind.BUMP) {
      keep(scattered(new SplittableRandom(3), count), frames);
    }
    int free = frames.freeFrames();
    long block = another.map(500 * FRAME, 1);
    long second = another.map(300 * FRAME, 1);
    write(block, 500 * FRAME, 1);
    write(second, 300 * FRAME, 2);
    assertHolds(block, 500 * FRAME, 1);
    second = another.resize(second, 400 * FRAME);
    assertHolds(second, 300 * FRAME, 2);
    frames.validate();
    another.validate();
    assertEquals(0, another.map(count * FRAME, 1));
    assertNotEquals(0, another.unmap(block));
    another.close();
    frames.validate();
    assertEquals(kind == Kind.BUMP ? free - 900 : free, frames.freeFrames());
    assertEquals(0, another.blocks());
  }

  @Test
  void withoutHolesFramesKeepWhatWasInThem() {
    PageMapper keeping = new PageMapper(region, buddy, false);
    long block = keeping.map(10 * FRAME, 1);
    write(block, 10 * FRAME, 3);
    assertNotEquals(0, keeping.unmap(block));
    assertEquals(10 * FRAME, region.residentBytes(0, FRAMES * FRAME));
    assertEquals(FRAMES, buddy.freeFrames());
  }

  private record Block(long address, long byteSize, long cookie) {}

  @Test
  void randomCallsAgainstAModel() throws InterruptedException {
    Seeds.run(
        random -> {
          keep(scattered(random, 4096), buddy);
          while (buddy.allocate(64, 1) != FrameAllocator.NONE) {
            // What lies behind the first 4,096 frames is of no interest.
          }
          int free = buddy.freeFrames();
          List<Block> live = new ArrayList<>();
          long bytes = 0;
          for (int i = 0; i < 1500; i++) {
            long size = (1 + random.nextInt(600)) * FRAME;
            if (live.isEmpty() || random.nextInt(10) < 5) {
              long address = mapper.map(size, 1L << random.nextInt(22));
              assertEquals(size <= free * FRAME - bytes, address != 0);
              if (address != 0) {
                live.add(new Block(address, size, i));
                bytes += size;
              }
            } else {
              Block block = live.remove(random.nextInt(live.size()));
              assertHolds(block.address(), block.byteSize(), block.cookie());
              bytes -= block.byteSize();
              if (random.nextBoolean()) {
                long moved = mapper.resize(block.address(), size);
                boolean fits = size - block.byteSize() <= free * FRAME - bytes - block.byteSize();
                assertEquals(fits, moved != 0);
                Block now = fits ? new Block(moved, size, block.cookie()) : block;
                assertHolds(now.address(), Math.min(size, block.byteSize()), now.cookie());
                live.add(now);
                bytes += now.byteSize();
              } else {
                assertNotEquals(0, mapper.unmap(block.address()));
              }
            }
            if (!live.isEmpty()) {
              Block last = live.get(live.size() - 1);
              write(last.address(), last.byteSize(), last.cookie());
            }
            assertEquals(bytes, mapper.mappedBytes());
            assertEquals(free - bytes / FRAME, buddy.freeFrames());
            if (i % 100 == 0) {
              mapper.validate();
            }
          }
          mapper.validate();
          mapper.close();
          assertEquals(free, buddy.freeFrames());
        });
  }

  @Test
  void threadsMapAndUnmap() throws InterruptedException {
    keep(scattered(new SplittableRandom(4), FRAMES), buddy);
    int free = buddy.freeFrames();
    List<Threads.Task> tasks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long cookie = i * 1000L;
      tasks.add(
          () -> {
            for (int round = 0; round < 40; round++) {
              long size = (1 + ((round * 7) % 500)) * FRAME;
              long block = mapper.map(size, 1);
              assertNotEquals(0, block);
              write(block, size, cookie);
              block = mapper.resize(block, size + 50 * FRAME);
              assertHolds(block, size, cookie);
              assertNotEquals(0, mapper.unmap(block));
            }
          });
    }
    Threads.run(Thread.ofPlatform().factory(), tasks);
    assertEquals(free, buddy.freeFrames());
    assertEquals(0, mapper.blocks());
  }

  /** Of several threads that unmap one block, one succeeds. */
  @Test
  void unmappedOnce() throws InterruptedException {
    for (int round = 0; round < 200; round++) {
      long block = mapper.map(5 * FRAME, 1);
      int[] successes = new int[2];
      Threads.run(
          () -> successes[0] = mapper.unmap(block) != 0 ? 1 : 0,
          () -> successes[1] = mapper.unmap(block) != 0 ? 1 : 0);
      assertEquals(1, successes[0] + successes[1]);
    }
    assertEquals(FRAMES, buddy.freeFrames());
  }
}
