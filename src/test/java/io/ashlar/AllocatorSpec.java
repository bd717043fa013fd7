// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.util.EnumSet;
import java.util.Set;

/**
 * What an allocator under {@link AllocatorContract} can be asked for: bounds, and what of the
 * contract does not apply to it.
 *
 * @param capacityBytes what the tests give an allocator that is to have room for everything
 * @param maxBlockBytes largest block that an allocator of that capacity gives
 * @param maxAlignment largest alignment that the tests ask for
 * @param tinyBytes least capacity at which it is of use: where tests exhaust it, and where the
 *     starter programs run
 * @param lacks what does not apply
 */
public record AllocatorSpec(
    long capacityBytes, long maxBlockBytes, long maxAlignment, long tinyBytes, Set<Feature> lacks) {

  /** What an allocator may lack. */
  public enum Feature {
    /** Blocks freed one by one, in any order, are used again. */
    REUSE,
    /** Blocks may be freed in any order, not only the newest first. */
    ANY_ORDER,
    /** Memory that was used in small blocks is used again in large ones. */
    MERGES,
    /** Addresses that are inside a block are refused. */
    REFUSES_INTERIOR,
    /** Addresses of free blocks that lie beside live ones are refused. */
    REFUSES_FREE_BLOCKS,
    /** Addresses outside of its memory, and other allocators', are refused. */
    REFUSES_FOREIGN,
    /** A block freed twice in a row is refused. */
    REFUSES_DOUBLE_FREE,
    /** Any thread may call it, and free what another allocated. */
    THREADS,
    /** {@code stats()} counts live blocks exactly. */
    COUNTS_BLOCKS,
    /** It cannot be closed while an arena is open. */
    WATCHES_ARENAS
  }

  /**
   * A general-purpose allocator: everything applies.
   *
   * @return its specification
   */
  public static AllocatorSpec general() {
    return new AllocatorSpec(
        256L << 20, 48L << 20, 2L << 20, 100 << 10, EnumSet.noneOf(Feature.class));
  }

  /**
   * With other bounds on what the tests allocate.
   *
   * @param bytes capacity
   * @param largestBlock bytes of the largest block
   * @return the changed specification
   */
  public AllocatorSpec capacity(long bytes, long largestBlock) {
    return new AllocatorSpec(bytes, largestBlock, maxAlignment, tinyBytes, lacks);
  }

  /**
   * With another bound on alignments.
   *
   * @param largest a power of two
   * @return the changed specification
   */
  public AllocatorSpec alignment(long largest) {
    return new AllocatorSpec(capacityBytes, maxBlockBytes, largest, tinyBytes, lacks);
  }

  /**
   * With another least capacity.
   *
   * @param bytes capacity
   * @return the changed specification
   */
  public AllocatorSpec tiny(long bytes) {
    return new AllocatorSpec(capacityBytes, maxBlockBytes, maxAlignment, bytes, lacks);
  }

  /**
   * Without some features, besides those that it lacks already.
   *
   * @param features what does not apply
   * @return the changed specification
   */
  public AllocatorSpec without(Feature... features) {
    Set<Feature> all = EnumSet.noneOf(Feature.class);
    all.addAll(lacks);
    all.addAll(Set.of(features));
    return new AllocatorSpec(capacityBytes, maxBlockBytes, maxAlignment, tinyBytes, all);
  }

  /**
   * Whether a feature applies.
   *
   * @param feature a feature
   * @return whether it does
   */
  public boolean has(Feature feature) {
    return !lacks.contains(feature);
  }
}
