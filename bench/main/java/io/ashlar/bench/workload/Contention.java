// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The threads share slots. One operation allocates 16 to 1,039 bytes, writes the first byte and the
 * last, swaps the block for the one in a random slot, and frees that, whoever allocated it.
 */
public class Contention extends ThreadWorkload {

  private static final int MIN_BYTES = 16;
  private static final int MAX_BYTES = 1039;

  /** Slots of all threads. */
  @Param("1000")
  public int slots;

  private Subject subject;
  private SharedSlots shared;
  private Sequence random;

  /** For JMH. */
  public Contention() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    shared = team.share(SharedSlots.class, () -> new SharedSlots(slots));
    random = new Sequence(index);
  }

  /**
   * The operation.
   *
   * @return the new block's address
   */
  @Benchmark
  public long swap() {
    int bytes = MIN_BYTES + random.below(MAX_BYTES - MIN_BYTES + 1);
    long block = subject.malloc(bytes);
    RawMemory.putByte(block, (byte) bytes);
    RawMemory.putByte(block + bytes - 1, (byte) bytes);
    long other = shared.swap(random.below(slots), block);
    if (other != 0) {
      subject.free(other);
    }
    return block;
  }

  @Override
  long step(BooleanSupplier end) {
    return swap();
  }

  @Override
  void end() {
    shared.free(subject);
  }
}
