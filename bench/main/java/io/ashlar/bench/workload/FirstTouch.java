// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * What memory costs that is new: a thread allocates a large block, writes a byte to each of its
 * pages, frees it, and has it given back to the system. Run with allocators that {@linkplain
 * Subject#trim can be told to} give memory back, for which a block is new each time; and for one
 * thread, as a trim is the whole allocator's.
 */
public class FirstTouch extends ThreadWorkload {

  private static final int PAGE_BYTES = 4096;

  /** Bytes of the block. */
  @Param({"65536", "1048576", "16777216"})
  public int size;

  private Subject subject;

  /** For JMH. */
  public FirstTouch() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
  }

  /**
   * The operation.
   *
   * @return the block's address, so that nothing is optimized away
   */
  @Benchmark
  public long touch() {
    long block = subject.malloc(size);
    for (int at = 0; at < size; at += PAGE_BYTES) {
      RawMemory.putByte(block + at, (byte) at);
    }
    subject.free(block);
    subject.trim();
    return block;
  }

  @Override
  long step(BooleanSupplier end) {
    return touch();
  }

  @Override
  void end() {}
}
