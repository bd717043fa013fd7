// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * Short-lived threads, eight at a time, which wait for each other before their first allocation.
 * Each allocates 100 blocks of 16 to 1,039 bytes, writes the first byte of each, swaps every fourth
 * for one in a shared slot, which a thread allocated that may have ended, and frees what it has.
 *
 * <p>One operation is the life of one thread, with its start and its end; eight of them are waited
 * for together.
 */
public class ThreadChurn extends ThreadWorkload {

  private static final int LIVES = 8;
  private static final int SWAPPED = 4;
  private static final int MIN_BYTES = 16;
  private static final int MAX_BYTES = 1039;

  /** Blocks that a thread allocates. */
  @Param("100")
  public int blocks;

  /** Slots of all threads. */
  @Param("1000")
  public int slots;

  private final Sequence[] random = new Sequence[LIVES];
  private long[][] own;
  private Subject subject;
  private SharedSlots shared;

  /** For JMH. */
  public ThreadChurn() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject();
    shared = team.share(SharedSlots.class, () -> new SharedSlots(slots));
    Arrays.setAll(random, i -> new Sequence(index * LIVES + i));
    own = new long[LIVES][blocks];
  }

  /**
   * Eight lives.
   *
   * @return an address
   */
  @Benchmark
  @OperationsPerInvocation(LIVES)
  public long live() {
    CountDownLatch ready = new CountDownLatch(LIVES);
    FreshThreads.run(
        LIVES,
        thread -> {
          ready.countDown();
          try {
            ready.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          live(subject.forThread(), random[thread], own[thread]);
        });
    return own[0][0];
  }

  private void live(Subject mine, Sequence numbers, long[] held) {
    for (int i = 0; i < held.length; i++) {
      long block = mine.malloc(MIN_BYTES + numbers.below(MAX_BYTES - MIN_BYTES + 1));
      RawMemory.putByte(block, (byte) i);
      held[i] = i % SWAPPED == 0 ? shared.swap(numbers.below(slots), block) : block;
    }
    for (long block : held) {
      if (block != 0) {
        mine.free(block);
      }
    }
  }

  @Override
  long step(BooleanSupplier end) {
    return live();
  }

  @Override
  void end() {
    shared.free(subject.forThread());
  }
}
