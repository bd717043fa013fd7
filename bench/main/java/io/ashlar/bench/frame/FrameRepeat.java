// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import io.ashlar.frame.FrameAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Half of the memory is allocated; then each thread allocates a run and frees it. One operation is
 * the pair. After LLFree's benchmark of the name.
 */
public class FrameRepeat extends FrameWorkload {

  /** For JMH. */
  public FrameRepeat() {}

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    /**
     * Which half: {@code low} the first runs that there are, so that a pair splits a buddy of the
     * largest order and merges it again; {@code scattered} every other run, so that no two free
     * ones merge.
     */
    @Param({"low", "scattered"})
    public String half;

    private FrameAllocator frames;
    private int count;

    /** For JMH. */
    public Caller() {}

    /**
     * Allocates the thread's share.
     *
     * @param underTest the allocator
     * @param threads tells the threads apart
     */
    @Setup(Level.Iteration)
    public void setUp(FramesUnderTest underTest, ThreadParams threads) {
      frames = underTest.frames();
      count = 1 << underTest.order;
      if (half.equals("low")) {
        underTest.allocateShare(threads.getThreadIndex());
      } else if (threads.getThreadIndex() == 0) {
        underTest.allocateScattered();
      }
    }
  }

  /**
   * The operation.
   *
   * @param caller the calling thread
   * @return the run, so that nothing is optimized away
   */
  @Benchmark
  public int pair(Caller caller) {
    int run = caller.frames.allocate(caller.count, 1);
    caller.frames.free(run, caller.count);
    return run;
  }
}
