// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.infra.Control;

/**
 * Rounds of fresh threads, one for each of JMH's. In a round thread t makes 5,000 (t mod 8 + 1)
 * transient allocations of 8 to 128 bytes and half as many that it retains to its end, of 8 to 512;
 * one size in 50 is a hundred times as large, one in 500 a thousand times, one in 2,500 ten
 * thousand times. After each step it frees a random transient block with 67 %, and swaps one for
 * that in one of 1,000 shared slots with 26 %. Contents are verified when a block is freed. Half of
 * the shared slots survive a round; all are freed after 25.
 *
 * <p>One operation is a round of one thread, from its start to its end, with the wait for the
 * others; the second figure is the time for a block.
 */
public class MStress extends ThreadWorkload {

  private static final int GROUPS = 8;
  private static final int PER_TEN_THOUSAND = 10_000;
  private static final int FREES = 6_700;
  private static final int SWAPS = 2_600;
  private static final int SLOTS = 1_000;
  private static final int TRANSIENT_WORDS = 16;
  private static final int RETAINED_WORDS = 64;
  private static final long COOKIE = 0x5ee7_c0de_1dea_f00dL;

  /** Transient allocations of the first thread in a round. */
  @Param("5000")
  public int allocations;

  /** Rounds after which all is freed. */
  @Param("25")
  public int rounds;

  /** By what a size is multiplied at most. */
  @Param("10000")
  public int maxFactor;

  private Team team;
  private Stage stage;
  private Sequence random;
  private long round;
  private long[] transients;
  private long[] retained;

  /** For JMH. */
  public MStress() {}

  @Override
  void begin(Team ofThreads, int index) {
    team = ofThreads;
    stage = team.share(Stage.class, () -> new Stage(team.threads()));
    random = new Sequence(index);
    transients = new long[allocations * (index % GROUPS + 1)];
    retained = new long[transients.length / 2];
  }

  /**
   * The operation.
   *
   * @param counter counts the blocks
   * @param control tells when measuring ends
   * @return how many were allocated
   */
  @Benchmark
  public long round(Blocks counter, Control control) {
    long allocated = step(() -> control.stopMeasurement);
    counter.blocks += allocated;
    return allocated;
  }

  @Override
  long step(BooleanSupplier end) {
    if (!stage.rounds.await(round, end)) {
      return 0;
    }
    FreshThreads.run(1, thread -> work(team.subject().forThread()));
    round++;
    stage.rounds.arrive(this::clear);
    // Here rather than before the next: an operation holds a round, and JMH ends none half-way.
    stage.rounds.await(round, end);
    return transients.length + (long) retained.length;
  }

  private void work(Subject subject) {
    int moreTransients = transients.length;
    int live = 0;
    int kept = 0;
    while (moreTransients > 0 || kept < retained.length) {
      if (kept == retained.length || (moreTransients > 0 && random.below(2) == 0)) {
        transients[live++] = allocate(subject, TRANSIENT_WORDS);
        moreTransients--;
      } else {
        retained[kept++] = allocate(subject, RETAINED_WORDS);
      }
      if (live > 0 && random.below(PER_TEN_THOUSAND) < FREES) {
        int i = random.below(live);
        free(subject, transients[i]);
        transients[i] = transients[--live];
      }
      if (live > 0 && random.below(PER_TEN_THOUSAND) < SWAPS) {
        int i = random.below(live);
        long other = stage.slots.swap(random.below(SLOTS), transients[i]);
        transients[i] = other == 0 ? transients[--live] : other;
      }
    }
    for (int i = 0; i < live; i++) {
      free(subject, transients[i]);
    }
    for (int i = 0; i < kept; i++) {
      free(subject, retained[i]);
    }
  }

  /**
   * A block in whose first word its length stands, and in each other what follows from that. This
   * and {@link #free} are methods of their own in machine code, too: see {@link Workload}.
   */
  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  private long allocate(Subject subject, int maxWords) {
    int chance = random.below(PER_TEN_THOUSAND);
    int factor = chance < 4 ? 10_000 : chance < 24 ? 1_000 : chance < 224 ? 100 : 1;
    long words = (1L + random.below(maxWords)) * Math.min(factor, maxFactor);
    long block = subject.malloc(words * Long.BYTES);
    long value = words ^ COOKIE;
    for (long i = 0; i < words; i++) {
      RawMemory.putLong(block + i * Long.BYTES, value + i);
    }
    return block;
  }

  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  private static void free(Subject subject, long block) {
    long value = RawMemory.getLong(block);
    long words = value ^ COOKIE;
    if (words < 1 || words > (long) RETAINED_WORDS * PER_TEN_THOUSAND) {
      throw new IllegalStateException("the first word was overwritten");
    }
    for (long i = 1; i < words; i++) {
      if (RawMemory.getLong(block + i * Long.BYTES) != value + i) {
        throw new IllegalStateException("word " + i + " of " + words + " was overwritten");
      }
    }
    subject.free(block);
  }

  /** Between two rounds. */
  private void clear() {
    Subject subject = team.subject().forThread();
    boolean last = round % rounds == 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      if (last || stage.random.below(2) == 0) {
        freeSlot(subject, slot);
      }
    }
  }

  private void freeSlot(Subject subject, int slot) {
    long block = stage.slots.swap(slot, 0);
    if (block != 0) {
      free(subject, block);
    }
  }

  @Override
  void end() {
    Subject subject = team.subject().forThread();
    for (int slot = 0; slot < SLOTS; slot++) {
      freeSlot(subject, slot);
    }
  }

  /** What the threads share. */
  private static final class Stage {

    private final SharedSlots slots = new SharedSlots(SLOTS);

    /** Used between two rounds, by whichever thread ends one. */
    private final Sequence random = new Sequence(-1);

    private final Rounds rounds;

    Stage(int threads) {
      rounds = new Rounds(threads);
    }
  }
}
