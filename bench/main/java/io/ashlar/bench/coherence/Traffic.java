// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

/**
 * What went between the caches of cores.
 *
 * @param calls of the allocator; two of them are an operation
 * @param accesses all
 * @param cold accesses to lines that no core had
 * @param transfers lines that came from another core, inside of the allocator
 * @param upgrades lines that others had to give up to a core that had them too, inside of it
 * @param blockTransfers both of these outside of the allocator: blocks that another core wrote
 * @param nanos time of all cores together
 */
public record Traffic(
    long calls,
    long accesses,
    long cold,
    long transfers,
    long upgrades,
    long blockTransfers,
    double nanos) {

  /**
   * A share of an operation.
   *
   * @param sum of all operations
   * @return for each of them
   */
  public double perOperation(long sum) {
    return 2.0 * sum / calls;
  }

  /**
   * Lines that moved or that others had to give up, inside of the allocator.
   *
   * @return how many for each operation
   */
  public double moves() {
    return perOperation(transfers + upgrades);
  }

  /**
   * Time of an operation on its core.
   *
   * @return nanoseconds
   */
  public double nanosPerOperation() {
    return 2 * nanos / calls;
  }
}
