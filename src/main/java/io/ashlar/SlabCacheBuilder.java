// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.slab.SlabCache;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Consumer;

/** Options of a typed cache. Not thread-safe. */
public final class SlabCacheBuilder {

  private final ScalableAllocator allocator;
  private final MemoryLayout layout;
  private Consumer<? super MemorySegment> initialiser;
  private Consumer<? super MemorySegment> destructor;
  private long maxBlocks = Long.MAX_VALUE;
  private boolean fixed;

  SlabCacheBuilder(ScalableAllocator allocator, MemoryLayout layout) {
    this.allocator = allocator;
    this.layout = Objects.requireNonNull(layout);
  }

  /**
   * What constructs a block, once, when it is first cut from a slab. It gets a segment of the
   * layout's size in which every byte is zero, and must not keep it. If it throws, the block stays
   * unconstructed, to be tried again, and what it threw reaches the caller who needed the block.
   * Default: blocks are zero.
   *
   * @param constructor the initialiser
   * @return this
   */
  public SlabCacheBuilder initialiser(Consumer<? super MemorySegment> constructor) {
    initialiser = Objects.requireNonNull(constructor);
    return this;
  }

  /**
   * What undoes the initialiser's work, if anything has to be: run on each constructed block that
   * is not in use before its memory leaves the cache. It gets a segment of the layout's size, and
   * must not keep it. If it throws, the others are destroyed all the same. It may run in any thread
   * that trims the allocator or finds it out of memory. Default: none.
   *
   * @param undo the destructor
   * @return this
   */
  public SlabCacheBuilder destructor(Consumer<? super MemorySegment> undo) {
    destructor = Objects.requireNonNull(undo);
    return this;
  }

  /**
   * Makes the capacity fixed: the memory of so many blocks is taken at once, and never more or
   * less.
   *
   * @param blocks 1 or more
   * @return this
   * @throws IllegalArgumentException if it is below 1
   */
  public SlabCacheBuilder capacity(long blocks) {
    limit(blocks);
    fixed = true;
    return this;
  }

  /**
   * Lets the cache grow to so many blocks. Default: until memory is out.
   *
   * @param blocks 1 or more
   * @return this
   * @throws IllegalArgumentException if it is below 1
   */
  public SlabCacheBuilder limit(long blocks) {
    if (blocks < 1) {
      throw new IllegalArgumentException("blocks: " + blocks);
    }
    maxBlocks = blocks;
    fixed = false;
    return this;
  }

  /**
   * Makes the cache.
   *
   * @return a new cache
   * @throws IllegalArgumentException if the layout's size or alignment is above 32 MiB
   * @throws OutOfNativeMemoryError if the memory of a fixed cache is not to be had
   * @throws IllegalStateException if the allocator is closed, or has 2,047 caches open
   */
  public SlabCache build() {
    return ScalableSlabCache.create(this);
  }

  ScalableAllocator allocator() {
    return allocator;
  }

  MemoryLayout layout() {
    return layout;
  }

  /** Null if there is none. */
  Consumer<? super MemorySegment> initialiser() {
    return initialiser;
  }

  /** Null if there is none. */
  Consumer<? super MemorySegment> destructor() {
    return destructor;
  }

  long maxBlocks() {
    return maxBlocks;
  }

  boolean isFixed() {
    return fixed;
  }
}
