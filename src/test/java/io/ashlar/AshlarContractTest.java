// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.AllocatorSpec.Feature;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;

/** The scalable allocator, in each of its kinds, under {@link AllocatorContract}. */
class AshlarContractTest {

  abstract static class Contract extends AllocatorContract {
    abstract void configure(AshlarBuilder builder);

    @Override
    protected Allocator create(long capacityBytes) {
      AshlarBuilder builder = Ashlar.builder().capacity(capacityBytes);
      configure(builder);
      return builder.build();
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general();
    }
  }

  @Nested
  class Standard extends Contract {
    @Override
    void configure(AshlarBuilder builder) {}
  }

  @Nested
  class Strict extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.hardening(Hardening.STRICT);
    }
  }

  @Nested
  class Off extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.hardening(Hardening.OFF);
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general()
          .without(
              Feature.REFUSES_DOUBLE_FREE, Feature.REFUSES_FREE_BLOCKS, Feature.REFUSES_INTERIOR);
    }
  }

  @Nested
  class OneShard extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.shards(1);
    }
  }

  @Nested
  class ManyShards extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.shards(100);
    }
  }

  /** No system calls: the memory is an arena's, and there are no mappings. */
  @Nested
  class Portable extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.portable(true);
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general().capacity(48 << 20, 10 << 20);
    }
  }

  /** Every allocation of the contract in so little that runs share two buddies. */
  @Nested
  class Tight extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.shards(2);
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general().capacity(24 << 20, 4 << 20);
    }
  }

  /** Scattered frames do for large blocks. */
  @Nested
  @EnabledIf("io.ashlar.region.Region#memfdAvailable")
  class Memfd extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.memfd(true);
    }
  }

  /** So little that large blocks often have to do with scattered frames. */
  @Nested
  @EnabledIf("io.ashlar.region.Region#memfdAvailable")
  class TightMemfd extends Contract {
    @Override
    void configure(AshlarBuilder builder) {
      builder.memfd(true).shards(2).hardening(Hardening.STRICT);
    }

    @Override
    protected AllocatorSpec spec() {
      return AllocatorSpec.general().capacity(24 << 20, 4 << 20);
    }
  }
}
