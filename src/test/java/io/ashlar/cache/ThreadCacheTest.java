// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import io.ashlar.region.Region;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.SizeClasses;
import io.ashlar.slab.SlabSpace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where blocks go that are freed at another shard than their own; caches by hand, one thread. */
class ThreadCacheTest {

  private static final int SHARDS = 4;

  private final List<Long> freedTwice = new ArrayList<>();
  private final long[] rounds = new long[1024];
  private SlabSpace space;

  /** A cache at each shard. */
  private final ThreadCache[] cacheOf = new ThreadCache[SHARDS];

  private void open(long limit, boolean checked, boolean strict) {
    Region region = Region.reserve(64 << 20, 32 << 20, Region.Commitment.LAZY);
    space = new SlabSpace(region, SHARDS, limit, 0, checked, freedTwice::add);
    ThreadCaches caches = new ThreadCaches(space, SHARDS, strict);
    for (int home = 0; home < SHARDS; home++) {
      cacheOf[home] = new ThreadCache(caches, home, Thread.currentThread(), null);
    }
  }

  @AfterEach
  void everythingComesHome() {
    try (SlabSpace closed = space) {
      closed.validate();
      for (ThreadCache cache : cacheOf) {
        cache.flush();
      }
      closed.collect();
      closed.validate();
      assertEquals(0, closed.usedBytes());
    }
  }

  private long allocate(int home, int sizeClass) {
    long block = cacheOf[home].malloc(SizeClasses.blockBytes(sizeClass));
    assertNotEquals(0, block);
    return block;
  }

  /** Takes so many blocks out of a shard, and puts them back. */
  private Set<Long> next(int shard, int sizeClass, int n) {
    List<Long> blocks = new ArrayList<>();
    while (blocks.size() < n) {
      int taken = space.shard(shard).tryRefill(sizeClass, rounds, 0, n - blocks.size());
      assertTrue(taken > 0);
      for (int i = 0; i < taken; i++) {
        blocks.add(rounds[i]);
      }
    }
    for (long block : blocks) {
      rounds[0] = block;
      assertTrue(space.shard(shard).tryRelease(sizeClass, rounds, 0, 1));
    }
    assertEquals(n, new HashSet<>(blocks).size());
    return new HashSet<>(blocks);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void blocksOfMixedHomesArriveEachAtItsOwn(boolean strict) throws InterruptedException {
    open(Long.MAX_VALUE, true, strict);
    int each = 50;
    Seeds.run(
        random -> {
          List<Long> mixed = new ArrayList<>();
          for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
            for (int home = 1; home < SHARDS; home++) {
              for (int i = 0; i < each; i++) {
                mixed.add(allocate(home, sizeClass));
              }
            }
          }
          Collections.shuffle(mixed, new Random(random.nextLong()));
          mixed.forEach(block -> assertTrue(cacheOf[0].free(block)));
          mixed.forEach(block -> assertFalse(cacheOf[0].free(block), "freed again"));
          Set<Long> seen = new HashSet<>();
          cacheOf[0].validate(seen::add);
          assertTrue(mixed.containsAll(seen) && !seen.isEmpty());
          cacheOf[0].flush();
          CacheCounts counts = new CacheCounts();
          cacheOf[0].count(counts);
          for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
            assertEquals((SHARDS - 1L) * each, counts.remoteFrees(sizeClass));
          }
          for (int home = 0; home < SHARDS; home++) {
            assertTrue(space.shard(home).tryDrain());
          }
          // Which throws if a shard has a block of another, in its depot or in a slab.
          space.validate();
          assertEquals(List.of(), freedTwice);
        });
  }

  @Test
  void blocksGatherUntilThereIsNoRoom() {
    open(Long.MAX_VALUE, true, false);
    int sizeClass = 12;
    int room = Magazines.maxRemoteRounds(sizeClass);
    Set<Long> blocks = new HashSet<>();
    for (int i = 0; i < room; i++) {
      blocks.add(allocate(1, sizeClass));
    }
    blocks.forEach(cacheOf[0]::free);
    long last = allocate(1, sizeClass);
    assertTrue(Collections.disjoint(blocks, next(1, sizeClass, room)));
    cacheOf[0].free(last);
    Set<Long> seen = new HashSet<>();
    cacheOf[0].validate(seen::add);
    blocks.add(last);
    assertEquals(blocks, seen, "packed, or in a magazine");
    assertTrue(Collections.disjoint(blocks, next(1, sizeClass, room)));
    cacheOf[0].flush();
    assertEquals(blocks, next(1, sizeClass, room + 1));
  }

  /** Blocks of more classes than a chain has batches: what was packed goes first. */
  @Test
  void aFullChainIsHandedOver() {
    open(Long.MAX_VALUE, true, false);
    Set<Long> all = new HashSet<>();
    for (int sizeClass = 1; sizeClass <= FreeBatch.CHAIN + 1; sizeClass++) {
      for (int i = 0; i <= Magazines.maxRemoteRounds(sizeClass); i++) {
        long block = allocate(1, sizeClass);
        all.add(block);
        assertTrue(cacheOf[0].free(block));
      }
    }
    Set<Long> kept = new HashSet<>();
    cacheOf[0].validate(kept::add);
    int last = FreeBatch.CHAIN + 1;
    assertEquals(
        Magazines.maxRemoteRounds(last) + last, kept.size(), "one batch, and a round each");
    cacheOf[0].flush();
    assertTrue(space.shard(1).tryDrain());
    Set<Long> left = new HashSet<>();
    cacheOf[0].validate(left::add);
    assertEquals(Set.of(), left);
    space.validate();
    CacheCounts counts = new CacheCounts();
    cacheOf[0].count(counts);
    long frees = 0;
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      frees += counts.remoteFrees(sizeClass);
    }
    assertEquals(all.size(), frees);
  }

  /** What is packed for all shards goes when there is much of it. */
  @Test
  void packedBlocksAreHandedOverInTime() {
    open(Long.MAX_VALUE, true, false);
    int sizeClass = 12;
    Set<Long> blocks = new HashSet<>();
    int most =
        (64 << 10) / SizeClasses.blockBytes(sizeClass) + Magazines.maxRemoteRounds(sizeClass);
    for (int i = 0; i < most; i++) {
      blocks.add(allocate(1, sizeClass));
    }
    blocks.forEach(cacheOf[0]::free);
    Set<Long> kept = new HashSet<>();
    cacheOf[0].validate(kept::add);
    assertTrue(kept.size() <= Magazines.maxRemoteRounds(sizeClass), "those in the magazine");
    blocks.removeAll(kept);
    assertTrue(blocks.containsAll(next(1, sizeClass, FreeBatch.CAPACITY)));
  }

  /** A refill from another shard, memory being out at home, leaves others' blocks in a magazine. */
  @Test
  void roundsOfAnotherShardGoHomeToo() {
    open(64 << 10, true, false);
    cacheOf[1].free(allocate(1, 5));
    cacheOf[1].flush();
    long block = allocate(0, 5);
    assertTrue(cacheOf[0].free(block));
    CacheCounts counts = new CacheCounts();
    cacheOf[0].count(counts);
    assertEquals(1, counts.remoteFrees(5));
    cacheOf[0].flush();
    cacheOf[0].count(counts);
    assertEquals(2, counts.remoteFrees(5), "counted once each time, not as it is sent");
    space.collect();
    assertEquals(0, space.usedBytes());
    assertEquals(List.of(), freedTwice);
  }

  /** Without checks both threads' frees are taken; the slab is dissolved with the first. */
  @Test
  void aBlockFreedTwiceWhoseSlabIsGoneIsReported() {
    open(Long.MAX_VALUE, false, false);
    long block = allocate(1, 9);
    assertTrue(cacheOf[0].free(block));
    assertTrue(cacheOf[2].free(block));
    cacheOf[0].flush();
    cacheOf[1].flush();
    space.collect();
    assertEquals(0, space.usedBytes());
    cacheOf[2].flush();
    space.reportFaults();
    assertEquals(List.of(block), freedTwice);
  }
}
