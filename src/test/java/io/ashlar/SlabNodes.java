// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.memory.Memory;
import io.ashlar.slab.SlabCache;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/** Small objects for tests of typed caches. */
final class SlabNodes {

  static final long MAGIC = 0x5eed_0b1ec7L;

  /** Three words: a mark, itself, a count. */
  static final MemoryLayout NODE =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("mark"), JAVA_LONG.withName("self"), JAVA_LONG.withName("count"));

  private SlabNodes() {}

  static void construct(MemorySegment block) {
    block.set(JAVA_LONG, 0, MAGIC);
    block.set(JAVA_LONG, 8, block.address());
  }

  static void assertConstructed(long block) {
    assertThat(Memory.getLong(block)).isEqualTo(MAGIC);
    assertThat(Memory.getLong(block + 8)).isEqualTo(block);
    assertThat(Memory.getLong(block + 16)).isZero();
  }

  /** Takes so many blocks, no fewer. */
  static long[] take(SlabCache cache, int n) {
    long[] blocks = new long[n];
    assertThat(cache.allocBatch(blocks, 0, n)).isEqualTo(n);
    return blocks;
  }

  static void giveBack(SlabCache cache, long... blocks) {
    cache.freeBatch(blocks, 0, blocks.length);
  }
}
