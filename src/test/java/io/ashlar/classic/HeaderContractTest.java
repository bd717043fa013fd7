// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorContract;
import io.ashlar.AllocatorSpec;
import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.region.Region;
import org.junit.jupiter.api.Nested;

/** Blocks with headers, lists in front of them, and heaps, under the contract of allocators. */
class HeaderContractTest {

  // ---- header allocator ------------------------------------------------------------------------

  private static AllocatorSpec headerSpec() {
    return AllocatorSpec.general().without(Feature.WATCHES_ARENAS, Feature.THREADS);
  }

  /** First fit, frees at once. */
  @Nested
  class HeaderContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return HeaderAllocator.create(capacityBytes, HeaderOptions.defaults());
    }

    @Override
    protected AllocatorSpec spec() {
      return headerSpec();
    }
  }

  /** Best fit, all memory resident from the beginning where that is not much. */
  @Nested
  class HeaderBestFitContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      HeaderOptions options = HeaderOptions.defaults().fit(HeaderOptions.Fit.BEST);
      return HeaderAllocator.create(
          capacityBytes,
          capacityBytes <= 4 << 20 ? options.commitment(Region.Commitment.EAGER) : options);
    }

    @Override
    protected AllocatorSpec spec() {
      return headerSpec();
    }
  }

  /** The first that is good enough. */
  @Nested
  class HeaderGoodEnoughContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return HeaderAllocator.create(
          capacityBytes, HeaderOptions.defaults().fit(HeaderOptions.Fit.GOOD_ENOUGH));
    }

    @Override
    protected AllocatorSpec spec() {
      return headerSpec();
    }
  }

  /** Frees carried out a batch at a time: for any threads. */
  @Nested
  class HeaderDeferredContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return HeaderAllocator.create(
          capacityBytes, HeaderOptions.defaults().frees(HeaderOptions.Frees.AT_THRESHOLD, 7));
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general().without(Feature.WATCHES_ARENAS);
    }
  }

  /** Frees carried out by a thread of its own. */
  @Nested
  class HeaderBackgroundContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return HeaderAllocator.create(
          capacityBytes, HeaderOptions.defaults().frees(HeaderOptions.Frees.IN_BACKGROUND, 64));
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general().without(Feature.WATCHES_ARENAS);
    }
  }

  // ---- lists in front of a fallback ------------------------------------------------------------

  private static Allocator header(long capacityBytes) {
    return HeaderAllocator.create(capacityBytes, HeaderOptions.defaults());
  }

  private static AllocatorSpec listSpec() {
    return AllocatorSpec.general()
        .without(
            Feature.REFUSES_DOUBLE_FREE,
            Feature.REFUSES_FREE_BLOCKS,
            Feature.WATCHES_ARENAS,
            Feature.THREADS);
  }

  /** Powers of two, lists that never shrink. */
  @Nested
  class FallbackBlocksContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return new FallbackBlockAllocator(header(capacityBytes), BlockListOptions.powersOfTwo());
    }

    @Override
    protected AllocatorSpec spec() {
      return listSpec();
    }
  }

  /** Filled from the beginning, limited. */
  @Nested
  class CappedBlocksContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return new FallbackBlockAllocator(
          header(capacityBytes),
          BlockListOptions.powersOfTwo().prefilledBlocks(4).maxListBlocks(16));
    }

    @Override
    protected AllocatorSpec spec() {
      return listSpec();
    }
  }

  /** Four classes to a doubling. */
  @Nested
  class FinerBlocksContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return new FallbackBlockAllocator(header(capacityBytes), BlockListOptions.finer());
    }

    @Override
    protected AllocatorSpec spec() {
      return listSpec();
    }
  }

  /** Over the other design of blocks, by frames. */
  @Nested
  class BlocksOverFramesContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return new FallbackBlockAllocator(
          FixedSizeBlockAllocator.create(capacityBytes), BlockListOptions.powersOfTwo());
    }

    @Override
    protected AllocatorSpec spec() {
      return listSpec();
    }
  }

  // ---- user-space heaps ------------------------------------------------------------------------

  /** A design for one thread, under a lock. */
  @Nested
  class UserHeapContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return UserHeap.root(
          "root",
          capacityBytes,
          capacityBytes,
          range -> new SpinLocked(new HeaderAllocator(range)));
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general().without(Feature.WATCHES_ARENAS);
    }
  }

  /** A heap whose design keeps lists over frames. */
  @Nested
  class UserHeapOfBlocksContract extends AllocatorContract {
    @Override
    protected Allocator create(long capacityBytes) {
      return UserHeap.root("root", capacityBytes, capacityBytes, FixedSizeBlockAllocator::new);
    }

    @Override
    protected AllocatorSpec spec() {
      return listSpec();
    }
  }
}
