// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;

/**
 * The reference that the scalable allocator is measured against: fixed-size blocks over a buddy
 * system of page frames, all of it under one spin lock, and nothing kept per thread.
 */
public final class Baseline {

  private Baseline() {}

  /**
   * Makes the baseline over as much address space as {@link FixedSizeBlockAllocator#create()}
   * reserves.
   *
   * @return a new allocator, for any number of threads
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static Allocator create() {
    return new SpinLocked(FixedSizeBlockAllocator.create());
  }

  /**
   * Makes the baseline.
   *
   * @param capacityBytes address space to reserve, as for {@link
   *     FixedSizeBlockAllocator#create(long)}
   * @return a new allocator, for any number of threads
   * @throws IllegalArgumentException if the capacity is out of range
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static Allocator create(long capacityBytes) {
    return new SpinLocked(FixedSizeBlockAllocator.create(capacityBytes));
  }
}
