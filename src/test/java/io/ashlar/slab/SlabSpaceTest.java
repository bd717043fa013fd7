// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.AddressSpace;
import io.ashlar.region.Region;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class SlabSpaceTest {

  private static final long HUGE = 64L << 30;

  @Test
  void aSpaceThatCannotBeMadeLeavesNoMetadata() throws IOException {
    try (Region region = Region.reserve(HUGE, 32 << 20, Region.Commitment.LAZY)) {
      long before = AddressSpace.bytes();
      assertThrows(
          NegativeArraySizeException.class,
          () -> new SlabSpace(region, -1, Long.MAX_VALUE, 0, true, address -> {}));
      // The states of blocks are an eighth of the region.
      assertThat(AddressSpace.bytes() - before).isLessThan(HUGE / 8);
      assertTrue(region.segment().scope().isAlive(), "its maker's to close");
    }
  }
}
