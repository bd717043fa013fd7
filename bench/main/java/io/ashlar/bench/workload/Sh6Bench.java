// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread allocates blocks of many sizes in small groups: for base 1, then 3/2 base + 1 and so
 * on below 1,000, and for each size base, base/2, … 1 it allocates 250 blocks if they have less
 * than 100 bytes, else 50, and writes the first byte and the last. When the buffer of pointers is
 * full, a fifth of it is kept, another one each time; those below it are freed in order, those
 * above in reverse.
 *
 * <p>One operation is one block: its allocation, and sooner or later its free.
 */
public class Sh6Bench extends ThreadWorkload {

  private static final int STEP_BLOCKS = 50;
  private static final int END_OF_BASES = 1000;
  private static final int SMALL_BYTES = 100;
  private static final int SMALL_GROUP = 250;
  private static final int LARGE_GROUP = 50;
  private static final int PARTS = 5;

  /** Blocks that the buffer has room for. */
  @Param("5000")
  public int buffer;

  private Subject subject;
  private long[] blocks;
  private int live;
  private int keptPart;
  private int base = 1;
  private int size = 1;
  private int left = SMALL_GROUP;

  /** For JMH. */
  public Sh6Bench() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    blocks = new long[buffer];
  }

  /**
   * The next 50 blocks.
   *
   * @return how many are live
   */
  @Benchmark
  @OperationsPerInvocation(STEP_BLOCKS)
  public long allocate() {
    for (int done = 0; done < STEP_BLOCKS; ) {
      int n = Math.min(Math.min(STEP_BLOCKS - done, left), blocks.length - live);
      allocate(n);
      done += n;
      left -= n;
      if (left == 0) {
        nextSize();
      }
      if (live == blocks.length) {
        freeMost();
      }
    }
    return live;
  }

  private void allocate(int n) {
    int bytes = size;
    for (int to = live + n; live < to; live++) {
      long block = subject.malloc(bytes);
      RawMemory.putByte(block, (byte) live);
      RawMemory.putByte(block + bytes - 1, (byte) live);
      blocks[live] = block;
    }
  }

  private void nextSize() {
    if (size > 1) {
      size /= 2;
    } else {
      base = base * 3 / 2 + 1;
      base = base < END_OF_BASES ? base : 1;
      size = base;
    }
    left = size < SMALL_BYTES ? SMALL_GROUP : LARGE_GROUP;
  }

  private void freeMost() {
    int from = (int) ((long) live * keptPart / PARTS);
    int to = (int) ((long) live * (keptPart + 1) / PARTS);
    keptPart = (keptPart + 1) % PARTS;
    for (int i = 0; i < from; i++) {
      subject.free(blocks[i]);
    }
    for (int i = live - 1; i >= to; i--) {
      subject.free(blocks[i]);
    }
    live = to - from;
    System.arraycopy(blocks, from, blocks, 0, live);
  }

  @Override
  long step(BooleanSupplier end) {
    return allocate();
  }

  @Override
  void end() {
    for (int i = 0; i < live; i++) {
      subject.free(blocks[i]);
    }
  }
}
