// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Times relative to the best peer, of all groups that a peer ran.
 *
 * @param groups those groups
 */
record Overview(List<Group> groups) {

  static Overview of(Results results) {
    return new Overview(
        results.groups().stream()
            .filter(group -> group.threads().stream().anyMatch(n -> group.best(n).isPresent()))
            .toList());
  }

  SortedSet<Integer> threads() {
    SortedSet<Integer> threads = new TreeSet<>();
    groups.forEach(group -> threads.addAll(group.threads()));
    return threads;
  }

  /** The allocators of all groups, ours first. */
  List<String> allocators() {
    return new Group(
            groups.get(0).kind(), groups.stream().flatMap(g -> g.entries().stream()).toList())
        .allocators();
  }

  /** The time of an allocator over that of the best peer, where both ran. */
  static Optional<Double> ratio(Group group, String allocator, int threads) {
    return group.at(allocator, threads).flatMap(entry -> group.best(threads).map(entry::timeRatio));
  }

  /** By group, where both ran. */
  Map<Group, Double> ratios(String allocator, int threads) {
    Map<Group, Double> ratios = new LinkedHashMap<>();
    for (Group group : groups) {
      ratio(group, allocator, threads).ifPresent(ratio -> ratios.put(group, ratio));
    }
    return ratios;
  }

  /** The geometric mean, each workload counting once however many kinds it has; NaN of none. */
  static double mean(Map<Group, Double> ratios) {
    Map<String, List<Double>> logarithms = new LinkedHashMap<>();
    ratios.forEach(
        (group, ratio) ->
            logarithms
                .computeIfAbsent(group.kind().workload(), name -> new ArrayList<>())
                .add(Math.log(ratio)));
    return Math.exp(
        logarithms.values().stream().mapToDouble(Overview::mean).average().orElse(Double.NaN));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /** How many workloads there are among groups. */
  static int workloads(Map<Group, Double> ratios) {
    return (int) ratios.keySet().stream().map(group -> group.kind().workload()).distinct().count();
  }
}
