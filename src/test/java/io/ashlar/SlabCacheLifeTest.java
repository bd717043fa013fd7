// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static io.ashlar.SlabNodes.MAGIC;
import static io.ashlar.SlabNodes.NODE;
import static io.ashlar.SlabNodes.assertConstructed;
import static io.ashlar.SlabNodes.construct;
import static io.ashlar.SlabNodes.giveBack;
import static io.ashlar.SlabNodes.take;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.ashlar.slab.SlabCache;
import io.ashlar.slab.SlabCacheStats;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How objects and typed caches end: destructor, trim, close. */
class SlabCacheLifeTest {

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
      SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct);
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
        SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct);
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
}
