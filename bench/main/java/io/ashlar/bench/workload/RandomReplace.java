// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Each thread holds 1,024 blocks of 16 to 1,023 bytes. One operation frees one at random and
 * allocates another in its place.
 */
public class RandomReplace extends Workload {

  /** For JMH. */
  public RandomReplace() {}

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    private ReplaceWorker worker;

    /** For JMH. */
    public Caller() {}

    /**
     * Allocates the first blocks.
     *
     * @param underTest the allocator
     * @param threads tells the threads apart
     */
    @Setup
    public void setUp(UnderTest underTest, ThreadParams threads) {
      worker = new ReplaceWorker(underTest.enter(), threads.getThreadIndex());
    }

    /**
     * Frees the last blocks.
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
   * The operation.
   *
   * @param caller the calling thread
   * @return the new block's address, so that nothing is optimized away
   */
  @Benchmark
  public long replace(Caller caller) {
    return caller.worker.step();
  }
}
