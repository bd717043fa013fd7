// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static io.ashlar.SlabNodes.NODE;
import static io.ashlar.SlabNodes.assertConstructed;
import static io.ashlar.SlabNodes.giveBack;
import static io.ashlar.SlabNodes.take;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.ashlar.slab.SlabCache;
import io.ashlar.slab.SlabCacheStats;
import java.lang.foreign.MemoryLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Typed caches of fixed capacity, with a limit, and where memory is out. */
class SlabCacheCapacityTest {

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
        SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct)) {
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
          SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct)) {
        int n = 0;
        while (cache.alloc() != SlabCache.NULL) {
          n++;
        }
        assertThat(n * 24L).isGreaterThan(capacity * 9 / 10);
        ashlar.validate();
      }
    }
  }
}
