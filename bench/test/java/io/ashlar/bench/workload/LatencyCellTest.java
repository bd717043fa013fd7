// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.latency.Calls;
import io.ashlar.bench.latency.LatencyRound;
import io.ashlar.bench.latency.Timing;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.LatencyCell.Request;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class LatencyCellTest {

  static final Set<WorkloadName> WORKLOADS = LatencyCell.WORKLOADS;

  @ParameterizedTest
  @FieldSource("WORKLOADS")
  void timesEachCallInBothWays(WorkloadName workload) throws InterruptedException {
    Request request = new Request(workload, Peer.GLIBC, 2, 20, 1_000);
    LatencyRound round = LatencyCell.here(request);

    for (Timing timing : Timing.values()) {
      assertThat(round.calls().get(timing).of(Calls.MALLOC).getTotalCount()).isPositive();
      assertThat(round.calls().get(timing).of(Calls.FREE).getTotalCount()).isPositive();
      assertThat(round.empty().get(timing).of(Calls.BOTH).getTotalCount()).isPositive();
    }
    assertThat(LatencyRound.parse(round.toLines())).isEqualTo(round);
  }
}
