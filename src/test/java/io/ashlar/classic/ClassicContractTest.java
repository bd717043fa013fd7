// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorContract;
import io.ashlar.AllocatorSpec;
import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.Ashlar;
import io.ashlar.classic.CoalescingListAllocator.Policy;
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

  /** What the designs for one thread lack: what they refuse, they know from bits for each block. */
  private static AllocatorSpec oneThread() {
    return AllocatorSpec.general().without(Feature.WATCHES_ARENAS, Feature.THREADS);
  }

  /** Room is there again only when the newest block or the last one is freed. */
  @Nested
  class BumpContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return BumpAllocator.create(capacityBytes);
    }

    @Override
    protected AllocatorSpec spec() {
      return oneThread().without(Feature.REUSE);
    }
  }

  /** The same from the other end. */
  @Nested
  class DownwardBumpContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return DownwardBumpAllocator.create(capacityBytes);
    }

    @Override
    protected AllocatorSpec spec() {
      return oneThread().without(Feature.REUSE);
    }
  }

  /** From the near end; what is particular to the far one has a test of its own. */
  @Nested
  class TwoEndedBumpContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return TwoEndedBumpAllocator.create(capacityBytes);
    }

    @Override
    protected AllocatorSpec spec() {
      return oneThread().without(Feature.REUSE);
    }
  }

  /** Newest first, or not at all. */
  @Nested
  class StackContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return StackAllocator.create(capacityBytes);
    }

    @Override
    protected AllocatorSpec spec() {
      return oneThread().without(Feature.REUSE, Feature.ANY_ORDER);
    }
  }

  /** Memory cut small stays small, so the tests get small blocks, or memory for all of them. */
  @Nested
  class LinkedListContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return LinkedListAllocator.create(capacityBytes);
    }

    @Override
    protected AllocatorSpec spec() {
      return oneThread().capacity(1L << 30, 5 << 20).without(Feature.MERGES);
    }
  }

  /** Merging, first fit. */
  @Nested
  class FirstFitContract extends CoalescingListContract {
    @Override
    protected Policy policy() {
      return Policy.FIRST_FIT;
    }
  }

  /** Merging, best fit. */
  @Nested
  class BestFitContract extends CoalescingListContract {
    @Override
    protected Policy policy() {
      return Policy.BEST_FIT;
    }
  }

  /** Merging, next fit. */
  @Nested
  class NextFitContract extends CoalescingListContract {
    @Override
    protected Policy policy() {
      return Policy.NEXT_FIT;
    }
  }

  /** Whatever the policy, everything but threads applies. */
  abstract static class CoalescingListContract extends AllocatorContract {

    protected abstract Policy policy();

    @Override
    protected Allocator create(long capacityBytes) {
      return CoalescingListAllocator.create(capacityBytes, policy());
    }

    @Override
    protected AllocatorSpec spec() {
      return oneThread();
    }
  }
}
