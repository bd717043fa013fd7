// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import java.nio.file.Path;

/**
 * One measurement of the whole matrix.
 *
 * @param workload name of a workload, or for a replay its words
 * @param allocator label of the allocator
 * @param threads how many; for a replay 1
 * @param round from 1 on
 */
record MatrixCell(String workload, String allocator, int threads, int round) {

  /** Where its outcome is kept. */
  Path file(Path folder) {
    return folder
        .resolve(workload.replaceAll("[^\\w.-]+", "-"))
        .resolve(allocator + "-threads" + threads + "-round" + round + ".cell");
  }

  @Override
  public String toString() {
    return workload + " " + allocator + " x" + threads;
  }
}
