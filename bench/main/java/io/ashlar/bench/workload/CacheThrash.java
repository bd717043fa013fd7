// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.infra.Control;

/**
 * Each thread allocates a block of one byte, increments that byte over and over, and frees the
 * block. Where an allocator gives blocks of one cache line to two threads, the line travels at each
 * increment.
 *
 * <p>One operation is all of that: a block, and 2,000,000 increments divided among the threads.
 */
public class CacheThrash extends ThreadWorkload {

  /** Increments of all threads together while each has one block. */
  @Param("2000000")
  public int increments;

  Subject subject;
  private int share;

  /** For JMH. */
  public CacheThrash() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    share = increments / team.threads();
  }

  /**
   * The operation.
   *
   * @param control tells when measuring ends
   * @return the byte at last
   */
  @Benchmark
  public long increment(Control control) {
    return step(() -> control.stopMeasurement);
  }

  @Override
  long step(BooleanSupplier end) {
    long block = subject.malloc(1);
    RawMemory.putByte(block, (byte) 0);
    for (int i = 0; i < share; i++) {
      RawMemory.increment(block);
    }
    long last = RawMemory.getByte(block);
    subject.free(block);
    return last;
  }

  @Override
  void end() {}
}
