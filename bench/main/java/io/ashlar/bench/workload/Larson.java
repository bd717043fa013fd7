// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Each worker has 5,000 slots; one operation frees the block in a random slot, allocates one of 8
 * to 999 bytes in its place and writes its first and last byte. After 100 × 5,000 operations a
 * fresh thread takes over the slots, and the old one ends.
 *
 * <p>The threads at work are the benchmark's own. JMH's threads, one for each worker, only take
 * delivery of what was done, {@value LarsonWorker#PARCEL_STEPS} operations a call, and sleep in
 * between.
 */
public class Larson extends ThreadWorkload {

  /** Slots of a worker. */
  @Param("5000")
  public int slots;

  private LarsonWorker worker;

  /** For JMH. */
  public Larson() {}

  @Override
  void begin(Team team, int index) {
    worker = new LarsonWorker(team.subject(), index, slots);
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
   * Takes delivery of a parcel of operations.
   *
   * @return the operations so far
   */
  @Benchmark
  @OperationsPerInvocation(LarsonWorker.PARCEL_STEPS)
  public long larson() {
    return worker.receive();
  }

  @Override
  long step(BooleanSupplier end) {
    return larson();
  }

  @Override
  void end() {
    worker.finish();
  }
}
