// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * {@link RandomReplace} with more or fewer live blocks: what a call costs by their number. A search
 * by a walk over blocks grows with it, and a list of free ones with the holes between them.
 */
public class ReplaceAmong extends Workload {

  /** For JMH. */
  public ReplaceAmong() {}

  /** Parameters. */
  @State(Scope.Benchmark)
  public static class Blocks {

    /** Blocks that are live. */
    @Param({"100", "1000", "10000", "100000"})
    public int live;

    /** For JMH. */
    public Blocks() {}
  }

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    private static final int MIN_BYTES = 16;
    private static final int MAX_BYTES = 1023;

    private Subject subject;
    private Sequence random;
    private long[] blocks;

    /** For JMH. */
    public Caller() {}

    /**
     * Allocates the first blocks.
     *
     * @param underTest the allocator
     * @param parameters how many
     * @param threads tells the threads apart
     */
    @Setup
    public void setUp(UnderTest underTest, Blocks parameters, ThreadParams threads) {
      subject = underTest.enter();
      random = new Sequence(threads.getThreadIndex());
      blocks = new long[parameters.live];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = allocate();
      }
    }

    private long allocate() {
      return subject.malloc(MIN_BYTES + random.below(MAX_BYTES - MIN_BYTES + 1));
    }

    private long replace() {
      int i = random.below(blocks.length);
      subject.free(blocks[i]);
      blocks[i] = allocate();
      return blocks[i];
    }

    /**
     * Frees the last blocks.
     *
     * @param underTest the allocator
     */
    @TearDown
    public void tearDown(UnderTest underTest) {
      for (long block : blocks) {
        subject.free(block);
      }
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
    return caller.replace();
  }
}
