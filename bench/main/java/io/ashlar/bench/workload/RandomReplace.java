// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * Each thread holds 1,024 blocks of 16 to 1,023 bytes. One operation frees one at random and
 * allocates another in its place.
 */
public class RandomReplace extends ThreadWorkload {

  private ReplaceWorker worker;

  /** For JMH. */
  public RandomReplace() {}

  @Override
  void begin(Team team, int index) {
    worker = new ReplaceWorker(team.subject().forThread(), index);
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
