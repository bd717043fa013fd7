// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

/** Sums of what the threads' magazines of a typed cache count. */
public final class ObjectCounts {

  long allocations;
  long frees;
  long remoteFrees;
  long bytes;

  ObjectCounts() {}

  void add(ObjectCounts other) {
    allocations += other.allocations;
    frees += other.frees;
    remoteFrees += other.remoteFrees;
  }

  /**
   * Blocks handed out.
   *
   * @return their number so far
   */
  public long allocations() {
    return allocations;
  }

  /**
   * Blocks handed back.
   *
   * @return their number so far
   */
  public long frees() {
    return frees;
  }

  /**
   * Blocks handed back by threads of other shards.
   *
   * @return their number so far
   */
  public long remoteFrees() {
    return remoteFrees;
  }

  /**
   * What the magazines take on the Java heap now.
   *
   * @return bytes, about
   */
  public long bytes() {
    return bytes;
  }
}
