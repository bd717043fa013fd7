// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Each worker has 5,000 slots; one operation frees the block in a random slot, allocates one of 8
 * to 999 bytes in its place and writes its first and last byte. After 100 × 5,000 operations a
 * fresh thread takes over the slots, and the old one ends.
 *
 * <p>The threads at work are the benchmark's own. JMH's threads, one for each worker, only take
 * delivery of what was done, {@value LarsonWorker#PARCEL_STEPS} operations a call, and sleep in
 * between.
 */
public class Larson extends Workload {

  /** For JMH. */
  public Larson() {}

  /** A worker. */
  @State(Scope.Thread)
  public static class Chain {

    private LarsonWorker worker;

    /** For JMH. */
    public Chain() {}

    /**
     * Fills the slots.
     *
     * @param underTest the allocator
     * @param threads tells the workers apart
     */
    @Setup
    public void setUp(UnderTest underTest, ThreadParams threads) {
      underTest.enter();
      worker = new LarsonWorker(underTest.subject(), threads.getThreadIndex());
    }

    /** Sets the worker to work. */
    @Setup(Level.Iteration)
    public void start() {
      worker.start();
    }

    /**
     * Halts the worker.
     *
     * @throws InterruptedException if interrupted
     */
    @TearDown(Level.Iteration)
    public void stop() throws InterruptedException {
      worker.stop();
    }

    /**
     * Empties the slots.
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
   * Takes delivery of a parcel of operations.
   *
   * @param chain who makes them
   * @return the operations so far
   */
  @Benchmark
  @OperationsPerInvocation(LarsonWorker.PARCEL_STEPS)
  public long larson(Chain chain) {
    return chain.worker.receive();
  }
}
