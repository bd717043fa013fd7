// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.Operation.Kind;
import io.ashlar.region.Region;
import java.util.List;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on the scalable allocator, checked against a map of live intervals. */
class RandomOperationsTest {

  private static final int OPERATIONS = 60_000;

  /** Short sequences, which are made shorter still when they fail. */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void shortSequences(@ForAll("operations") List<Operation> operations) {
    try (Allocator allocator = Ashlar.builder().capacity(64 << 20).shards(2).build()) {
      Model model = new Model(allocator, spec(64 << 20, Hardening.STANDARD));
      operations.forEach(model::apply);
      model.end();
    }
  }

  @Provide
  Arbitrary<List<Operation>> operations() {
    Arbitrary<Long> sizes =
        Arbitraries.frequencyOf(
            Tuple.of(8, Arbitraries.longs().between(0, 1024)),
            Tuple.of(3, Arbitraries.longs().between(0, 70_000)),
            Tuple.of(1, Arbitraries.longs().between(0, 36 << 20)));
    return Combinators.combine(
            Arbitraries.of(Kind.class),
            sizes,
            Arbitraries.integers().between(0, 21),
            Arbitraries.integers().between(0, 1000))
        .as(Operation::new)
        .list()
        .ofMaxSize(120);
  }

  @ParameterizedTest
  @EnumSource(Hardening.class)
  void longSequences(Hardening hardening) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Allocator allocator =
              Ashlar.builder().capacity(256 << 20).hardening(hardening).build()) {
            run(allocator, spec(256 << 20, hardening), random, OPERATIONS, 21);
          }
        });
  }

  @Test
  void longSequencesWithMappings() throws InterruptedException {
    Seeds.run(
        random -> {
          try (Allocator allocator = Ashlar.builder().capacity(1L << 30).build()) {
            run(allocator, spec(1L << 30, Hardening.STANDARD), random, 4000, 26);
          }
        });
  }

  /** Most of the time memory is out. */
  @ParameterizedTest
  @ValueSource(ints = {64 << 10, 128 << 10, 640 << 10, 3 << 20})
  void littleMemory(int capacity) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Allocator allocator = Ashlar.builder().capacity(capacity).build()) {
            // Live bytes are bounded by a quarter of what the specification says.
            run(allocator, spec(4L * capacity, Hardening.STANDARD), random, OPERATIONS, 15);
          }
        });
  }

  @Test
  void aLimitBelowTheCapacity() throws InterruptedException {
    Seeds.run(
        random -> {
          try (Allocator allocator = Ashlar.builder().limit(4 << 20).build()) {
            Model model =
                run(allocator, spec(64 << 20, Hardening.STANDARD), random, OPERATIONS, 22);
            assertThat(model.refusedForLackOfMemory()).isPositive();
          }
        });
  }

  @Test
  void withoutTheSystemsCalls() throws InterruptedException {
    Seeds.run(
        random -> {
          try (Allocator allocator = Ashlar.builder().portable(true).capacity(32 << 20).build()) {
            run(allocator, spec(32 << 20, Hardening.STANDARD), random, OPERATIONS, 18);
          }
        });
  }

  /** With so little that large blocks are often made of scattered frames. */
  @ParameterizedTest
  @ValueSource(ints = {3 << 20, 24 << 20, 256 << 20})
  void onAMemoryFile(int capacity) throws InterruptedException {
    assumeTrue(Region.memfdAvailable(), "a system with memfd_create");
    Seeds.run(
        random -> {
          try (Allocator allocator = Ashlar.builder().memfd(true).capacity(capacity).build()) {
            run(allocator, spec(4L * capacity, Hardening.STANDARD), random, OPERATIONS / 4, 21);
          }
        });
  }

  /** The model must not pass an allocator that is wrong. */
  @ParameterizedTest
  @EnumSource(BrokenAllocator.Fault.class)
  void faultsAreFound(BrokenAllocator.Fault fault) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Allocator allocator =
              new BrokenAllocator(Ashlar.builder().capacity(256 << 20).build(), fault)) {
            Throwable found =
                assertThrows(
                    Throwable.class,
                    () ->
                        run(
                            allocator,
                            spec(256 << 20, Hardening.STANDARD),
                            random,
                            OPERATIONS,
                            16));
            assertThat(found).hasMessageFindingMatch(fault.found);
          }
        });
  }

  private static Model run(
      Allocator allocator,
      AllocatorSpec spec,
      RandomGenerator random,
      int operations,
      int log2MaxSize) {
    Model model = new Model(allocator, spec);
    for (int i = 0; i < operations; i++) {
      model.apply(Operation.random(random, log2MaxSize));
    }
    model.end();
    return model;
  }

  private static AllocatorSpec spec(long capacity, Hardening hardening) {
    AllocatorSpec spec = AllocatorSpec.general().capacity(capacity, capacity / 4);
    return hardening == Hardening.OFF
        ? spec.without(Feature.REFUSES_DOUBLE_FREE, Feature.REFUSES_INTERIOR)
        : spec;
  }
}
