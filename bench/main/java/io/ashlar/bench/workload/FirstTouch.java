// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What memory costs that is new: a thread allocates a large block, writes a byte to each of its
 * pages, frees it, and has it given back to the system. Run with allocators that {@linkplain
 * Subject#trim can be told to} give memory back, for which a block is new each time; and for one
 * thread, as a trim is the whole allocator's.
 */
public class FirstTouch extends Workload {

  private static final int PAGE_BYTES = 4096;

  /** For JMH. */
  public FirstTouch() {}

  /** The thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    /** Bytes of the block. */
    @Param({"65536", "1048576", "16777216"})
    public int size;

    private Subject subject;

    /** For JMH. */
    public Caller() {}

    /**
     * Sets up.
     *
     * @param underTest the allocator
     */
    @Setup
    public void setUp(UnderTest underTest) {
      subject = underTest.enter();
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
  public long touch(Caller caller) {
    Subject subject = caller.subject;
    long block = subject.malloc(caller.size);
    for (int at = 0; at < caller.size; at += PAGE_BYTES) {
      RawMemory.putByte(block + at, (byte) at);
    }
    subject.free(block);
    subject.trim();
    return block;
  }
}
