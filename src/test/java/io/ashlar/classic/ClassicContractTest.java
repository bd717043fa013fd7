// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorContract;
import io.ashlar.AllocatorSpec;
import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.Ashlar;
import org.junit.jupiter.api.Nested;

/** The gallery under the contract of {@link Allocator}. */
class ClassicContractTest {

  /**
   * The reference: any number of threads, nothing known of a free block but that it is in a list.
   */
  @Nested
  class BaselineContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return Baseline.create(capacityBytes);
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general()
          .without(
              Feature.REFUSES_DOUBLE_FREE, Feature.REFUSES_FREE_BLOCKS, Feature.WATCHES_ARENAS);
    }
  }

  /** The same for one thread. */
  @Nested
  class FixedSizeBlocksContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return FixedSizeBlockAllocator.create(capacityBytes);
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general()
          .without(
              Feature.REFUSES_DOUBLE_FREE,
              Feature.REFUSES_FREE_BLOCKS,
              Feature.WATCHES_ARENAS,
              Feature.THREADS);
    }
  }

  /** A lock takes nothing away, and adds nothing but threads. */
  @Nested
  class SpinLockedContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return new SpinLocked(Ashlar.builder().capacity(capacityBytes).build());
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general().without(Feature.WATCHES_ARENAS);
    }
  }
}
