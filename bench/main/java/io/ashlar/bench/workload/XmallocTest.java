// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.infra.Control;

/**
 * Half of the threads allocate batches of 4,096 blocks and write the first min(size, 128) bytes of
 * each; the other half frees them. The batches go through a stack of at most 100.
 *
 * <p>One operation is one block's way from its allocation to its free. Each of the two is half of
 * it, so that operations per second are blocks per second, whatever the number of threads; the time
 * per operation is the time of both threads together.
 */
public class XmallocTest extends ThreadWorkload {

  /** Bytes of a block; {@code mixed}: at random one of 17 sizes from 8 to 2,048. */
  @Param("64")
  public String sizes;

  private XmallocWorker worker;

  /** For JMH. */
  public XmallocTest() {}

  @Override
  void begin(Team team, int index) {
    HandOver handOver =
        team.share(
            HandOver.class, () -> new HandOver(XmallocWorker.BATCHES, XmallocWorker.BATCH_BLOCKS));
    int[] bytes =
        sizes.equals("mixed")
            ? XmallocWorker.mixedSizes(index)
            : new int[] {Integer.parseInt(sizes)};
    worker = new XmallocWorker(team.subject().forThread(), handOver, index, team.threads(), bytes);
  }

  /**
   * Allocates and hands over, or takes and frees, one batch.
   *
   * @param control tells when measuring ends
   * @return whether it was done
   */
  @Benchmark
  @OperationsPerInvocation(XmallocWorker.BATCH_BLOCKS / 2)
  public boolean batch(Control control) {
    return worker.step(() -> control.stopMeasurement);
  }

  @Override
  long step(BooleanSupplier end) {
    return worker.step(end) ? 1 : 0;
  }

  @Override
  void end() {
    worker.finish();
  }
}
