// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorSpec;
import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.classic.HeaderOptions.Fit;
import io.ashlar.classic.HeaderOptions.Frees;
import io.ashlar.region.Region;
import org.junit.jupiter.api.Nested;

/** Blocks with headers, lists in front of them, and heaps, under the contract of allocators. */
class HeaderContractTest {

  private static AllocatorSpec anyThreads() {
    return AllocatorSpec.general().without(Feature.WATCHES_ARENAS);
  }

  private static AllocatorSpec oneThread() {
    return anyThreads().without(Feature.THREADS);
  }

  // ---- header allocator ------------------------------------------------------------------------

  private static Allocator header(long capacityBytes) {
    return HeaderAllocator.create(capacityBytes, HeaderOptions.defaults());
  }

  /** First fit, frees at once. */
  @Nested
  class HeaderContract extends DesignContract {
    HeaderContract() {
      super(oneThread(), HeaderContractTest::header);
    }
  }

  /** Best fit, all memory resident from the beginning where that is not much. */
  @Nested
  class HeaderBestFitContract extends DesignContract {
    HeaderBestFitContract() {
      super(oneThread(), bytes -> HeaderAllocator.create(bytes, bestFit(bytes)));
    }
  }

  private static HeaderOptions bestFit(long capacityBytes) {
    HeaderOptions options = HeaderOptions.defaults().fit(Fit.BEST);
    return capacityBytes <= 4 << 20 ? options.commitment(Region.Commitment.EAGER) : options;
  }

  /** The first that is good enough. */
  @Nested
  class HeaderGoodEnoughContract extends DesignContract {
    HeaderGoodEnoughContract() {
      super(
          oneThread(),
          bytes -> HeaderAllocator.create(bytes, HeaderOptions.defaults().fit(Fit.GOOD_ENOUGH)));
    }
  }

  private static Allocator deferred(long capacityBytes, Frees when, int blocks) {
    return HeaderAllocator.create(capacityBytes, HeaderOptions.defaults().frees(when, blocks));
  }

  /** Frees carried out a batch at a time: for any threads. */
  @Nested
  class HeaderDeferredContract extends DesignContract {
    HeaderDeferredContract() {
      super(anyThreads(), bytes -> deferred(bytes, Frees.AT_THRESHOLD, 7));
    }
  }

  /** Frees carried out by a thread of its own. */
  @Nested
  class HeaderBackgroundContract extends DesignContract {
    HeaderBackgroundContract() {
      super(anyThreads(), bytes -> deferred(bytes, Frees.IN_BACKGROUND, 64));
    }
  }

  // ---- lists in front of a fallback ------------------------------------------------------------

  private static AllocatorSpec lists() {
    return oneThread().without(Feature.REFUSES_DOUBLE_FREE, Feature.REFUSES_FREE_BLOCKS);
  }

  private static Allocator overHeaders(long capacityBytes, BlockListOptions options) {
    return new FallbackBlockAllocator(header(capacityBytes), options);
  }

  /** Powers of two, lists that never shrink. */
  @Nested
  class FallbackBlocksContract extends DesignContract {
    FallbackBlocksContract() {
      super(lists(), bytes -> overHeaders(bytes, BlockListOptions.powersOfTwo()));
    }
  }

  /** Filled from the beginning, limited. */
  @Nested
  class CappedBlocksContract extends DesignContract {
    CappedBlocksContract() {
      super(
          lists(),
          bytes ->
              overHeaders(
                  bytes, BlockListOptions.powersOfTwo().prefilledBlocks(4).maxListBlocks(16)));
    }
  }

  /** Four classes to a doubling. */
  @Nested
  class FinerBlocksContract extends DesignContract {
    FinerBlocksContract() {
      super(lists(), bytes -> overHeaders(bytes, BlockListOptions.finer()));
    }
  }

  /** Over the other design of blocks, by frames. */
  @Nested
  class BlocksOverFramesContract extends DesignContract {
    BlocksOverFramesContract() {
      super(
          lists(),
          bytes ->
              new FallbackBlockAllocator(
                  FixedSizeBlockAllocator.create(bytes), BlockListOptions.powersOfTwo()));
    }
  }

  // ---- user-space heaps ------------------------------------------------------------------------

  /** A design for one thread, under a lock. */
  @Nested
  class UserHeapContract extends DesignContract {
    UserHeapContract() {
      super(
          anyThreads(),
          bytes ->
              UserHeap.root(
                  "root", bytes, bytes, range -> new SpinLocked(new HeaderAllocator(range))));
    }
  }

  /** A heap whose design keeps lists over frames. */
  @Nested
  class UserHeapOfBlocksContract extends DesignContract {
    UserHeapOfBlocksContract() {
      super(lists(), bytes -> UserHeap.root("root", bytes, bytes, FixedSizeBlockAllocator::new));
    }
  }
}
