// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * What a typed cache has in use: a snapshot, in which each figure was true at some moment while it
 * was taken.
 *
 * @param blockBytes bytes from one block to the next
 * @param capacityBlocks blocks that there are, in use or not, constructed or not
 * @param liveBlocks blocks in use
 * @param cachedBlocks constructed blocks kept back by threads and shards, or on their way
 * @param constructed how often the initialiser was called and returned, so far
 * @param destroyed how often the destructor was called, so far; without one, blocks that went back
 *     constructed
 * @param allocations blocks handed out, so far
 * @param frees blocks handed back, so far
 * @param remoteFrees those of them handed back by a thread of another shard
 * @param committedBytes bytes of the allocator's memory that the cache has
 * @param metadataBytes bytes of physical memory that the cache's own records take, native and on
 *     the Java heap, about
 */
public record SlabCacheStats(
    long blockBytes,
    long capacityBlocks,
    long liveBlocks,
    long cachedBlocks,
    long constructed,
    long destroyed,
    long allocations,
    long frees,
    long remoteFrees,
    long committedBytes,
    long metadataBytes) {}
