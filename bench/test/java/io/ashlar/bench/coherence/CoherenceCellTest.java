// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.coherence.CoherenceCell.Request;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whole allocators on virtual cores. */
class CoherenceCellTest {

  private static Map<Integer, Traffic> run(WorkloadName workload, Peer peer, long seed)
      throws InterruptedException {
    Request request = new Request(workload, peer, Costs.ofNanos(1, 50), seed);
    return CoherenceCell.run(request, List.of(1, 2));
  }

  /** A lock and what is under it move at each call; thread caches do not. */
  @Test
  void aSpinLockMovesLinesWhereTheScalableAllocatorMovesNone() throws InterruptedException {
    Map<Integer, Traffic> locked = run(WorkloadName.RANDOM_REPLACE, Peer.SPINLOCK, 1);
    Map<Integer, Traffic> scalable = run(WorkloadName.RANDOM_REPLACE, Peer.ASHLAR, 1);
    assertThat(locked.get(1).moves()).isZero();
    assertThat(scalable.get(1).moves()).isZero();
    assertThat(locked.get(2).moves()).isGreaterThan(0.5);
    assertThat(scalable.get(2).moves()).isLessThan(0.01);
  }

  /** Remote frees are handed over, so lines move; by the seed alone. */
  @Test
  void theSameSeedGivesTheSameAndAnotherAnother() throws InterruptedException {
    Map<Integer, Traffic> traffic = run(WorkloadName.XMALLOC_TEST, Peer.ASHLAR, 1);
    assertThat(traffic.get(1).moves()).isZero();
    assertThat(traffic.get(2).moves()).isBetween(0.1, 2.0);
    assertThat(run(WorkloadName.XMALLOC_TEST, Peer.ASHLAR, 1)).isEqualTo(traffic);
    assertThat(run(WorkloadName.XMALLOC_TEST, Peer.ASHLAR, 2)).isNotEqualTo(traffic);
  }
}
