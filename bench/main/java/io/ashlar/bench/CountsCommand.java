// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import com.google.gson.JsonArray;
import io.ashlar.bench.report.About;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.report.CountResults;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.subject.Designs;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.CountsCell;
import io.ashlar.bench.workload.CountsCell.Outcome;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Counts what threads do to each other. */
@Command(
    name = "counts",
    description = {
      "Counts locks, atomic operations, hand-overs and writes to shared lines for each operation, "
          + "against threads: figures that do not depend on the machine.",
      "Each cell is a JVM of its own that is told it has a processor for each thread."
    },
    mixinStandardHelpOptions = true)
final class CountsCommand implements Callable<Integer> {

  @Option(
      names = "--workloads",
      split = ",",
      defaultValue = "RandomReplace,Larson,XmallocTest",
      description = "Pair too can be asked for; default ${DEFAULT-VALUE}.")
  private List<String> workloads = List.of();

  @Option(
      names = "--allocators",
      split = ",",
      defaultValue = "ashlar,spinlock",
      description =
          "Of those built here. Of the gallery only locks and atomic operations are counted; "
              + "default ${DEFAULT-VALUE}.")
  private List<String> allocators = List.of();

  @Option(
      names = "--threads",
      split = ",",
      defaultValue = "1,2,4,8,16,32,64",
      description = "Default ${DEFAULT-VALUE}.")
  private List<Integer> threads = List.of();

  @Option(names = "--json", description = "File for the figures, in JMH's JSON format.")
  private Path json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    List<WorkloadName> names = workloads.stream().map(WorkloadName::of).toList();
    List<Peer> peers = allocators.stream().map(Peer::of).toList();
    check(names, peers);
    JsonArray results = new JsonArray();
    List<Note> notes = new ArrayList<>();
    for (WorkloadName workload : names) {
      for (Peer peer : peers) {
        if (!workload.fits(peer)) {
          continue;
        }
        Map<Integer, Outcome> outcomes = new LinkedHashMap<>();
        for (int n : threads) {
          Outcome outcome = CountsCell.count(workload, peer, n);
          outcomes.put(n, outcome);
          results.add(CountResults.json(workload, peer, n, outcome));
          notes.add(new Note(command(workload, peer, n), List.of()));
        }
        print(workload, peer, outcomes);
      }
    }
    if (json != null) {
      About about = About.now("bench/run counts");
      ResultsFile.write(json, results, about.with(Map.of(), List.of(), notes));
    }
    return 0;
  }

  private void check(List<WorkloadName> names, List<Peer> peers) {
    for (WorkloadName workload : names) {
      if (!CountsCell.fits(workload)) {
        throw new IllegalArgumentException(workload.label() + " cannot be counted");
      }
    }
    for (Peer peer : peers) {
      // The handle is the same allocator, and the harness no allocator: both have nothing to count.
      if (!Designs.has(peer)) {
        throw new IllegalArgumentException(peer + " is not built here, and does not count");
      }
    }
    for (int n : threads) {
      if (!names.stream().allMatch(workload -> workload.takes(n))) {
        throw new IllegalArgumentException(
            "--threads " + n + ": XmallocTest takes 1 or an even number");
      }
    }
  }

  private static String command(WorkloadName workload, Peer peer, int threads) {
    return String.format(
        "bench/run counts --workloads %s --allocators %s --threads %d",
        workload.label(), peer, threads);
  }

  private void print(WorkloadName workload, Peer peer, Map<Integer, Outcome> outcomes) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%n%s, %s: counts for each operation, by threads%n", workload.label(), peer);
    out.printf("%-34s", "");
    outcomes.keySet().forEach(n -> out.printf(" %9d", n));
    out.println();
    Map<Integer, Map<String, Double>> columns = new LinkedHashMap<>();
    Set<String> rows = new LinkedHashSet<>();
    outcomes.forEach(
        (n, outcome) -> {
          Map<String, Double> column = CountResults.figures(workload, outcome);
          columns.put(n, column);
          rows.addAll(column.keySet());
        });
    for (String row : rows) {
      out.printf("%-34s", row);
      columns.values().forEach(column -> out.printf(" %9s", text(column.get(row))));
      out.println();
    }
    out.flush();
  }

  private static String text(Double figure) {
    return figure == null
        ? "-"
        : figure == 0 ? "0" : String.format(Locale.ROOT, figure < 10 ? "%.5f" : "%.2f", figure);
  }
}
