// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread allocates n blocks of one size and writes all their bytes, then frees the first half
 * of them in order and the second half in reverse. One operation is one block: its allocation,
 * writing and free.
 */
public class GlibcSimple extends ThreadWorkload {

  /** Blocks in a call, whatever n is. */
  private static final int CALL_BLOCKS = 1600;

  /** Bytes of a block. */
  @Param({"16", "32", "64"})
  public int size;

  /** Blocks that are live together; a divisor of 1,600. */
  @Param({"25", "100", "400", "1600"})
  public int n;

  private Subject subject;
  private long[] blocks;

  /** For JMH. */
  public GlibcSimple() {}

  @Override
  void begin(Team team, int index) {
    if (n < 1 || CALL_BLOCKS % n != 0) {
      throw new IllegalArgumentException("n " + n + " is no divisor of " + CALL_BLOCKS);
    }
    subject = team.subject().forThread();
    blocks = new long[n];
  }

  /**
   * As often as makes 1,600 blocks.
   *
   * @return an address
   */
  @Benchmark
  @OperationsPerInvocation(CALL_BLOCKS)
  public long allocateAndFree() {
    for (int done = 0; done < CALL_BLOCKS; done += n) {
      allocate();
      free();
    }
    return blocks[0];
  }

  private void allocate() {
    for (int i = 0; i < blocks.length; i++) {
      long block = subject.malloc(size);
      RawMemory.fill(block, size, i);
      blocks[i] = block;
    }
  }

  private void free() {
    int half = blocks.length / 2;
    for (int i = 0; i < half; i++) {
      subject.free(blocks[i]);
    }
    for (int i = blocks.length - 1; i >= half; i--) {
      subject.free(blocks[i]);
    }
  }

  @Override
  long step(BooleanSupplier end) {
    return allocateAndFree();
  }

  @Override
  void end() {}
}
