// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Allocator;
import io.ashlar.Ashlar;
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
import io.ashlar.classic.StackAllocator;
import io.ashlar.classic.TwoEndedBumpAllocator;
import io.ashlar.classic.UserHeap;

/** Makes the designs that are built here, for one thread, in as much memory as is wanted. */
public final class Designs {

  /** Blocks that lists are filled with, or limited to. */
  private static final int LIST = 256;

  /** Frees that are carried out together where they are deferred. */
  private static final int BATCH = 64;

  private Designs() {}

  /**
   * Makes a design: a line for each; only the class of the one that is asked for is loaded.
   *
   * @param peer of the gallery, the scalable allocator, or the baseline, here without its lock
   * @param capacityBytes address space to reserve
   * @return a new allocator
   * @throws IllegalArgumentException if it is another
   */
  public static Allocator create(Peer peer, long capacityBytes) {
    return switch (peer) {
      case ASHLAR -> Ashlar.builder().capacity(capacityBytes).build();
      case SPINLOCK -> FixedSizeBlockAllocator.create(capacityBytes);
      case BUMP -> BumpAllocator.create(capacityBytes);
      case BUMP_DOWN -> DownwardBumpAllocator.create(capacityBytes);
      case BUMP_TWO_ENDED -> TwoEndedBumpAllocator.create(capacityBytes);
      case STACK -> StackAllocator.create(capacityBytes);
      case LIST -> LinkedListAllocator.create(capacityBytes);
      case LIST_COALESCING -> CoalescingListAllocator.create(capacityBytes);
      case LIST_BEST_FIT -> CoalescingListAllocator.create(capacityBytes, Policy.BEST_FIT);
      case LIST_NEXT_FIT -> CoalescingListAllocator.create(capacityBytes, Policy.NEXT_FIT);
      case HEADER -> header(capacityBytes, HeaderOptions.defaults());
      case HEADER_BEST -> header(capacityBytes, HeaderOptions.defaults().fit(Fit.BEST));
      case HEADER_GOOD_ENOUGH ->
          header(capacityBytes, HeaderOptions.defaults().fit(Fit.GOOD_ENOUGH));
      case HEADER_NO_LIST -> header(capacityBytes, HeaderOptions.defaults().withoutFreeList());
      case HEADER_DEFERRED ->
          header(capacityBytes, HeaderOptions.defaults().frees(Frees.AT_THRESHOLD, BATCH));
      case HEADER_AGENT ->
          header(capacityBytes, HeaderOptions.defaults().frees(Frees.IN_BACKGROUND, BATCH));
      case BLOCKS -> blocks(capacityBytes, BlockListOptions.powersOfTwo());
      case BLOCKS_FILLED ->
          blocks(capacityBytes, BlockListOptions.powersOfTwo().prefilledBlocks(LIST));
      case BLOCKS_CAPPED ->
          blocks(capacityBytes, BlockListOptions.powersOfTwo().maxListBlocks(LIST));
      case BLOCKS_FINER -> blocks(capacityBytes, BlockListOptions.finer());
      case HEAP -> heap(capacityBytes);
      default -> throw new IllegalArgumentException(peer + " is not built here");
    };
  }

  /**
   * Whether {@link #create} makes it.
   *
   * @param peer any
   * @return whether it does
   */
  public static boolean has(Peer peer) {
    return peer.isOfGallery() || peer == Peer.ASHLAR || peer == Peer.SPINLOCK;
  }

  private static Allocator header(long capacityBytes, HeaderOptions options) {
    return HeaderAllocator.create(capacityBytes, options);
  }

  private static Allocator blocks(long capacityBytes, BlockListOptions options) {
    return new FallbackBlockAllocator(header(capacityBytes, HeaderOptions.defaults()), options);
  }

  /** Below another, over the design of the baseline: what differs is the accounts. */
  private static Allocator heap(long capacityBytes) {
    return UserHeap.root("all", capacityBytes, capacityBytes, FixedSizeBlockAllocator::new)
        .child("one", capacityBytes, capacityBytes, FixedSizeBlockAllocator::new);
  }
}
