// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The typed caches of an allocator that are open. Thread-safe. */
final class SlabCaches {

  private final List<ScalableSlabCache> open = new CopyOnWriteArrayList<>();

  private final Consumer<? super Throwable> errorHandler;

  SlabCaches(Consumer<? super Throwable> errorHandler) {
    this.errorHandler = errorHandler;
  }

  void add(ScalableSlabCache cache) {
    open.add(cache);
  }

  void remove(ScalableSlabCache cache) {
    open.remove(cache);
  }

  int count() {
    return open.size();
  }

  /**
   * Gives back what the caches do not need, where there is something; for a caller who holds no
   * lock and has nothing half done, since destructors may run.
   *
   * @return bytes given back to the allocator
   */
  long giveBack() {
    long bytes = 0;
    for (ScalableSlabCache cache : open) {
      ObjectLife.End end = cache.end();
      bytes += cache.giveBack(end);
      if (end.thrown() != null) {
        errorHandler.accept(end.thrown());
      }
    }
    return bytes;
  }

  /** Blocks in use of all caches, as a number and in bytes. */
  long[] live() {
    long[] sums = new long[2];
    for (ScalableSlabCache cache : open) {
      long blocks = cache.liveBlocks();
      sums[0] += blocks;
      sums[1] += blocks * cache.blockBytes();
    }
    return sums;
  }

  void validate() {
    open.forEach(ScalableSlabCache::validate);
  }
}
