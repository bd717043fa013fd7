// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.replay.ProcessMemory;
import io.ashlar.bench.subject.Subject;
import io.ashlar.bench.subject.Subject.Footprint;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rounds of 10 new threads: each allocates 128 zeroed bytes, swaps the block for that in one of
 * 1,000 slots, frees what it got, and ends.
 *
 * <p>One operation is all rounds. The figure is the second one, what is resident when they are
 * over: it must not grow with the rounds. Of an allocator that knows, its own; of another, by how
 * much the process has grown during the operation, Java's part included.
 */
@Warmup(iterations = 1)
@Measurement(iterations = 1)
public class MLeak extends ThreadWorkload {

  private static final int THREADS = 10;
  private static final int BYTES = 128;
  private static final int SLOTS = 1_000;

  /** Rounds of an operation. */
  @Param({"500", "5000"})
  public int rounds;

  private final int[] picks = new int[THREADS];
  private Subject subject;
  private SharedSlots slots;
  private Sequence random;

  /** For JMH. */
  public MLeak() {}

  /** The second figure. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Memory {

    /** KiB at the end of the last operation. */
    public long residentKib;

    /** For JMH. */
    public Memory() {}
  }

  @Override
  void begin(Team team, int index) {
    subject = team.subject();
    slots = team.share(SharedSlots.class, () -> new SharedSlots(SLOTS));
    random = new Sequence(index);
  }

  /**
   * The operation.
   *
   * @param memory takes the figure
   * @return the bytes
   */
  @Benchmark
  public long run(Memory memory) {
    long bytes = step(() -> false);
    memory.residentKib = bytes >> 10;
    return bytes;
  }

  @Override
  long step(BooleanSupplier end) {
    if (subject.footprint() != null) {
      runRounds();
      return subject.footprint().totalBytes();
    }
    try (ProcessMemory memory = new ProcessMemory()) {
      memory.reset();
      runRounds();
      Footprint growth = memory.growth();
      return growth.totalBytes();
    }
  }

  private void runRounds() {
    for (int i = 0; i < rounds; i++) {
      Arrays.setAll(picks, thread -> random.below(SLOTS));
      FreshThreads.run(THREADS, this::swap);
    }
  }

  private void swap(int thread) {
    Subject mine = subject.forThread();
    long other = slots.swap(picks[thread], mine.calloc(BYTES));
    if (other != 0) {
      mine.free(other);
    }
  }

  @Override
  void end() {
    slots.free(subject.forThread());
  }
}
