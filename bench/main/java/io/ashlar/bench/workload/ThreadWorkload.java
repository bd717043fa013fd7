// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * A workload of threads that each do the same: JMH makes an object of it for each of its threads.
 * What they share they find in their {@link Team}.
 */
@State(Scope.Thread)
public abstract class ThreadWorkload extends Workload {

  /** For subclasses. */
  protected ThreadWorkload() {}

  /**
   * Sets the thread up.
   *
   * @param underTest the allocator
   * @param threads tells the threads apart
   */
  @Setup
  public void enter(UnderTest underTest, ThreadParams threads) {
    begin(underTest.join(), threads.getThreadIndex());
  }

  /**
   * Frees what is left.
   *
   * @param underTest the allocator
   */
  @TearDown
  public void leave(UnderTest underTest) {
    end();
    underTest.leave();
  }

  /**
   * Does what comes before the first step, with the parameters set.
   *
   * @param team the threads
   * @param index of this one
   */
  abstract void begin(Team team, int index);

  /**
   * What JMH calls over and over.
   *
   * @param end whether the work is at its end; from then on the step must not wait for other
   *     threads, which may have gone, and may do nothing
   * @return anything that keeps the work from being optimized away
   */
  abstract long step(BooleanSupplier end);

  /** Frees what this thread has left, and what all have, as others may have done before. */
  abstract void end();
}
