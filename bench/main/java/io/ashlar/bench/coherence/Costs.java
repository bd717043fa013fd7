// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

/**
 * What accesses take on a virtual core.
 *
 * @param stepPicos picoseconds from one access to the next, if it needs nothing of another core:
 *     the instructions in between
 * @param transferPicos picoseconds more for a line that comes from another core, or that others
 *     have to give up
 */
public record Costs(long stepPicos, long transferPicos) {

  private static final int PICOS_OF_NANO = 1000;

  /**
   * Takes nanoseconds.
   *
   * @param step for {@link #stepPicos}
   * @param transfer for {@link #transferPicos}
   * @return the costs
   */
  public static Costs ofNanos(double step, double transfer) {
    return new Costs(Math.round(step * PICOS_OF_NANO), Math.round(transfer * PICOS_OF_NANO));
  }

  /**
   * Nanoseconds of so many picoseconds.
   *
   * @param picos a time
   * @return the time
   */
  static double nanos(long picos) {
    return (double) picos / PICOS_OF_NANO;
  }
}
