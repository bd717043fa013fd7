// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ShardTest extends SpaceFixture {

  private final Shard shard = space.shard(0);

  /** Every class: all blocks of a slab, lowest first, in it and not overlapping. */
  @Test
  void aSlabOfEveryClass() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      int n = SizeClasses.slabBlocks(sizeClass);
      long[] blocks = allocate(shard, sizeClass, n);
      Slab slab = space.slabAt(blocks[0]);
      assertEquals(0, slab.freeCount());
      assertEquals(n, slab.capacity());
      assertSame(shard, slab.home());
      for (int i = 0; i < n; i++) {
        assertEquals(blocks[0] + (long) i * SizeClasses.blockBytes(sizeClass), blocks[i]);
        assertSame(slab, space.slabAt(blocks[i]));
        assertEquals(false, slab.holds(blocks[i]));
      }
      space.validate();
      release(shard, sizeClass, blocks);
      assertTrue(slab.isAllFree());
      space.validate();
    }
  }

  /** Every subset of a slab of eight, given back in a mixed order and taken again. */
  @Test
  void everySubsetOfASlab() {
    int sizeClass = SizeClasses.COUNT;
    long[] blocks = allocate(shard, sizeClass, 8);
    for (int subset = 0; subset < 256; subset++) {
      long[] some = subset(blocks, subset);
      long[] mixed = some.clone();
      for (int i = 0; i < mixed.length; i++) {
        long kept = mixed[i];
        int other = i * 5 % mixed.length;
        mixed[i] = mixed[other];
        mixed[other] = kept;
      }
      release(shard, sizeClass, mixed);
      assertEquals(some.length, space.slabAt(blocks[0]).freeCount());
      space.validate();
      long[] again = allocate(shard, sizeClass, some.length);
      assertEquals(Arrays.toString(some), Arrays.toString(again), "lowest first");
    }
    release(shard, sizeClass, blocks);
  }

  private static long[] subset(long[] blocks, int bits) {
    LongStream.Builder some = LongStream.builder();
    for (int i = 0; i < blocks.length; i++) {
      if ((bits >>> i & 1) != 0) {
        some.add(blocks[i]);
      }
    }
    return some.build().toArray();
  }

  @Test
  void aSlabRefusesWhatIsNotABlockOutOfIt() {
    long[] blocks = allocate(shard, 2, 4);
    Slab slab = space.slabAt(blocks[0]);
    long start = blocks[0];
    int behind = slab.capacity() * SizeClasses.blockBytes(2);
    assertEquals(false, slab.put(start + 8));
    assertEquals(false, slab.put(start + 16));
    assertEquals(false, slab.put(start + behind), "behind the last block");
    assertEquals(false, slab.put(start + 4 * 48), "never taken");
    assertEquals(slab.capacity() - 4, slab.freeCount());
    release(shard, 2, blocks);
    assertEquals(List.of(), freedTwice());
    release(shard, 2, blocks[1]);
    assertEquals(List.of(blocks[1]), freedTwice());
  }

  @Test
  void wholeFreeSlabsGoBackButForAReserve() {
    int sizeClass = SizeClasses.COUNT;
    long[] blocks = allocate(shard, sizeClass, 80);
    assertEquals(10, space.slabCounts()[sizeClass]);
    release(shard, sizeClass, blocks);
    assertEquals(SlabSpace.RESERVE_SLABS, space.slabCounts()[sizeClass]);
    space.validate();
    space.collect();
    assertEquals(0, space.slabCounts()[sizeClass]);
    assertEquals(0, space.usedBytes());
    assertNull(space.slabAt(blocks[0]));
  }

  @Test
  void batchesAreBroughtHomeAtTheNextRefill() {
    int sizeClass = 20;
    int n = SizeClasses.slabBlocks(sizeClass);
    long[] blocks = allocate(shard, sizeClass, n);
    offer(shard, sizeClass, blocks);
    Slab slab = space.slabAt(blocks[0]);
    assertEquals(0, slab.freeCount());
    int taken = shard.tryRefill(sizeClass, rounds, 1);
    assertEquals(1, taken);
    assertEquals(n - 1, slab.freeCount());
    assertEquals(blocks[0], round(0));
    release(shard, sizeClass, blocks[0]);
  }

  @Test
  void batchesAreUsedAgain() {
    FreeBatch batch = shard.emptyBatch();
    long[] block = allocate(shard, 1, 1);
    space.blocks().setInTransit(space.blocks().offset(block[0]), 1);
    batch.add(block[0], 16);
    assertEquals(16, batch.bytes());
    shard.offer(batch);
    assertTrue(shard.tryDrain());
    assertSame(batch, shard.emptyBatch());
    assertEquals(0, batch.count());
    assertEquals(0, batch.bytes());
  }

  /** Two threads have seen the block live and both have sent it home: the drain finds out. */
  @Test
  void aBlockInTwoBatchesIsReportedOnce() {
    long[] blocks = allocate(shard, 5, 3);
    offer(shard, 5, blocks[0], blocks[1]);
    offer(shard, 5, blocks[1], blocks[2]);
    assertTrue(shard.tryDrain());
    assertEquals(List.of(blocks[1]), freedTwice());
    space.validate();
  }

  @Test
  void aBlockInOneBatchTwiceIsReportedOnce() {
    long[] blocks = allocate(shard, 5, 1);
    offer(shard, 5, blocks[0], blocks[0]);
    space.collect();
    assertEquals(List.of(blocks[0]), freedTwice());
  }

  @Test
  void aBlockOfNobodyOrOfAnotherShardIsReported() {
    long[] others = allocate(space.shard(1), 5, 1);
    offer(shard, 5, others[0]);
    assertTrue(shard.tryDrain());
    assertEquals(List.of(others[0]), freedTwice());
    offer(space.shard(1), 5, others[0]);
    space.collect();
    assertEquals(1, freedTwice().size());
    FreeBatch stray = shard.emptyBatch();
    stray.add(others[0], 16);
    shard.offer(stray);
    assertTrue(shard.tryDrain());
    assertEquals(List.of(others[0], others[0]), freedTwice());
  }

  @Test
  void outOfMemoryIsNoBlocks() {
    SlabSpace limited = another(1, 64 << 10);
    Shard only = limited.shard(0);
    assertEquals(100, only.tryRefill(1, rounds, 100));
    assertEquals(0, only.tryRefill(2, rounds, 100));
    assertEquals(100, only.tryRefill(1, rounds, 100));
  }

  @Test
  void validationFindsDamage() {
    long[] blocks = allocate(shard, 3, 3);
    BlockMap map = space.blocks();
    long offset = map.offset(blocks[0]);
    BlockMap.setState(map.packedStates(), offset + 16, 3);
    assertThrows(IllegalStateException.class, space::validate, "a state inside a block");
    map.setNone(offset + 16);
    BlockMap.setState(map.packedStates(), offset, 4);
    assertThrows(IllegalStateException.class, space::validate, "a state of another class");
    BlockMap.setState(map.packedStates(), offset, 3);
    long frame = offset >>> 12;
    long tag = space.frameTable().tag(frame);
    space.frameTable().setTags(frame, 1, FrameTag.NOTHING);
    assertThrows(IllegalStateException.class, space::validate, "a slab's frame without a tag");
    space.frameTable().setTags(frame, 1, FrameTag.slab(1, 3, FrameTag.value(tag)));
    assertThrows(IllegalStateException.class, space::validate, "a wrong home");
    space.frameTable().setTags(frame, 1, tag);
    space.validate();
    long free = offset + 16L * SizeClasses.blockBytes(3);
    BlockMap.setState(map.packedStates(), free, 3);
    assertThrows(IllegalStateException.class, space::validate, "a live block in its slab");
    map.setNone(free);
  }

  @Test
  void randomTrafficOfSeveralClasses() throws InterruptedException {
    Seeds.run(
        random -> {
          int[] classes = {1, 2, 8, 20, 31, 40};
          List<long[]> live = new ArrayList<>(); // block, class, shard
          for (int i = 0; i < 20_000; i++) {
            if (live.size() < 200 || random.nextInt(live.size()) < 1500) {
              int sizeClass = classes[random.nextInt(classes.length)];
              int home = random.nextInt(2);
              for (long block : allocate(space.shard(home), sizeClass, 1 + random.nextInt(20))) {
                live.add(new long[] {block, sizeClass, home});
              }
            }
            for (int n = random.nextInt(24); n > 0 && !live.isEmpty(); n--) {
              int at = random.nextInt(live.size());
              long[] last = live.remove(live.size() - 1);
              long[] each = at < live.size() ? live.set(at, last) : last;
              Shard home = space.shard((int) each[2]);
              if (random.nextBoolean()) {
                release(home, (int) each[1], each[0]);
              } else {
                offer(home, (int) each[1], each[0]);
              }
            }
            if (random.nextInt(1000) == 0) {
              space.validate();
            }
          }
          space.collect();
          assertEquals(List.of(), freedTwice());
        });
  }
}
