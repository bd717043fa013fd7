// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread makes a burst of allocations of one size, then frees them all in order. One operation
 * is one block: its allocation and its free.
 */
public class LinuxScalability extends Bursts {

  /** Bytes of a block. */
  @Param({"8", "512"})
  public int size;

  /** Blocks in the burst of a thread. */
  @Param("100000")
  public int blocks;

  /** For JMH. */
  public LinuxScalability() {}

  @Override
  void begin(Team team, int index) {
    begin(team.subject().forThread(), size, blocks);
  }

  /**
   * The next calls of the burst.
   *
   * @return how far it is
   */
  @Benchmark
  @OperationsPerInvocation(STEP_CALLS / 2)
  public long burst() {
    return step(() -> false);
  }
}
