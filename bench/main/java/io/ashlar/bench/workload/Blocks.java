// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The second figure of workloads whose operations are of many blocks: the time for a block. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Blocks {

  /** Blocks allocated, each of which is freed sooner or later. */
  public long blocks;

  /** For JMH. */
  public Blocks() {}
}
