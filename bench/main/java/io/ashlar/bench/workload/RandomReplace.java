// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;
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

  private static final int BLOCKS = 1024;
  private static final int MIN_BYTES = 16;
  private static final int MAX_BYTES = 1023;

  /** For JMH. */
  public RandomReplace() {}

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Worker {

    private final long[] blocks = new long[BLOCKS];
    private Subject subject;
    private Sequence random;

    /** For JMH. */
    public Worker() {}

    /**
     * Allocates the first blocks.
     *
     * @param underTest the allocator
     * @param threads tells the threads apart
     */
    @Setup
    public void setUp(UnderTest underTest, ThreadParams threads) {
      subject = underTest.enter();
      random = new Sequence(threads.getThreadIndex());
      for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = allocate();
      }
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

    private long allocate() {
      return subject.malloc(MIN_BYTES + random.below(MAX_BYTES - MIN_BYTES + 1));
    }

    long replace() {
      int i = random.below(BLOCKS);
      subject.free(blocks[i]);
      long block = allocate();
      blocks[i] = block;
      return block;
    }
  }

  /**
   * The operation.
   *
   * @param worker the calling thread's
   * @return the new block's address, so that nothing is optimized away
   */
  @Benchmark
  public long replace(Worker worker) {
    return worker.replace();
  }
}
