// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * The model of one workload with one allocator.
 *
 * @param title of the workload
 * @param allocator its label
 * @param model fitted to its throughputs, in million operations a second
 */
public record Scaling(String title, String allocator, ScalingModel model) {

  /**
   * All that can be fitted.
   *
   * @param results any
   * @return models, in the order of the results
   */
  public static List<Scaling> of(Results results) {
    List<Scaling> scalings = new ArrayList<>();
    results.groups().forEach(group -> scalings.addAll(of(group, processorsOf(results))));
    return scalings;
  }

  /** All of a group that can be fitted; not the harness, which does not allocate. */
  static List<Scaling> of(Group group, int processors) {
    List<Scaling> scalings = new ArrayList<>();
    for (String allocator : group.allocators()) {
      if (Roles.of(allocator) != Roles.HARNESS) {
        ScalingModel.of(group, allocator, processors)
            .ifPresent(model -> scalings.add(new Scaling(group.title(), allocator, model)));
      }
    }
    return scalings;
  }

  /** Processors of the machine; 0 if unknown. */
  static int processorsOf(Results results) {
    return results.about().machine() == null ? 0 : results.about().machine().processors();
  }

  /**
   * How many processors the machine had, in words.
   *
   * @param results any
   * @return a few words
   */
  public static String processors(Results results) {
    int n = processorsOf(results);
    return n == 0 ? "number of processors unknown, all points taken for real" : n + " processors";
  }
}
