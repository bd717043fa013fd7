// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A purge that the system refuses: of a region that is gone. */
class PurgeTest {

  private static final long ENOUGH_TO_BE_DUE = 20 << 20;

  private final List<Throwable> failures = new ArrayList<>();

  private SlabSpace space(Region region) {
    FaultHandler handler =
        new FaultHandler() {
          @Override
          public void freedTwice(long address) {
            failures.add(new AssertionError(address));
          }

          @Override
          public void failed(Throwable error) {
            failures.add(error);
          }
        };
    return new SlabSpace(region, 1, Long.MAX_VALUE, 0, true, handler);
  }

  @Test
  void whoDidNotAskForItIsNotTold() {
    Region region = Region.reserve(64 << 20, 32 << 20, Region.Commitment.LAZY);
    try (SlabSpace space = space(region)) {
      long run = space.large().allocate(ENOUGH_TO_BE_DUE, 1, false);
      region.close();
      assertEquals(true, space.large().freeRun(space.blocks().offset(run)));
      space.purgeIfDue();
      space.purgeIfDue(); // What it finds free again.
      assertEquals(0, failures.size(), "not in the middle of a call");
      space.reportFaults();
      assertEquals(1, failures.size());
      assertInstanceOf(IllegalStateException.class, failures.get(0));
      space.reportFaults();
      assertEquals(1, failures.size(), "once");
      assertThrows(IllegalStateException.class, space::purge, "but who asks is");
      space.validate();
    }
  }
}
