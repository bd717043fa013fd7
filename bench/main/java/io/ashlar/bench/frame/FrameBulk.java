// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * The threads allocate half of the memory together, and each frees its share, the last run first.
 * One operation is all of that. After LLFree's benchmark of the name.
 */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class FrameBulk extends FrameWorkload {

  /** For JMH. */
  public FrameBulk() {}

  /**
   * The operation.
   *
   * @param underTest the allocator
   * @param threads tells the threads apart
   */
  @Benchmark
  public void bulk(FramesUnderTest underTest, ThreadParams threads) {
    int thread = threads.getThreadIndex();
    underTest.allocateShare(thread);
    underTest.freeShare(thread);
  }
}
