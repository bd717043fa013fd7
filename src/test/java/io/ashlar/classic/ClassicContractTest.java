// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorSpec;
import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.Ashlar;
import io.ashlar.classic.CoalescingListAllocator.Policy;
import org.junit.jupiter.api.Nested;

/** The gallery under the contract of {@link Allocator}. */
class ClassicContractTest {

  /** Nothing is known of a free block but that it is in a list. */
  private static AllocatorSpec blockLists() {
    return AllocatorSpec.general()
        .without(Feature.REFUSES_DOUBLE_FREE, Feature.REFUSES_FREE_BLOCKS, Feature.WATCHES_ARENAS);
  }

  /** The reference: any number of threads. */
  @Nested
  class BaselineContract extends DesignContract {
    BaselineContract() {
      super(blockLists(), Baseline::create);
    }
  }

  /** The same for one thread. */
  @Nested
  class FixedSizeBlocksContract extends DesignContract {
    FixedSizeBlocksContract() {
      super(blockLists().without(Feature.THREADS), FixedSizeBlockAllocator::create);
    }
  }

  /** A lock takes nothing away, and adds nothing but threads. */
  @Nested
  class SpinLockedContract extends DesignContract {
    SpinLockedContract() {
      super(
          AllocatorSpec.general().without(Feature.WATCHES_ARENAS),
          bytes -> new SpinLocked(Ashlar.builder().capacity(bytes).build()));
    }
  }

  /** What the designs for one thread lack: what they refuse, they know from bits for each block. */
  private static AllocatorSpec oneThread() {
    return AllocatorSpec.general().without(Feature.WATCHES_ARENAS, Feature.THREADS);
  }

  /** Room is there again only when the newest block or the last one is freed. */
  @Nested
  class BumpContract extends DesignContract {
    BumpContract() {
      super(oneThread().without(Feature.REUSE), BumpAllocator::create);
    }
  }

  /** The same from the other end. */
  @Nested
  class DownwardBumpContract extends DesignContract {
    DownwardBumpContract() {
      super(oneThread().without(Feature.REUSE), DownwardBumpAllocator::create);
    }
  }

  /** From the near end; what is particular to the far one has a test of its own. */
  @Nested
  class TwoEndedBumpContract extends DesignContract {
    TwoEndedBumpContract() {
      super(oneThread().without(Feature.REUSE), TwoEndedBumpAllocator::create);
    }
  }

  /** Newest first, or not at all. */
  @Nested
  class StackContract extends DesignContract {
    StackContract() {
      super(oneThread().without(Feature.REUSE, Feature.ANY_ORDER), StackAllocator::create);
    }
  }

  /** Memory cut small stays small, so the tests get small blocks, or memory for all of them. */
  @Nested
  class LinkedListContract extends DesignContract {
    LinkedListContract() {
      super(
          oneThread().capacity(1L << 30, 5 << 20).without(Feature.MERGES),
          LinkedListAllocator::create);
    }
  }

  /** Merging, first fit. */
  @Nested
  class FirstFitContract extends DesignContract {
    FirstFitContract() {
      super(oneThread(), bytes -> CoalescingListAllocator.create(bytes, Policy.FIRST_FIT));
    }
  }

  /** Merging, best fit. */
  @Nested
  class BestFitContract extends DesignContract {
    BestFitContract() {
      super(oneThread(), bytes -> CoalescingListAllocator.create(bytes, Policy.BEST_FIT));
    }
  }

  /** Merging, next fit. */
  @Nested
  class NextFitContract extends DesignContract {
    NextFitContract() {
      super(oneThread(), bytes -> CoalescingListAllocator.create(bytes, Policy.NEXT_FIT));
    }
  }
}
