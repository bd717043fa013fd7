// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.slab.SizeClasses;

/** Sums of what thread caches count, by class. */
public final class CacheCounts {

  final long[] allocations = new long[SizeClasses.BOUND];
  final long[] localFrees = new long[SizeClasses.BOUND];
  final long[] remoteFrees = new long[SizeClasses.BOUND];
  long arenas;
  long bytes;

  CacheCounts() {}

  void add(CacheCounts other) {
    arenas += other.arenas;
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      allocations[sizeClass] += other.allocations[sizeClass];
      localFrees[sizeClass] += other.localFrees[sizeClass];
      remoteFrees[sizeClass] += other.remoteFrees[sizeClass];
    }
  }

  /**
   * Allocations of a class.
   *
   * @param sizeClass the class
   * @return their number so far
   */
  public long allocations(int sizeClass) {
    return allocations[sizeClass];
  }

  /**
   * Frees of a class, by threads of any shard.
   *
   * @param sizeClass the class
   * @return their number so far
   */
  public long frees(int sizeClass) {
    return localFrees[sizeClass] + remoteFrees[sizeClass];
  }

  /**
   * Frees of a class by threads of other shards.
   *
   * @param sizeClass the class
   * @return their number so far
   */
  public long remoteFrees(int sizeClass) {
    return remoteFrees[sizeClass];
  }

  /**
   * Arenas that are open.
   *
   * @return their number
   */
  public long arenas() {
    return arenas;
  }

  /**
   * Bytes that the caches take on the Java heap, about.
   *
   * @return bytes
   */
  public long bytes() {
    return bytes;
  }
}
