// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.region.Region;
import org.junit.jupiter.api.Test;

class ScatteredPagesTest {

  private static final int BYTES = 1 << 20;

  @Test
  void blocksAreNewEachTime() {
    assumeTrue(Region.memfdAvailable());
    try (Subject subject = Peer.PAGE_MAPPER.open(1)) {
      for (int round = 0; round < 3; round++) {
        long block = subject.calloc(BYTES);
        assertThat(RawMemory.getLong(block + BYTES - Long.BYTES)).isZero();
        RawMemory.fill(block, BYTES, -1);
        block = subject.realloc(block, 2 * BYTES);
        assertThat(RawMemory.getLong(block + BYTES - Long.BYTES)).isEqualTo(-1);
        subject.free(block);
      }
      assertThat(subject.alignedAlloc(BYTES, BYTES) % BYTES).isZero();
      assertThat(subject.malloc(1L << 30)).as("more than there is").isZero();
    }
  }

  @Test
  void whatIsNoBlockIsRefused() {
    assumeTrue(Region.memfdAvailable());
    try (Subject subject = Peer.PAGE_MAPPER.open(1)) {
      long block = subject.malloc(BYTES);
      assertThatIllegalStateException().isThrownBy(() -> subject.free(block + 4096));
    }
  }
}
