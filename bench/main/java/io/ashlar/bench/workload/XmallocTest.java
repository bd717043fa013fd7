// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Control;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Half of the threads allocate batches of 4,096 blocks and write the first min(size, 128) bytes of
 * each; the other half frees them. The batches go through a stack of at most 100.
 *
 * <p>One operation is one block's way from its allocation to its free. Each of the two is half of
 * it, so that operations per second are blocks per second, whatever the number of threads; the time
 * per operation is the time of both threads together.
 */
public class XmallocTest extends Workload {

  /** For JMH. */
  public XmallocTest() {}

  /** Parameters, and what the threads share. */
  @State(Scope.Benchmark)
  public static class Shared {

    /** Bytes of a block; {@code mixed}: at random one of 17 sizes from 8 to 2,048. */
    @Param("64")
    public String sizes;

    private final HandOver handOver =
        new HandOver(XmallocWorker.BATCHES, XmallocWorker.BATCH_BLOCKS);

    /** For JMH. */
    public Shared() {}

    private int[] sizes(int thread) {
      return sizes.equals("mixed")
          ? XmallocWorker.mixedSizes(thread)
          : new int[] {Integer.parseInt(sizes)};
    }
  }

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    private XmallocWorker worker;

    /** For JMH. */
    public Caller() {}

    /**
     * Chooses the thread's role.
     *
     * @param underTest the allocator
     * @param shared what the threads share
     * @param threads tells the threads apart
     */
    @Setup
    public void setUp(UnderTest underTest, Shared shared, ThreadParams threads) {
      int index = threads.getThreadIndex();
      worker =
          new XmallocWorker(
              underTest.enter(),
              shared.handOver,
              index,
              threads.getThreadCount(),
              shared.sizes(index));
    }

    /**
     * Frees what is left.
     *
     * @param underTest the allocator
     */
    @TearDown
    public void tearDown(UnderTest underTest) {
      worker.finish();
      underTest.leave();
    }
  }

  /**
   * Allocates and hands over, or takes and frees, one batch.
   *
   * @param caller the calling thread's
   * @param control tells when measuring ends
   * @return whether it was done
   */
  @Benchmark
  @OperationsPerInvocation(XmallocWorker.BATCH_BLOCKS / 2)
  public boolean batch(Caller caller, Control control) {
    return caller.worker.step(() -> control.stopMeasurement);
  }
}
