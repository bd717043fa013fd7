// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * {@link RandomReplace} with more or fewer live blocks: what a call costs by their number. A search
 * by a walk over blocks grows with it, and a list of free ones with the holes between them.
 */
public class ReplaceAmong extends ThreadWorkload {

  /** Blocks that are live. */
  @Param({"100", "1000", "10000", "100000"})
  public int live;

  private ReplaceWorker worker;

  /** For JMH. */
  public ReplaceAmong() {}

  @Override
  void begin(Team team, int index) {
    worker = new ReplaceWorker(team.subject().forThread(), index, live);
  }

  /**
   * The operation.
   *
   * @return the new block's address, so that nothing is optimized away
   */
  @Benchmark
  public long replace() {
    return worker.step();
  }

  @Override
  long step(BooleanSupplier end) {
    return replace();
  }

  @Override
  void end() {
    worker.finish();
  }
}
