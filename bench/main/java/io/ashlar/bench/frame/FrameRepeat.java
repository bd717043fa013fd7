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

  /** What is allocated before. */
  @State(Scope.Benchmark)
  public static class Half {

    /**
     * Which half: {@code low} the first runs that there are, so that a pair splits a buddy of the
     * largest order and merges it again; {@code scattered} every other run, so that no two free
     * ones merge.
     */
    @Param({"low", "scattered"})
    public String half;

    /** For JMH. */
    public Half() {}

    /**
     * Allocates every other run. No thread can be at work yet: for a while there is no run free.
     *
     * @param underTest the allocator
     */
    @Setup(Level.Iteration)
    public void setUp(FramesUnderTest underTest) {
      if (isScattered()) {
        underTest.allocateScattered();
      }
    }

    boolean isScattered() {
      return half.equals("scattered");
    }
  }

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    private FrameAllocator frames;
    private int count;

    /** For JMH. */
    public Caller() {}

    /**
     * Allocates the thread's share.
     *
     * @param underTest the allocator
     * @param half what is allocated
     * @param threads tells the threads apart
     */
    @Setup(Level.Iteration)
    public void setUp(FramesUnderTest underTest, Half half, ThreadParams threads) {
      frames = underTest.frames();
      count = 1 << underTest.order;
      if (!half.isScattered()) {
        underTest.allocateShare(threads.getThreadIndex());
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
