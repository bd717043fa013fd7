// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread has 1,024 slots. One operation frees the block in a random one, allocates 4 to 32,768
 * bytes by an inverse-square law in its place, and writes all of them.
 */
public class GlibcThread extends ThreadWorkload {

  private static final int MIN_BYTES = 4;

  /** Sizes drawn beforehand, a power of two. */
  private static final int DRAWN = 1 << 14;

  /** Blocks of a thread. */
  @Param("1024")
  public int slots;

  /** Bytes of the largest block. */
  @Param("32768")
  public int maxBytes;

  private final int[] sizes = new int[DRAWN];
  private long[] blocks;
  private Subject subject;
  private Sequence random;
  private int next;

  /** For JMH. */
  public GlibcThread() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    random = new Sequence(index);
    Arrays.setAll(sizes, i -> draw());
    blocks = new long[slots];
    Arrays.setAll(blocks, i -> allocate());
  }

  /** The inverse of the share of blocks that are no larger: 1/min - 1/x, over all of it. */
  private int draw() {
    double all = 1.0 / MIN_BYTES - 1.0 / maxBytes;
    return (int) (1 / (1.0 / MIN_BYTES - all * random.next() / (1L << 32)));
  }

  private long allocate() {
    int bytes = sizes[next];
    next = (next + 1) & (DRAWN - 1);
    long block = subject.malloc(bytes);
    RawMemory.fill(block, bytes, next);
    return block;
  }

  /**
   * The operation.
   *
   * @return the new block's address
   */
  @Benchmark
  public long replace() {
    return replaceOne();
  }

  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  private long replaceOne() {
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
