// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread allocates its part of 10,000 blocks of 8 bytes and then frees them, again and again.
 * One operation is one block: its allocation and its free.
 */
public class ThreadTest extends Bursts {

  /** Bytes of a block. */
  @Param("8")
  public int size;

  /** Blocks of all threads together. */
  @Param("10000")
  public int blocks;

  /** For JMH. */
  public ThreadTest() {}

  @Override
  void begin(Team team, int index) {
    begin(team.subject().forThread(), size, Math.max(1, blocks / team.threads()));
  }

  /**
   * The next calls.
   *
   * @return how far it is
   */
  @Benchmark
  @OperationsPerInvocation(STEP_CALLS / 2)
  public long burst() {
    return step(() -> false);
  }
}
