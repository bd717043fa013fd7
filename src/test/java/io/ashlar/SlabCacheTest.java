// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread and a typed cache: what it hands out, refuses, keeps and gives back. */
class SlabCacheTest {

  private static final long MAGIC = 0x5eed_0b1ec7L;

  /** Three words: a mark, itself, a count. */
  private static final MemoryLayout NODE =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("mark"), JAVA_LONG.withName("self"), JAVA_LONG.withName("count"));

  private static void construct(MemorySegment block) {
    block.set(JAVA_LONG, 0, MAGIC);
    block.set(JAVA_LONG, 8, block.address());
  }

  private static void assertConstructed(long block) {
    assertThat(Memory.getLong(block)).isEqualTo(MAGIC);
    assertThat(Memory.getLong(block + 8)).isEqualTo(block);
    assertThat(Memory.getLong(block + 16)).isZero();
  }

  private static long[] take(SlabCache cache, int n) {
    long[] blocks = new long[n];
    assertThat(cache.allocBatch(blocks, 0, n)).isEqualTo(n);
    return blocks;
  }

  private static void giveBack(SlabCache cache, long... blocks) {
    cache.freeBatch(blocks, 0, blocks.length);
  }

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
        SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct)) {
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
          SlabCache inner = ashlar.slabCache(NODE, SlabCacheTest::construct)) {
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

  // ---- capacity --------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 100, 1000, 10_007})
  void aFixedCapacityIsAllUsed(int capacity) {
    MemoryLayout layout = MemoryLayout.sequenceLayout(5, JAVA_SHORT); // 10 bytes
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCacheBuilder(layout).capacity(capacity).build()) {
      assertThat(cache.maxBlocks()).isEqualTo(capacity);
      long committed = cache.stats().committedBytes();
      assertThat(committed).isGreaterThanOrEqualTo(10L * capacity);
      for (int round = 0; round < 3; round++) {
        Set<Long> blocks = new HashSet<>();
        for (long block; (block = cache.alloc()) != SlabCache.NULL; ) {
          assertThat(blocks.add(block)).isTrue();
        }
        assertThat(blocks).hasSize(capacity);
        assertThat(cache.stats().liveBlocks()).isEqualTo(capacity);
        assertThatExceptionOfType(OutOfNativeMemoryError.class).isThrownBy(cache::allocate);
        long back = blocks.iterator().next();
        cache.free(back);
        assertThat(cache.alloc()).isEqualTo(back);
        blocks.forEach(cache::free);
        ashlar.validate();
      }
      assertThat(cache.trim()).isZero();
      SlabCacheStats stats = cache.stats();
      assertThat(stats.committedBytes()).isEqualTo(committed);
      assertThat(stats.capacityBlocks()).isEqualTo(capacity);
      assertThat(stats.constructed()).isEqualTo(capacity);
      ashlar.validate();
    }
  }

  @Test
  void aLargePoolIsOneRun() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache =
            ashlar
                .slabCacheBuilder(MemoryLayout.sequenceLayout(256, JAVA_BYTE))
                .capacity(100_000)
                .build()) {
      long[] blocks = take(cache, 100_000);
      java.util.Arrays.sort(blocks);
      assertThat(blocks[99_999] - blocks[0]).isEqualTo(99_999L * 256);
      assertThat(cache.alloc()).isEqualTo(SlabCache.NULL);
      ashlar.validate();
    }
  }

  /** Longer than the longest run: several. */
  @Test
  void aPoolMayBeLongerThanARun() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache =
            ashlar
                .slabCacheBuilder(MemoryLayout.sequenceLayout(3 << 20, JAVA_BYTE))
                .capacity(25)
                .build()) {
      take(cache, 25);
      assertThat(cache.alloc()).isEqualTo(SlabCache.NULL);
      ashlar.validate();
    }
  }

  @Test
  void aPoolThatDoesNotFitIsRefusedAndNothingLost() {
    try (Ashlar ashlar = Ashlar.builder().capacity(64 << 20).build()) {
      SlabCacheBuilder pool =
          ashlar.slabCacheBuilder(MemoryLayout.sequenceLayout(1000, JAVA_BYTE)).capacity(100_000);
      assertThatExceptionOfType(OutOfNativeMemoryError.class)
          .isThrownBy(pool::build)
          .withMessageContaining("100,000,000");
      assertThatExceptionOfType(OutOfNativeMemoryError.class)
          .isThrownBy(() -> pool.capacity(Long.MAX_VALUE).build());
      assertThat(ashlar.stats().committedBytes()).isZero();
      ashlar.validate();
      try (SlabCache cache = pool.capacity(30_000).build()) {
        take(cache, 30_000);
      }
      assertThat(ashlar.stats().committedBytes()).isZero();
      ashlar.validate();
    }
  }

  @Test
  void aLimitIsKeptTo() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCacheBuilder(NODE).limit(7001).build()) {
      assertThat(cache.stats().committedBytes()).isZero();
      for (int round = 0; round < 3; round++) {
        long[] blocks = take(cache, 7001);
        assertThat(cache.alloc()).isEqualTo(SlabCache.NULL);
        giveBack(cache, blocks);
        cache.flush();
        assertThat(cache.trim()).isPositive();
        assertThat(cache.stats().capacityBlocks()).isZero();
        assertThat(cache.stats().committedBytes()).isZero();
        ashlar.validate();
      }
    }
  }

  @Test
  void memoryThatIsOutComesBack() {
    try (Ashlar ashlar = Ashlar.builder().capacity(8 << 20).build();
        SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct)) {
      List<Long> blocks = new ArrayList<>();
      for (long block; (block = cache.alloc()) != SlabCache.NULL; blocks.add(block)) {
        assertConstructed(block);
      }
      assertThat(blocks).hasSizeGreaterThan(300_000);
      assertThat(ashlar.malloc(100_000)).isEqualTo(Allocator.NULL);
      blocks.forEach(cache::free);
      // The allocator takes back what the cache does not need.
      long large = ashlar.malloc(6 << 20);
      assertThat(large).isNotEqualTo(Allocator.NULL);
      assertThat(cache.stats().destroyed()).isPositive();
      ashlar.free(large);
      assertConstructed(cache.alloc());
      ashlar.validate();
    }
  }

  /** The smallest regions, whose slabs are smaller too. */
  @ParameterizedTest
  @ValueSource(longs = {64 << 10, 256 << 10})
  void smallRegions(long capacity) {
    for (boolean portable : new boolean[] {false, true}) {
      try (Ashlar ashlar = Ashlar.builder().capacity(capacity).portable(portable).build();
          SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct)) {
        int n = 0;
        while (cache.alloc() != SlabCache.NULL) {
          n++;
        }
        assertThat(n * 24L).isGreaterThan(capacity * 9 / 10);
        ashlar.validate();
      }
    }
  }

  // ---- bad frees -------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(Hardening.class)
  void whatIsNotTheCachesIsRefused(Hardening hardening) {
    try (Ashlar ashlar = Ashlar.builder().hardening(hardening).build();
        Ashlar elsewhere = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct);
        SlabCache other = ashlar.slabCache(NODE, SlabCacheTest::construct);
        SlabCache foreign = elsewhere.slabCache(NODE, SlabCacheTest::construct)) {
      long block = cache.alloc();
      long small = ashlar.malloc(24);
      long large = ashlar.malloc(100_000);
      long untouched = large + (64 << 20);
      for (long wrong :
          new long[] {
            other.alloc(),
            foreign.alloc(),
            small,
            large,
            untouched,
            1,
            -1,
            Long.MIN_VALUE,
            block + 1,
            block + 8,
            block + 16,
            block - 8
          }) {
        assertThatExceptionOfType(InvalidFreeException.class)
            .isThrownBy(() -> cache.free(wrong))
            .satisfies(e -> assertThat(e.address()).isEqualTo(wrong));
      }
      assertThatExceptionOfType(InvalidFreeException.class).isThrownBy(() -> ashlar.free(block));
      assertThatExceptionOfType(InvalidFreeException.class)
          .isThrownBy(() -> ashlar.usableSize(block))
          .withMessageContaining("typed cache");
      assertThatExceptionOfType(InvalidFreeException.class)
          .isThrownBy(() -> ashlar.realloc(block, 100));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> cache.free(MemorySegment.ofArray(new long[3])));
      cache.free(SlabCache.NULL);
      cache.free(MemorySegment.NULL);
      cache.free(block);
      ashlar.validate();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Hardening.class, names = "OFF", mode = EnumSource.Mode.EXCLUDE)
  void aBlockHandedBackTwiceIsRefused(Hardening hardening) {
    try (Ashlar ashlar = Ashlar.builder().hardening(hardening).build();
        SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct)) {
      long[] blocks = take(cache, 1000);
      long never = blocks[999] + 24 * 500;
      giveBack(cache, blocks);
      for (int round = 0; round < 2; round++) {
        for (long block : blocks) {
          assertThatExceptionOfType(InvalidFreeException.class).isThrownBy(() -> cache.free(block));
        }
        assertThatExceptionOfType(InvalidFreeException.class).isThrownBy(() -> cache.free(never));
        cache.flush();
        cache.trim();
        ashlar.validate();
      }
      long[] few = take(cache, 3);
      long[] twice = {few[0], few[1], few[1], few[2]};
      assertThatExceptionOfType(InvalidFreeException.class)
          .isThrownBy(() -> giveBack(cache, twice));
      assertThat(cache.stats().liveBlocks()).isEqualTo(1);
      cache.free(few[2]);
      ashlar.validate();
    }
  }

  // ---- destructor, trim, close -----------------------------------------------------------------

  @Test
  void theDestructorRunsOnceBeforeMemoryGoes() {
    Set<Long> alive = new HashSet<>();
    try (Ashlar ashlar = Ashlar.create()) {
      SlabCache cache =
          ashlar
              .slabCacheBuilder(NODE)
              .initialiser(
                  block -> {
                    construct(block);
                    assertThat(alive.add(block.address())).isTrue();
                  })
              .destructor(
                  block -> {
                    assertConstructed(block.address());
                    assertThat(block.byteSize()).isEqualTo(24);
                    assertThat(alive.remove(block.address())).isTrue();
                  })
              .build();
      long[] blocks = take(cache, 20_000);
      long[] kept = {blocks[0], blocks[10_000]};
      for (long block : blocks) {
        if (block != kept[0] && block != kept[1]) {
          cache.free(block);
        }
      }
      assertThat(cache.stats().destroyed()).isZero();
      long bytes = cache.trim();
      assertThat(bytes).isGreaterThan(20_000L * 24 / 2);
      SlabCacheStats stats = cache.stats();
      assertThat(stats.liveBlocks()).isEqualTo(2);
      assertThat(stats.constructed() - stats.destroyed()).isEqualTo(alive.size());
      assertThat(stats.capacityBlocks()).isLessThan(3 * 2731);
      ashlar.validate();
      cache.free(kept[0]);
      cache.close();
      assertThat(alive).as("the one that was in use").containsExactly(kept[1]);
      assertThat(ashlar.stats().committedBytes()).isZero();
      ashlar.validate();
    }
  }

  @Test
  void whatTheDestructorThrowsDoesNotStopTheOthers() {
    AtomicInteger destroyed = new AtomicInteger();
    List<Throwable> handled = new ArrayList<>();
    try (Ashlar ashlar = Ashlar.builder().errorHandler(handled::add).build()) {
      SlabCache cache =
          ashlar
              .slabCacheBuilder(NODE)
              .destructor(
                  block -> {
                    if (destroyed.incrementAndGet() % 100 == 1) {
                      throw new UnsupportedOperationException("" + destroyed.get());
                    }
                  })
              .build();
      giveBack(cache, take(cache, 5000));
      assertThatExceptionOfType(UnsupportedOperationException.class)
          .isThrownBy(cache::trim)
          .withMessage("1")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSizeGreaterThan(40));
      assertThat(cache.stats().capacityBlocks()).isZero();
      giveBack(cache, take(cache, 5000));
      ashlar.trim();
      assertThat(handled).hasSize(1);
      giveBack(cache, take(cache, 5000));
      assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(cache::close);
      cache.close();
      assertThat(ashlar.stats().committedBytes()).isZero();
      ashlar.validate();
    }
  }

  @Test
  void aClosedCacheRefusesEverything() {
    try (Ashlar ashlar = Ashlar.create()) {
      SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct);
      MemorySegment block = cache.allocate();
      long raw = cache.alloc();
      assertThat(block.get(JAVA_LONG, 0)).isEqualTo(MAGIC);
      assertThatIllegalStateException()
          .isThrownBy(ashlar::close)
          .withMessageContaining("typed caches");
      cache.close();
      cache.close();
      assertThatIllegalStateException().isThrownBy(() -> block.get(JAVA_LONG, 0));
      assertThatIllegalStateException().isThrownBy(cache::alloc);
      assertThatIllegalStateException().isThrownBy(cache::allocate);
      assertThatIllegalStateException().isThrownBy(() -> cache.free(raw));
      assertThatIllegalStateException().isThrownBy(() -> cache.free(block));
      assertThatIllegalStateException().isThrownBy(() -> cache.free(SlabCache.NULL));
      assertThatIllegalStateException().isThrownBy(cache::flush);
      assertThatIllegalStateException().isThrownBy(cache::trim);
      assertThatIllegalStateException().isThrownBy(cache::stats);
      assertThatIllegalStateException().isThrownBy(cache::validate);
      assertThatExceptionOfType(InvalidFreeException.class).isThrownBy(() -> ashlar.free(raw));
      ashlar.validate();
    }
  }

  /**
   * One number after the other is used again; a cache that is closed never sees its successor's.
   */
  @Test
  void cachesComeAndGo() {
    try (Ashlar ashlar = Ashlar.create()) {
      SlabCache before = null;
      for (int i = 0; i < 300; i++) {
        SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct);
        assertConstructed(cache.alloc());
        if (before != null) {
          assertThatIllegalStateException().isThrownBy(before::alloc);
        }
        before = cache;
        cache.close();
      }
      List<SlabCache> many = new ArrayList<>();
      for (int i = 0; i < 2047; i++) {
        many.add(ashlar.slabCacheBuilder(NODE).capacity(1).build());
      }
      assertThatIllegalStateException()
          .isThrownBy(() -> ashlar.slabCacheBuilder(NODE).build())
          .withMessageContaining("2047");
      for (SlabCache cache : many) {
        assertThat(cache.alloc()).isNotEqualTo(SlabCache.NULL);
      }
      ashlar.validate();
      many.forEach(SlabCache::close);
      ashlar.validate();
      assertThat(ashlar.stats().committedBytes()).isZero();
    }
  }

  @Test
  void figuresAddUp() {
    try (Ashlar ashlar = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, SlabCacheTest::construct)) {
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
