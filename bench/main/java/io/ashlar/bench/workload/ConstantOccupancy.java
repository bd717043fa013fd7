// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread holds 31 blocks: of a size S there are 16, of twice the size 8, and so on to one of
 * 16 S. One operation frees one at random and allocates one of the same size in its place.
 */
public class ConstantOccupancy extends ThreadWorkload {

  private static final int LARGEST = 16;

  /** Bytes of the smallest block. */
  @Param({"8", "128"})
  public int size;

  private final long[] blocks = new long[2 * LARGEST - 1];
  private final int[] sizes = new int[2 * LARGEST - 1];
  private Subject subject;
  private Sequence random;

  /** For JMH. */
  public ConstantOccupancy() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    random = new Sequence(index);
    int next = 0;
    for (int times = LARGEST; times > 0; times /= 2) {
      for (int i = 0; i < LARGEST / times; i++) {
        sizes[next] = times * size;
        blocks[next] = allocate(sizes[next]);
        next++;
      }
    }
  }

  private long allocate(int bytes) {
    long block = subject.malloc(bytes);
    RawMemory.putByte(block, (byte) bytes);
    return block;
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
    long block = allocate(sizes[i]);
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
