// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static io.ashlar.SlabNodes.NODE;
import static io.ashlar.SlabNodes.giveBack;
import static io.ashlar.SlabNodes.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.ashlar.slab.SlabCache;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a typed cache refuses to take back. */
class SlabCacheFreesTest {

  @ParameterizedTest
  @EnumSource(Hardening.class)
  void whatIsNotTheCachesIsRefused(Hardening hardening) {
    try (Ashlar ashlar = Ashlar.builder().hardening(hardening).build();
        Ashlar elsewhere = Ashlar.create();
        SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct);
        SlabCache other = ashlar.slabCache(NODE, SlabNodes::construct);
        SlabCache foreign = elsewhere.slabCache(NODE, SlabNodes::construct)) {
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
        SlabCache cache = ashlar.slabCache(NODE, SlabNodes::construct)) {
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
}
