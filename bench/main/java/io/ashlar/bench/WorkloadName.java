// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.subject.Peer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The workloads, and which allocators fit them. */
enum WorkloadName {
  PAIR("Pair"),
  RANDOM_REPLACE("RandomReplace"),
  LARSON("Larson"),
  XMALLOC_TEST("XmallocTest"),
  TRACE_REPLAY("TraceReplay");

  private final String label;

  WorkloadName(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /** Matches the workload's benchmarks alone. */
  String pattern() {
    return "\\." + label + "\\.";
  }

  /** An arena is freed as a whole, and a handle is its thread's: they fit where blocks pair up. */
  boolean fits(Peer peer) {
    return switch (peer) {
      case ARENA, ASHLAR_HANDLE -> this == PAIR;
      default -> true;
    };
  }

  /** Patterns of the workloads that a peer does not fit. */
  static List<String> unfit(Peer peer) {
    return Arrays.stream(values())
        .filter(workload -> !workload.fits(peer))
        .map(WorkloadName::pattern)
        .toList();
  }

  /** The peers that can be run here. */
  static Stream<Peer> present() {
    return Arrays.stream(Peer.values()).filter(Peer::isPresent);
  }
}
