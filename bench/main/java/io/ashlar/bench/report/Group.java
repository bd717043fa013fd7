// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.report.Entry.Kind;
import io.ashlar.bench.workload.WorkloadName;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The entries of one kind: a table of allocators by threads.
 *
 * @param kind what they are of
 * @param entries of any allocators and threads
 */
record Group(Kind kind, List<Entry> entries) {

  Group {
    entries = List.copyOf(entries);
  }

  /** Workload and parameters; the method too, if it is not the one that stands for the workload. */
  String title() {
    boolean usual =
        Arrays.stream(WorkloadName.values())
            .noneMatch(
                name ->
                    name.label().equals(kind.workload())
                        && !name.benchmark().equals(kind.benchmark()));
    String method = usual ? "" : ", " + kind.method();
    String parameters = kind.params().isEmpty() ? "" : ", " + kind.parameters();
    return kind.workload() + method + parameters;
  }

  boolean isReplay() {
    return kind.workload().equals(WorkloadName.TRACE_REPLAY.label());
  }

  List<Integer> threads() {
    return entries.stream().map(Entry::threads).distinct().sorted().toList();
  }

  /** The allocators: ours first, the gallery last. */
  List<String> allocators() {
    return entries.stream()
        .map(Entry::allocator)
        .distinct()
        .sorted(Comparator.comparing(Roles::of))
        .toList();
  }

  Optional<Entry> at(String allocator, int threads) {
    return entries.stream()
        .filter(entry -> entry.threads() == threads && entry.allocator().equals(allocator))
        .findFirst();
  }

  Optional<Entry> baseline(int threads) {
    return of(Roles.BASELINE, threads).findFirst();
  }

  /** The rival that takes the least time. */
  Optional<Entry> best(int threads) {
    return of(Roles.RIVAL, threads).min(Comparator.comparingDouble(Group::time));
  }

  /** What stands for us: the first of ours. */
  Optional<Entry> ours(int threads) {
    return of(Roles.OURS, threads).findFirst();
  }

  private Stream<Entry> of(Roles role, int threads) {
    return entries.stream()
        .filter(entry -> entry.threads() == threads && Roles.of(entry.allocator()) == role);
  }

  private static double time(Entry entry) {
    double median = entry.primary().median();
    return entry.kind().isThroughput() ? 1 / median : median;
  }
}
