// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Param;

/**
 * {@link CacheThrash}, and at the beginning of each 1,000 operations the threads get one block each
 * that one thread allocated for all, next to each other, and free it. An allocator that gives a
 * thread the blocks that it freed, wherever they lie, has several threads on one line from then on.
 */
public class CacheScratch extends CacheThrash {

  /** Operations between two hand-overs. */
  @Param("1000")
  public int repetitions;

  private Handful handful;
  private int index;
  private int done;

  /** For JMH. */
  public CacheScratch() {}

  @Override
  void begin(Team team, int ofTeam) {
    super.begin(team, ofTeam);
    handful = team.share(Handful.class, () -> new Handful(team.threads()));
    index = ofTeam;
  }

  @Override
  long step(BooleanSupplier end) {
    if (done++ % repetitions == 0) {
      subject.free(handful.take(index, subject));
    }
    return super.step(end);
  }

  @Override
  void end() {
    handful.free(subject);
  }

  /** A block for each thread. */
  private static final class Handful {

    private final long[] blocks;

    Handful(int threads) {
      blocks = new long[threads];
    }

    /** A thread's block; who finds none allocates one for each that has none. */
    synchronized long take(int index, Subject subject) {
      if (blocks[index] == 0) {
        for (int i = 0; i < blocks.length; i++) {
          blocks[i] = blocks[i] == 0 ? subject.malloc(1) : blocks[i];
        }
      }
      long block = blocks[index];
      blocks[index] = 0;
      return block;
    }

    synchronized void free(Subject subject) {
      for (int i = 0; i < blocks.length; i++) {
        if (blocks[i] != 0) {
          subject.free(blocks[i]);
          blocks[i] = 0;
        }
      }
    }
  }
}
