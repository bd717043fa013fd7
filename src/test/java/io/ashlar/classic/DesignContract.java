// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorContract;
import io.ashlar.AllocatorSpec;
import java.util.function.LongFunction;

/** The contract of {@link Allocator} for a design: how it is made, and what of it applies. */
abstract class DesignContract extends AllocatorContract {

  private final AllocatorSpec spec;
  private final LongFunction<Allocator> design;

  /**
   * For a subclass, which is what JUnit runs.
   *
   * @param spec what applies
   * @param design makes an allocator of so many bytes
   */
  DesignContract(AllocatorSpec spec, LongFunction<Allocator> design) {
    this.spec = spec;
    this.design = design;
  }

  @Override
  protected final Allocator create(long capacityBytes) {
    return design.apply(capacityBytes);
  }

  @Override
  protected final AllocatorSpec spec() {
    return spec;
  }
}
