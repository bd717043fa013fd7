// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.ashlar.region.Region.Commitment;
import org.junit.jupiter.api.Test;

/** The portable region: the contract, and what it costs. */
class PortableRegionTest extends RegionContract {

  @Override
  Region reserve(long byteSize, long byteAlignment, Commitment commitment) {
    return Region.reservePortable(byteSize, byteAlignment, commitment);
  }

  @Test
  void givesNothingBack() {
    try (Region region = reserve()) {
      assertInstanceOf(PortableRegion.class, region);
      assertFalse(region.decommits());
      assertFalse(region.adviseHugePages(true));
      assertEquals(SIZE, region.residentBytes(0, SIZE));
      region.decommit(0, SIZE);
      assertEquals(SIZE, region.residentBytes(0, SIZE));
    }
  }
}
