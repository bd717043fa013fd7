// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.infra.Control;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * The threads allocate half of the memory together; then its runs are shuffled over them, and each
 * frees its share of those. One operation is all of that. After LLFree's benchmark of the name.
 */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class FrameRandom extends FrameWorkload {

  /** For JMH. */
  public FrameRandom() {}

  /**
   * The operation.
   *
   * @param underTest the allocator
   * @param threads tells the threads apart
   * @param control tells when they stop
   */
  @Benchmark
  public void random(FramesUnderTest underTest, ThreadParams threads, Control control) {
    int thread = threads.getThreadIndex();
    underTest.allocateShare(thread);
    if (underTest.await(control, threads.getThreadCount())) {
      underTest.freeShuffled(thread);
      underTest.await(control, threads.getThreadCount());
    }
  }
}
