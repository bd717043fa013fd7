// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread has 20 blocks of 5 to 25 MiB. One operation frees one at random and allocates another
 * in its place. Nothing is written: what is measured is the allocator, and what it asks of the
 * system; {@link FirstTouch} has what new memory costs.
 */
public class MallocLarge extends ThreadWorkload {

  private static final int STEP_BYTES = 4096;

  /** Blocks of a thread. */
  @Param("20")
  public int slots;

  /** Bytes of the smallest block. */
  @Param("5242880")
  public int minBytes;

  /** Bytes of the largest block. */
  @Param("26214400")
  public int maxBytes;

  private long[] blocks;
  private Subject subject;
  private Sequence random;

  /** For JMH. */
  public MallocLarge() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    random = new Sequence(index);
    blocks = new long[slots];
    for (int i = 0; i < slots; i++) {
      blocks[i] = allocate();
    }
  }

  private long allocate() {
    return subject.malloc(
        minBytes + (long) STEP_BYTES * random.below((maxBytes - minBytes) / STEP_BYTES + 1));
  }

  /**
   * The operation.
   *
   * @return the new block's address
   */
  @Benchmark
  public long replace() {
    int i = random.below(blocks.length);
    subject.free(blocks[i]);
    long block = allocate();
    blocks[i] = block;
    return block;
  }

  @Override
  long step(BooleanSupplier end) {
    return replace();
  }

  @Override
  void end() {
    for (long block : blocks) {
      subject.free(block);
    }
  }
}
