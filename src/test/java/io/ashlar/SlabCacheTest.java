// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static io.ashlar.SlabNodes.NODE;
import static io.ashlar.SlabNodes.assertConstructed;
import static io.ashlar.SlabNodes.construct;
import static io.ashlar.SlabNodes.giveBack;
import static io.ashlar.SlabNodes.take;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.ashlar.memory.Memory;
import io.ashlar.slab.SlabCache;
import io.ashlar.slab.SlabCacheStats;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread and a typed cache: what it hands out, and in what state. */
class SlabCacheTest {

  // ---- construction ----------------------------------------------------------------------------

  @Test
  void everyBlockIsConstructedOnceAndStaysSo() {
    AtomicInteger constructed = new AtomicInteger();
    Set<Long> seen = new HashSet<>();
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache =
            ashlar.slabCache(
                NODE,
                block -> {
                  constructed.incrementAndGet();
                  assertThat(seen.add(block.address())).as("constructed twice").isTrue();
                  construct(block);
                })) {
      for (int round = 0; round < 20; round++) {
        long[] blocks = take(cache, 5000);
        for (long block : blocks) {
          assertConstructed(block);
          assertThat(seen).contains(block);
          Memory.putLong(block + 16, block);
          Memory.putLong(block + 16, 0);
        }
        giveBack(cache, blocks);
      }
      assertThat(constructed.get()).isBetween(5000, 5000 + 127);
      assertThat(cache.stats().constructed()).isEqualTo(constructed.get());
      assertThat(cache.stats().destroyed()).isZero();
      ashlar.validate();
    }
  }

  /** What is written in the state handed back is there when the block comes again. */
  @Test
  void stateIsKeptThroughFlushTrimAndPurge() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct)) {
      long[] blocks = take(cache, 30_000);
      for (long block : blocks) {
        Memory.putLong(block + 16, ~block);
      }
      long kept = blocks[12_345];
      for (long block : blocks) {
        if (block != kept) {
          cache.free(block);
        }
      }
      cache.flush();
      // A burst beside it makes the allocator purge what is free.
      ashlar.free(ashlar.malloc(8 << 20));
      assertThat(ashlar.trim()).isPositive();
      assertThat(Memory.getLong(kept + 16)).isEqualTo(~kept);
      long constructedBefore = cache.stats().constructed();
      long[] again = take(cache, 100);
      long reused = 0;
      for (long block : again) {
        if (Memory.getLong(block + 16) == ~block) {
          reused++;
        } else {
          assertConstructed(block);
        }
        Memory.putLong(block + 16, 0);
      }
      assertThat(reused).as("of the slab that was not wholly free").isEqualTo(100);
      assertThat(cache.stats().constructed()).isEqualTo(constructedBefore);
      giveBack(cache, again);
      Memory.putLong(kept + 16, 0);
      cache.free(kept);
      ashlar.validate();
    }
  }

  @Test
  void theInitialiserGetsZerosAndExactlyTheLayout() {
    List<Long> sizes = new ArrayList<>();
    try (Ashlar ashlar = Ashlar.create()) {
      // Memory that others have left full of garbage.
      long[] dirty = new long[64];
      ashlar.mallocBatch(60_000, dirty, 0, dirty.length);
      for (long block : dirty) {
        Memory.fill(block, 60_000, (byte) 0x5a);
      }
      ashlar.freeBatch(dirty, 0, dirty.length);
      MemoryLayout layout = MemoryLayout.structLayout(JAVA_LONG, JAVA_INT);
      try (SlabCache cache =
          ashlar.slabCache(
              layout,
              block -> {
                sizes.add(block.byteSize());
                assertThat(block.toArray(JAVA_BYTE)).containsOnly(0);
                block.fill((byte) 1);
              })) {
        assertThat(cache.blockBytes()).isEqualTo(16);
        take(cache, 3000);
        assertThat(sizes).hasSizeGreaterThanOrEqualTo(3000).containsOnly(12L);
        assertThat(cache.allocate().byteSize()).isEqualTo(12);
      }
    }
  }

  @Test
  void withoutAnInitialiserBlocksAreZero() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCacheBuilder(NODE).build()) {
      for (long block : take(cache, 1000)) {
        assertThat(Memory.getLong(block)).isZero();
      }
      cache.validate();
    }
  }

  /** The initialiser fails at times; no block is lost, none that is not constructed handed out. */
  @Test
  void whatTheInitialiserThrowsReachesTheCaller() {
    AtomicInteger calls = new AtomicInteger();
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache =
            ashlar
                .slabCacheBuilder(NODE)
                .capacity(1000)
                .initialiser(
                    block -> {
                      block.set(JAVA_LONG, 16, 42);
                      if (calls.incrementAndGet() % 7 == 0) {
                        throw new UnsupportedOperationException("the seventh");
                      }
                      block.set(JAVA_LONG, 16, 0);
                      construct(block);
                    })
                .build()) {
      Set<Long> blocks = new HashSet<>();
      int thrown = 0;
      for (boolean more = true; more; ) {
        try {
          long block = cache.alloc();
          more = block != SlabCache.NULL;
          if (more) {
            assertConstructed(block);
            assertThat(blocks.add(block)).isTrue();
          }
        } catch (UnsupportedOperationException e) {
          thrown++;
          assertThat(e).hasMessage("the seventh");
        }
        cache.validate();
      }
      assertThat(blocks).hasSize(1000);
      assertThat(thrown).isGreaterThan(100);
      assertThat(cache.stats().constructed()).isEqualTo(1000);
      blocks.forEach(cache::free);
      cache.validate();
    }
  }

  /** An object whose initialiser takes objects: of another cache, of the same, and plain memory. */
  @Test
  void theInitialiserMayUseTheAllocatorAndTheCache() {
    for (boolean virtual : new boolean[] {false, true}) {
      try (Ashlar ashlar = Ashlar.builder().shards(2).build();
          SlabCache inner = ashlar.slabCache(NODE, SlabNodes::construct)) {
        SlabCache[] self = new SlabCache[1];
        int[] depth = {0};
        SlabCache outer =
            ashlar.slabCache(
                NODE,
                block -> {
                  block.set(JAVA_LONG, 0, inner.alloc());
                  block.set(JAVA_LONG, 8, ashlar.malloc(100));
                  if (depth[0]++ < 3) {
                    block.set(JAVA_LONG, 16, self[0].alloc());
                  }
                  depth[0]--;
                });
        self[0] = outer;
        Runnable use =
            () -> {
              for (long block : take(outer, 500)) {
                assertConstructed(Memory.getLong(block));
                assertThat(ashlar.usableSize(Memory.getLong(block + 8))).isEqualTo(112);
              }
            };
        if (virtual) {
          Threads.runVirtual(use::run);
        } else {
          use.run();
        }
        ashlar.validate();
        outer.close();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  // ---- size and alignment ----------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(
      longs = {1, 2, 3, 8, 12, 17, 24, 40, 100, 136, 1000, 4097, 10_000, 33_000, 100_000, 3 << 20})
  void blocksAreOfExactlyTheLayoutsSize(long size) {
    for (long alignment = 1; alignment <= 2 << 20; alignment <<= 3) {
      MemoryLayout layout =
          MemoryLayout.sequenceLayout(size, JAVA_BYTE).withByteAlignment(alignment);
      long stride = (size + alignment - 1) / alignment * alignment;
      int n = Math.clamp((8 << 20) / stride, 3, 300);
      try (Ashlar ashlar = Ashlar.builder().capacity(1L << 30).build();
          SlabCache cache = ashlar.slabCacheBuilder(layout).build()) {
        assertThat(cache.blockBytes()).isEqualTo(stride);
        assertThat(cache.layout()).isEqualTo(layout);
        long[] blocks = take(cache, n);
        for (int i = 0; i < n; i++) {
          assertThat(blocks[i] % alignment).isZero();
          Memory.fill(blocks[i], size, (byte) i);
        }
        for (int i = 0; i < n; i++) {
          assertThat(Memory.getByte(blocks[i])).isEqualTo((byte) i);
          assertThat(Memory.getByte(blocks[i] + size - 1)).isEqualTo((byte) i);
        }
        java.util.Arrays.sort(blocks);
        long dense = 0;
        for (int i = 1; i < n; i++) {
          assertThat(blocks[i] - blocks[i - 1]).isGreaterThanOrEqualTo(stride);
          dense += blocks[i] - blocks[i - 1] == stride ? 1 : 0;
        }
        if (stride <= 1000) {
          assertThat(dense).as("one right behind the other").isGreaterThan(n * 8L / 10);
        }
        cache.validate();
        giveBack(cache, blocks);
        ashlar.validate();
      }
    }
  }

  @Test
  void anEmptyLayoutHasDistinctBlocks() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCacheBuilder(MemoryLayout.structLayout()).build()) {
      MemorySegment one = cache.allocate();
      MemorySegment other = cache.allocate();
      assertThat(one.byteSize()).isZero();
      assertThat(one.address()).isNotEqualTo(other.address());
      assertThat(cache.blockBytes()).isEqualTo(1);
      cache.free(one);
      cache.free(other);
      ashlar.validate();
    }
  }

  @Test
  void layoutsThatNoRunHoldsAreRefused() {
    try (Ashlar ashlar = Ashlar.create()) {
      SlabCacheBuilder large =
          ashlar.slabCacheBuilder(MemoryLayout.sequenceLayout((32L << 20) + 1, JAVA_BYTE));
      assertThatIllegalArgumentException().isThrownBy(large::build);
      SlabCacheBuilder aligned = ashlar.slabCacheBuilder(JAVA_LONG.withByteAlignment(64L << 20));
      assertThatIllegalArgumentException().isThrownBy(aligned::build);
      SlabCacheBuilder node = ashlar.slabCacheBuilder(NODE);
      assertThatIllegalArgumentException().isThrownBy(() -> node.capacity(0));
      assertThatIllegalArgumentException().isThrownBy(() -> node.limit(-1));
      ashlar.validate();
    }
  }

  // ---- figures ---------------------------------------------------------------------------------

  @Test
  void figuresAddUp() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct)) {
      long[] blocks = take(cache, 1000);
      giveBack(cache, java.util.Arrays.copyOf(blocks, 400));
      SlabCacheStats stats = cache.stats();
      assertThat(stats.allocations()).isEqualTo(1000);
      assertThat(stats.frees()).isEqualTo(400);
      assertThat(stats.liveBlocks()).isEqualTo(600);
      assertThat(stats.blockBytes()).isEqualTo(24);
      assertThat(stats.cachedBlocks()).isBetween(1L, 1000L);
      assertThat(stats.metadataBytes()).isPositive();
      assertThat(ashlar.stats().liveBlocks()).isEqualTo(600);
      assertThat(ashlar.stats().liveBytes()).isEqualTo(600 * 24);
      assertThat(ashlar.stats().committedBytes()).isEqualTo(stats.committedBytes());
    }
  }
}
