// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The threads have 2^18 slots together, half of them full at first. One operation picks a slot, the
 * same few over and over and others seldom: four times of five one of the first fifth, of that four
 * times of five one of its first fifth, and so on, six times. If the slot is full, every byte of
 * the block is read and it is freed; if it is empty, a block is allocated and every byte written.
 * Half of the blocks have 5 to 8 bytes, a quarter 9 to 16, and so on to 1,024.
 */
public class AllocTest extends ThreadWorkload {

  private static final int FOLDS = 6;

  /** Four of five, by the ten bits of which a choice is made. */
  private static final int FOUR_OF_FIVE = 819;

  private static final int CHOICE_BITS = 10;
  private static final int CHOICE_MASK = (1 << CHOICE_BITS) - 1;
  private static final int MIN_LOG = 2;
  private static final int LOGS = 8;

  /** Slots of all threads together. */
  @Param("262144")
  public int slots;

  private long[] blocks;
  private int[] sizes;
  private Subject subject;
  private Sequence random;

  /** For JMH. */
  public AllocTest() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    random = new Sequence(index);
    blocks = new long[Math.max(1, slots / team.threads())];
    sizes = new int[blocks.length];
    for (int i = 0; i < blocks.length; i += 2) {
      allocate(i);
    }
  }

  private long allocate(int slot) {
    int log = MIN_LOG + Math.min(LOGS - 1, Long.numberOfTrailingZeros(random.next()));
    int bytes = (1 << log) + 1 + random.below(1 << log);
    long block = subject.malloc(bytes);
    RawMemory.fill(block, bytes, slot);
    blocks[slot] = block;
    sizes[slot] = bytes;
    return block;
  }

  private int pick() {
    int from = 0;
    int length = blocks.length;
    long choices = (random.next() >>> 2) | ((random.next() >>> 2) << (3 * CHOICE_BITS));
    for (int fold = 0; fold < FOLDS; fold++) {
      int first = length / 5;
      if ((choices & CHOICE_MASK) < FOUR_OF_FIVE) {
        length = Math.max(1, first);
      } else {
        from += first;
        length -= first;
      }
      choices >>>= CHOICE_BITS;
    }
    return from + random.below(length);
  }

  /**
   * The operation.
   *
   * @return what was read, or the new block's address
   */
  @Benchmark
  public long replace() {
    int i = pick();
    long block = blocks[i];
    if (block == 0) {
      return allocate(i);
    }
    long sum = RawMemory.sum(block, sizes[i]);
    subject.free(block);
    blocks[i] = 0;
    return sum;
  }

  @Override
  long step(BooleanSupplier end) {
    return replace();
  }

  @Override
  void end() {
    for (long block : blocks) {
      if (block != 0) {
        subject.free(block);
      }
    }
  }
}
