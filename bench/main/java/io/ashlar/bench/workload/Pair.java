// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Each thread allocates a block and frees it. One operation is the pair. */
public class Pair extends ThreadWorkload {

  /** Bytes of the block. */
  @Param({"16", "64", "256", "1024", "8192"})
  public int size;

  private PairWorker worker;

  /** For JMH. */
  public Pair() {}

  @Override
  void begin(Team team, int index) {
    worker = new PairWorker(team.subject().forThread(), size);
  }

  /**
   * The operation.
   *
   * @return the block's address, so that nothing is optimized away
   */
  @Benchmark
  public long pair() {
    return worker.step();
  }

  @Override
  long step(BooleanSupplier end) {
    return pair();
  }

  @Override
  void end() {}
}
