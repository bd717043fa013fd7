// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Each thread allocates a block and frees it. One operation is the pair. */
public class Pair extends Workload {

  /** For JMH. */
  public Pair() {}

  /** Parameters. */
  @State(Scope.Benchmark)
  public static class Sizes {

    /** Bytes of the block. */
    @Param({"16", "64", "256", "1024", "8192"})
    public int size;

    /** For JMH. */
    public Sizes() {}
  }

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    private PairWorker worker;

    /** For JMH. */
    public Caller() {}

    /**
     * Sets up.
     *
     * @param underTest the allocator
     * @param sizes the block's size
     */
    @Setup
    public void setUp(UnderTest underTest, Sizes sizes) {
      worker = new PairWorker(underTest.enter(), sizes.size);
    }

    /**
     * Ends.
     *
     * @param underTest the allocator
     */
    @TearDown
    public void tearDown(UnderTest underTest) {
      underTest.leave();
    }
  }

  /**
   * The operation.
   *
   * @param caller the calling thread
   * @return the block's address, so that nothing is optimized away
   */
  @Benchmark
  public long pair(Caller caller) {
    return caller.worker.step();
  }
}
