// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.util.List;

/**
 * What an allocator has in use: a snapshot, in which each figure was true at some moment while it
 * was taken. Bytes of live blocks are counted as {@link Allocator#usableSize} has them. What an
 * allocator does not count is -1.
 *
 * @param liveBytes usable bytes of the blocks in use
 * @param liveBlocks blocks in use
 * @param residentBytes bytes of the region, and of mappings of their own, that are in physical
 *     memory, as the kernel has it
 * @param committedBytes bytes of both that may be in physical memory, as the allocator has it
 * @param reservedBytes bytes of address space reserved for blocks
 * @param metadataBytes bytes of physical memory that the allocator's own records take, native and
 *     on the Java heap
 * @param smallAllocations allocations of blocks of a size class, so far
 * @param smallFrees frees of such blocks, so far
 * @param remoteFrees those of them made by a thread of another shard
 * @param largeAllocations allocations of runs of frames and of mappings of their own, so far
 * @param largeFrees frees of such, so far
 * @param classes a record for each size class, smallest first
 */
public record AllocatorStats(
    long liveBytes,
    long liveBlocks,
    long residentBytes,
    long committedBytes,
    long reservedBytes,
    long metadataBytes,
    long smallAllocations,
    long smallFrees,
    long remoteFrees,
    long largeAllocations,
    long largeFrees,
    List<SizeClass> classes) {

  /**
   * Makes the snapshot.
   *
   * @throws NullPointerException if {@code classes} is null
   */
  public AllocatorStats {
    classes = List.copyOf(classes);
  }

  /**
   * One size class.
   *
   * @param blockBytes bytes of a block
   * @param slabs slabs cut into such blocks
   * @param capacityBlocks blocks in those slabs
   * @param liveBlocks blocks of them in use
   * @param cachedBlocks blocks kept back by threads, or on the way to their shard
   */
  public record SizeClass(
      int blockBytes, int slabs, long capacityBlocks, long liveBlocks, long cachedBlocks) {}
}
