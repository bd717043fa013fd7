// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
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
      release(shard, sizeClass, Arrays.copyOf(blocks, n - 1));
      space.collect(); // What the depot keeps goes to the slab.
      assertEquals(n - 1, slab.freeCount());
      space.validate();
      release(shard, sizeClass, blocks[n - 1]);
      space.collect();
      assertTrue(slab.isAllFree());
      space.validate();
    }
  }

  /**
   * Every subset of a slab of eight but the whole, which would be dissolved, given back in a mixed
   * order and taken again.
   */
  @Test
  void everySubsetOfASlab() {
    int sizeClass = SizeClasses.COUNT;
    long[] blocks = allocate(shard, sizeClass, 8);
    for (int subset = 0; subset < 255; subset++) {
      long[] some = subset(blocks, subset);
      long[] mixed = some.clone();
      for (int i = 0; i < mixed.length; i++) {
        long kept = mixed[i];
        int other = i * 5 % mixed.length;
        mixed[i] = mixed[other];
        mixed[other] = kept;
      }
      release(shard, sizeClass, mixed);
      space.collect();
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

  /** A batch of blocks of two slabs by turns, one of them twice. */
  @Test
  void runsArePutBackAroundWhatIsThere() {
    int sizeClass = SizeClasses.of(8 << 10);
    int n = SizeClasses.slabBlocks(sizeClass);
    long[] blocks = allocate(shard, sizeClass, 2 * n);
    Slab one = space.slabAt(blocks[0]);
    Slab other = space.slabAt(blocks[n]);
    assertNotEquals(one, other);
    release(
        shard,
        sizeClass,
        blocks[0],
        blocks[1],
        blocks[1],
        blocks[2],
        blocks[n],
        blocks[3],
        blocks[n + 1]);
    space.collect();
    assertEquals(List.of(blocks[1]), freedTwice());
    assertEquals(4, one.freeCount());
    assertEquals(2, other.freeCount());
    long[] rest = Arrays.copyOfRange(blocks, 4, n);
    release(shard, sizeClass, rest);
    release(shard, sizeClass, Arrays.copyOfRange(blocks, n + 2, 2 * n));
    space.collect();
    assertEquals(0, space.usedBytes());
  }

  @Test
  void aSlabRefusesWhatIsNotABlockOutOfIt() {
    long[] blocks = allocate(shard, 2, 4);
    Slab slab = space.slabAt(blocks[0]);
    long start = blocks[0];
    int behind = slab.capacity() * SizeClasses.blockBytes(2);
    assertEquals(0, slab.put(new long[] {start + 8}, 0, 1));
    assertEquals(0, slab.put(new long[] {start + 16}, 0, 1));
    assertEquals(0, slab.put(new long[] {start + behind}, 0, 1), "behind the last block");
    assertEquals(0, slab.put(new long[] {start + 4 * 48}, 0, 1), "never taken");
    assertEquals(slab.capacity() - 4, slab.freeCount());
    release(shard, 2, blocks[1], blocks[2]);
    space.collect();
    assertEquals(List.of(), freedTwice());
    release(shard, 2, blocks[1]);
    space.collect();
    assertEquals(List.of(blocks[1]), freedTwice());
  }

  @Test
  void wholeFreeSlabsGoBackButForAReserve() {
    int sizeClass = SizeClasses.COUNT;
    long[] blocks = allocate(shard, sizeClass, 80);
    assertEquals(10, space.slabCounts()[sizeClass]);
    int kept = Depot.MAX_BYTES / SizeClasses.blockBytes(sizeClass);
    release(shard, sizeClass, Arrays.copyOf(blocks, kept)); // Of the first slab: into the depot.
    release(shard, sizeClass, Arrays.copyOfRange(blocks, kept, blocks.length));
    assertEquals(1 + SlabSpace.RESERVE_SLABS, space.slabCounts()[sizeClass]);
    space.validate();
    space.collect();
    assertEquals(0, space.slabCounts()[sizeClass]);
    assertEquals(0, space.usedBytes());
    assertNull(space.slabAt(blocks[0]));
  }

  /** Whole: the refill takes the newest of the batch, and no block has been in its slab. */
  @Test
  void batchesAreBroughtHomeAtTheNextRefill() {
    int sizeClass = 20;
    int n = SizeClasses.slabBlocks(sizeClass);
    long[] blocks = allocate(shard, sizeClass, n);
    offer(shard, sizeClass, blocks);
    Slab slab = space.slabAt(blocks[0]);
    assertEquals(1, shard.tryRefill(sizeClass, rounds, 0, 1));
    assertEquals(0, slab.freeCount());
    assertEquals(blocks[n - 1], rounds[0]);
    space.collect();
    assertEquals(n - 1, slab.freeCount());
    release(shard, sizeClass, blocks[n - 1]);
  }

  @Test
  void releasedBlocksAreWhatTheNextRefillGets() {
    long[] blocks = allocate(shard, 5, 40);
    Slab slab = space.slabAt(blocks[0]);
    int left = slab.freeCount();
    release(shard, 5, Arrays.copyOfRange(blocks, 10, 20));
    assertEquals(left, slab.freeCount(), "not in the slab");
    space.validate();
    assertEquals(4, shard.tryRefill(5, rounds, 0, 4));
    for (int i = 0; i < 4; i++) {
      assertEquals(blocks[16 + i], rounds[i]);
    }
    assertEquals(6, shard.tryRefill(5, rounds, 0, 6));
    assertEquals(blocks[10], rounds[0]);
    assertEquals(left, slab.freeCount());
    assertEquals(1, shard.tryRefill(5, rounds, 0, 1));
    assertEquals(left - 1, slab.freeCount(), "the depot is empty");
    assertEquals(1, shard.tryRefill(6, rounds, 0, 1));
    assertEquals(List.of(), freedTwice());
  }

  /** As threads leave them that free a block here and there. */
  @Test
  void smallBatchesBecomeOne() {
    long[] blocks = allocate(shard, 5, 12);
    for (long block : blocks) {
      offer(shard, 5, block);
    }
    assertEquals(10, shard.tryRefill(5, rounds, 0, 10));
    for (int i = 0; i < 10; i++) {
      assertEquals(blocks[2 + i], rounds[i]);
    }
    assertEquals(2, shard.tryRefill(5, rounds, 0, 10), "the rest, and none from a slab");
    assertEquals(10, shard.tryRefill(5, rounds, 0, 10));
  }

  /** Each class by itself, but for one batch up to the bound in bytes; the rest is in slabs. */
  @Test
  void theDepotIsBounded() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      int fits = Depot.MAX_BYTES / SizeClasses.blockBytes(sizeClass);
      int most = Math.max(fits, FreeBatch.CAPACITY);
      long[] blocks = allocate(shard, sizeClass, 2 * most);
      assertEquals(blocks.length, outOfSlabs(sizeClass));
      release(shard, sizeClass, blocks);
      long kept = outOfSlabs(sizeClass);
      assertTrue(kept <= most && kept > most - FreeBatch.CAPACITY, sizeClass + ": " + kept);
      space.validate();
    }
    space.collect();
    assertEquals(0, space.usedBytes(), "all of the depot is given back");
    assertEquals(List.of(), freedTwice());
  }

  private long outOfSlabs(int sizeClass) {
    long blocks = (long) space.slabCounts()[sizeClass] * SizeClasses.slabBlocks(sizeClass);
    return blocks - space.freeBlocks()[sizeClass];
  }

  /** Also what came through the queue, from many threads of other shards. */
  @Test
  void batchesBeyondTheBoundGoToTheirSlabs() {
    int sizeClass = SizeClasses.COUNT;
    int kept = Depot.MAX_BYTES / SizeClasses.blockBytes(sizeClass);
    assertEquals(SizeClasses.slabBlocks(sizeClass), kept, "the depot has room for one slab");
    long[] blocks = allocate(shard, sizeClass, kept + 4);
    Slab slab = space.slabAt(blocks[kept]);
    for (int i = 0; i < kept + 3; i++) {
      offer(shard, sizeClass, blocks[i]);
    }
    assertTrue(shard.tryDrain());
    assertEquals(slab.capacity() - 1, slab.freeCount());
    assertEquals(2, space.slabCounts()[sizeClass]);
    space.validate();
    space.collect();
    assertEquals(1, space.slabCounts()[sizeClass]);
    release(shard, sizeClass, blocks[kept + 3]);
  }

  @Test
  void batchesAreUsedAgain() {
    Set<FreeBatch> used = Collections.newSetFromMap(new IdentityHashMap<>());
    for (long block : allocate(shard, 1, 2 * FreeBatch.CHAIN)) {
      FreeBatch batch = new FreeBatch().begin(1);
      used.add(batch);
      space.blocks().setFree(place(block, 1));
      assertTrue(batch.add(block));
      shard.offer(batch);
      assertTrue(shard.tryDrain());
    }
    SpareBatches spares = new SpareBatches();
    Set<FreeBatch> again = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < FreeBatch.CHAIN; i++) {
      FreeBatch batch = spares.get(shard);
      assertEquals(0, batch.count());
      again.add(batch);
    }
    assertEquals(FreeBatch.CHAIN, again.size());
    assertTrue(used.containsAll(again), "a chain of them comes back");
  }

  @Test
  void aChainIsTakenHomeWhole() {
    long[] blocks = allocate(shard, 5, 6);
    FreeBatch chain = null;
    for (int i = 0; i < 6; i += 2) {
      FreeBatch batch = new FreeBatch().begin(5).chainedTo(chain);
      for (int j = i; j < i + 2; j++) {
        space.blocks().setFree(place(blocks[j], 5));
        batch.add(blocks[j]);
      }
      chain = batch;
    }
    assertEquals(3, chain.chained());
    shard.offer(chain);
    assertTrue(shard.tryDrain());
    space.validate();
    assertEquals(6, shard.tryRefill(5, rounds, 0, 6));
    assertArrayEquals(
        LongStream.of(blocks).sorted().toArray(),
        LongStream.of(rounds).limit(6).sorted().toArray());
  }

  @Test
  void aBatchHasRoomForSoMany() {
    FreeBatch batch = new FreeBatch().begin(7);
    for (int i = 0; i < FreeBatch.CAPACITY; i++) {
      assertTrue(batch.add(16L * i));
    }
    assertEquals(false, batch.add(1));
    assertEquals(FreeBatch.CAPACITY, batch.count());
    assertEquals(16, batch.address(1));
    assertEquals(7, batch.sizeClass());
    assertEquals(0, batch.begin(8).count());
  }

  /** Two threads have seen the block live and both have sent it home: the slab finds out. */
  @Test
  void aBlockInTwoBatchesIsReportedOnce() {
    long[] blocks = allocate(shard, 5, 3);
    offer(shard, 5, blocks[0], blocks[1]);
    offer(shard, 5, blocks[1], blocks[2]);
    assertTrue(shard.tryDrain());
    assertEquals(List.of(), freedTwice(), "nobody has looked yet");
    space.collect();
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
  void aBlockOfNobodyOrOfAnotherShardOrClassIsReported() {
    long[] others = allocate(space.shard(1), 5, 1);
    offer(shard, 5, others[0]);
    space.collect();
    assertEquals(List.of(others[0]), freedTwice());
    offer(space.shard(1), 6, others[0]);
    space.collect();
    assertEquals(List.of(others[0], others[0]), freedTwice());
    offer(space.shard(1), 5, others[0]);
    space.collect();
    assertEquals(2, freedTwice().size());
    FreeBatch stray = new FreeBatch().begin(5);
    stray.add(others[0]);
    shard.offer(stray);
    space.collect();
    assertEquals(List.of(others[0], others[0], others[0]), freedTwice());
  }

  @Test
  void outOfMemoryIsNoBlocks() {
    SlabSpace limited = another(1, 64 << 10);
    Shard only = limited.shard(0);
    assertEquals(100, only.tryRefill(1, rounds, 0, 100));
    assertEquals(0, only.tryRefill(2, rounds, 0, 100));
    assertEquals(100, only.tryRefill(1, rounds, 0, 100));
  }

  @Test
  void validationFindsDamage() {
    long[] blocks = allocate(shard, 3, 3);
    BlockMap map = space.blocks();
    long inside = place(blocks[0] + 16, 3);
    map.setLive(inside);
    assertThrows(IllegalStateException.class, space::validate, "a live block inside a block");
    map.setFree(inside);
    for (int sizeClass : new int[] {SizeClasses.COUNT, 9}) {
      map.setLive(place(blocks[0], sizeClass));
      assertThrows(IllegalStateException.class, space::validate, "a live block of another class");
      map.setFree(place(blocks[0], sizeClass));
    }
    long offset = map.offset(blocks[0]);
    long frame = offset >>> 12;
    long tag = space.frameTable().tag(frame);
    space.frameTable().setTags(frame, 1, FrameTag.NOTHING);
    assertThrows(IllegalStateException.class, space::validate, "a slab's frame without a tag");
    space.frameTable().setTags(frame, 1, FrameTag.slab(1, 3, FrameTag.value(tag)));
    assertThrows(IllegalStateException.class, space::validate, "a wrong home");
    space.frameTable().setTags(frame, 1, tag);
    space.validate();
    long free = place(blocks[0] + 16L * SizeClasses.blockBytes(3), 3);
    map.setLive(free);
    assertThrows(IllegalStateException.class, space::validate, "a live block in its slab");
    map.setFree(free);
    long nowhere = place(blocks[0] + (1 << 20), 3);
    map.setLive(nowhere);
    allocate(space.shard(1), SizeClasses.COUNT, 40); // So that there is something behind.
    assertThrows(
        IllegalStateException.class, space::validate, "a live block where no such slab is");
    map.setFree(nowhere);
    space.validate();
  }

  @Test
  void validationFindsDamageInTheDepot() {
    long[] blocks = allocate(shard, 3, 3);
    release(shard, 3, blocks[0]);
    space.blocks().setLive(place(blocks[0], 3));
    assertThrows(IllegalStateException.class, space::validate, "a live block in the depot");
    space.blocks().setFree(place(blocks[0], 3));
    space.validate();
    offer(shard, 4, blocks[1]);
    shard.tryDrain();
    assertThrows(IllegalStateException.class, space::validate, "a block of another class");
    space.collect();
    offer(shard, 3, blocks[0]); // In its slab already.
    shard.tryDrain();
    assertThrows(IllegalStateException.class, space::validate, "a block that is in its slab");
    space.collect();
    assertEquals(List.of(blocks[1], blocks[0]), freedTwice());
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

  /** What the depot and the reserve did not need between two moments is given back. */
  @Test
  void tidied() {
    int sizeClass = SizeClasses.of(64);
    int n = SizeClasses.slabBlocks(sizeClass);
    long[] blocks = allocate(shard, sizeClass, n);
    release(shard, sizeClass, blocks);
    shard.tryTidy(); // The depot was empty a moment ago.
    assertEquals(0, space.slabAt(blocks[0]).freeCount());
    long[] used = allocate(shard, sizeClass, 100);
    release(shard, sizeClass, used);
    shard.tryTidy();
    Slab slab = space.slabAt(blocks[0]);
    assertTrue(slab.freeCount() >= n - 100 - FreeBatch.CAPACITY, "" + slab.freeCount());
    assertTrue(slab.freeCount() <= n - 100, "" + slab.freeCount());
    space.validate();
    shard.tryTidy();
    assertTrue(slab.isAllFree());
    assertSame(slab, space.slabAt(blocks[0]), "it was not free at the last moment");
    shard.tryTidy();
    assertNull(space.slabAt(blocks[0]));
    space.validate();
  }
}
