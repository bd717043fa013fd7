// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.classic.BlockListOptions;
import io.ashlar.classic.BumpAllocator;
import io.ashlar.classic.CoalescingListAllocator;
import io.ashlar.classic.CoalescingListAllocator.Policy;
import io.ashlar.classic.DownwardBumpAllocator;
import io.ashlar.classic.FallbackBlockAllocator;
import io.ashlar.classic.FixedSizeBlockAllocator;
import io.ashlar.classic.HeaderAllocator;
import io.ashlar.classic.HeaderOptions;
import io.ashlar.classic.HeaderOptions.Fit;
import io.ashlar.classic.HeaderOptions.Frees;
import io.ashlar.classic.LinkedListAllocator;
import io.ashlar.classic.SpinLocked;
import io.ashlar.classic.StackAllocator;
import io.ashlar.classic.TwoEndedBumpAllocator;
import io.ashlar.classic.UserHeap;

/**
 * A design of the gallery, in whatever state it comes: for one thread as it is, for more under a
 * spin lock. Running out of memory is an error here, so that nobody takes a cell for a measurement
 * in which a design that cannot reuse its memory had none left.
 */
final class Gallery extends Subject {

  /** Address space of a design that has none by itself: more than any workload has live. */
  private static final long CAPACITY = 8L << 30;

  /** Blocks that lists are filled with, or limited to. */
  private static final int LIST = 256;

  /** Frees that are carried out together where they are deferred. */
  private static final int BATCH = 64;

  private final Peer peer;
  private final Allocator allocator;

  /** For {@link Peer#open}. */
  Gallery(Peer peer, int threads) {
    this.peer = peer;
    Allocator design = create(peer);
    allocator = threads == 1 || isForThreads(peer) ? design : new SpinLocked(design);
  }

  /** Whether a design sees to threads itself. */
  private static boolean isForThreads(Peer peer) {
    return peer == Peer.HEADER_DEFERRED || peer == Peer.HEADER_AGENT;
  }

  /** A line for each; only the class of the one that is asked for is loaded. */
  private static Allocator create(Peer peer) {
    return switch (peer) {
      case BUMP -> BumpAllocator.create();
      case BUMP_DOWN -> DownwardBumpAllocator.create();
      case BUMP_TWO_ENDED -> TwoEndedBumpAllocator.create();
      case STACK -> StackAllocator.create();
      case LIST -> LinkedListAllocator.create();
      case LIST_COALESCING -> CoalescingListAllocator.create();
      case LIST_BEST_FIT -> CoalescingListAllocator.create(Policy.BEST_FIT);
      case LIST_NEXT_FIT -> CoalescingListAllocator.create(Policy.NEXT_FIT);
      case HEADER -> header(HeaderOptions.defaults());
      case HEADER_BEST -> header(HeaderOptions.defaults().fit(Fit.BEST));
      case HEADER_GOOD_ENOUGH -> header(HeaderOptions.defaults().fit(Fit.GOOD_ENOUGH));
      case HEADER_NO_LIST -> header(HeaderOptions.defaults().withoutFreeList());
      case HEADER_DEFERRED -> header(HeaderOptions.defaults().frees(Frees.AT_THRESHOLD, BATCH));
      case HEADER_AGENT -> header(HeaderOptions.defaults().frees(Frees.IN_BACKGROUND, BATCH));
      case BLOCKS -> blocks(BlockListOptions.powersOfTwo());
      case BLOCKS_FILLED -> blocks(BlockListOptions.powersOfTwo().prefilledBlocks(LIST));
      case BLOCKS_CAPPED -> blocks(BlockListOptions.powersOfTwo().maxListBlocks(LIST));
      case BLOCKS_FINER -> blocks(BlockListOptions.finer());
      case HEAP -> heap();
      default -> throw new IllegalArgumentException(peer + " is not of the gallery");
    };
  }

  private static Allocator header(HeaderOptions options) {
    return HeaderAllocator.create(CAPACITY, options);
  }

  private static Allocator blocks(BlockListOptions options) {
    return new FallbackBlockAllocator(header(HeaderOptions.defaults()), options);
  }

  /** Below another, over the design of the baseline: what differs is the accounts. */
  private static Allocator heap() {
    return UserHeap.root("all", CAPACITY, CAPACITY, FixedSizeBlockAllocator::new)
        .child("one", CAPACITY, CAPACITY, FixedSizeBlockAllocator::new);
  }

  private long had(long block) {
    if (block == Allocator.NULL) {
      throw new IllegalStateException(peer + ": memory is out");
    }
    return block;
  }

  @Override
  public long malloc(long byteSize) {
    return had(allocator.malloc(byteSize));
  }

  @Override
  public long calloc(long byteSize) {
    return had(allocator.calloc(byteSize));
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return had(allocator.alignedAlloc(byteAlignment, byteSize));
  }

  @Override
  public long realloc(long address, long newByteSize) {
    return had(allocator.realloc(address, newByteSize));
  }

  @Override
  public void free(long address) {
    allocator.free(address);
  }

  @Override
  public void trim() {
    allocator.trim();
  }

  @Override
  public Footprint footprint() {
    AllocatorStats stats = allocator.stats();
    return new Footprint(stats.residentBytes(), stats.metadataBytes());
  }

  @Override
  public void close() {
    allocator.close();
  }
}
