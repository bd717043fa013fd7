// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.report.Entry.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a results file says.
 *
 * @param file which
 * @param about what lies beside it
 * @param entries in its order
 */
public record Results(Path file, About about, List<Entry> entries) {

  /** Makes an unchangeable copy. */
  public Results {
    entries = List.copyOf(entries);
  }

  /** What can be compared with each other, in the order of the file, workload by workload. */
  List<Group> groups() {
    Map<String, Map<Kind, List<Entry>>> workloads = new LinkedHashMap<>();
    for (Entry entry : entries) {
      workloads
          .computeIfAbsent(entry.kind().workload(), name -> new LinkedHashMap<>())
          .computeIfAbsent(entry.kind(), kind -> new ArrayList<>())
          .add(entry);
    }
    return workloads.values().stream()
        .flatMap(kinds -> kinds.entrySet().stream())
        .map(group -> new Group(group.getKey(), group.getValue()))
        .toList();
  }
}
