// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.bench.JvmCell;
import io.ashlar.bench.subject.FreeListSubject;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import io.ashlar.region.Region;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every workload with every allocator that fits it, all calls verified. */
class SelfCheckTest {

  /** Preloaded, or the same class with another setting. */
  private static final Set<Peer> APART =
      EnumSet.of(Peer.JEMALLOC, Peer.TCMALLOC, Peer.ASHLAR_MEMFD);

  /** In static fields, as programs have them: other tests use these too. */
  private static final Set<Peer> OPEN_FOR_GOOD = EnumSet.of(Peer.ASHLAR, Peer.SLAB_CACHE);

  private static Stream<Peer> sound() {
    return Arrays.stream(Peer.values())
        .filter(peer -> peer != Peer.NONE && peer.isPresent())
        .filter(
            peer ->
                Region.memfdAvailable() || (peer != Peer.PAGE_MAPPER && peer != Peer.ASHLAR_MEMFD));
  }

  static Stream<Peer> inThisJvm() {
    return sound().filter(peer -> !APART.contains(peer));
  }

  static Stream<Peer> inJvmsOfTheirOwn() {
    return sound().filter(APART::contains);
  }

  @ParameterizedTest
  @MethodSource("inThisJvm")
  @SuppressWarnings("MustBeClosed")
  void everyWorkloadFindsItsAllocatorSound(Peer peer) throws Exception {
    Subject subject = peer.openVerified(2);
    SelfCheck.run(peer, subject);
    if (OPEN_FOR_GOOD.contains(peer)) {
      subject.checkEmpty();
    } else {
      subject.close();
    }
  }

  @ParameterizedTest
  @MethodSource("inJvmsOfTheirOwn")
  void everyWorkloadFindsItsAllocatorSoundInItsJvm(Peer peer) throws Exception {
    assertThat(JvmCell.measure(peer, List.of(), SelfCheck.class, peer.label())).isEqualTo("sound");
  }

  /** A free list that gives out what is live, now and then; to see that, a workload needs some. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"PAIR", "FIRST_TOUCH", "CACHE_THRASH", "CACHE_SCRATCH"})
  void everyWorkloadFindsABrokenAllocatorOut(WorkloadName workload) {
    Subject verified =
        new FreeListSubject() {
          private final long[] recent = new long[7];
          private int calls;

          @Override
          public synchronized long malloc(long byteSize) {
            return breakOften(super.malloc(byteSize));
          }

          private long breakOften(long block) {
            calls++;
            long old = recent[calls % recent.length];
            recent[calls % recent.length] = block;
            return calls % 5 == 0 && old != 0 ? old : block;
          }
        }.verified();
    assertThatThrownBy(() -> SelfCheck.run(workload, verified))
        .hasMessageContaining(workload.label());
  }

  @Test
  void contentsAreVerifiedWhereNoGuardStands() {
    Subject verified =
        new FreeListSubject() {
          private long victim;

          @Override
          public synchronized long malloc(long byteSize) {
            if (victim != 0) {
              RawMemory.putLong(victim, -1);
            }
            long block = super.malloc(byteSize);
            victim = byteSize >= 200 ? block + 96 : 0;
            return block;
          }
        }.verified();
    assertThatThrownBy(() -> SelfCheck.run(WorkloadName.M_STRESS, verified))
        .hasStackTraceContaining("was overwritten");
  }
}
