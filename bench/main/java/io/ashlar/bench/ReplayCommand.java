// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import com.google.gson.GsonBuilder;
import io.ashlar.bench.replay.ReplayCell.Measure;
import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.replay.Replays.Summary;
import io.ashlar.bench.replay.Traces;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Replays traces: each allocator in JVMs of its own, in turns. */
@Command(
    name = "replay",
    description = "Replays traces and measures time and memory.",
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

  @Parameters(
      arity = "1..*",
      paramLabel = "TRACE",
      description = "Path of a .trace.gz, or the name of one shipped here.")
  private List<String> traces = List.of();

  @Option(
      names = "--allocators",
      split = ",",
      description = "Allocators to compare; all that are present if not given.")
  private List<String> allocators = List.of();

  @Option(
      names = "--threads",
      defaultValue = "single",
      description = "single: one thread in recorded order; recorded: one for each recorded thread.")
  private String threading = "single";

  @Option(names = "--rounds", defaultValue = "3", description = "Rounds; default ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(names = "--first", description = "Only so many operations of each trace.")
  private int first = Replays.WHOLE;

  @Option(names = "--json", description = "File for the figures.")
  private Path json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    check();
    List<Replays> all = new ArrayList<>();
    for (String trace : traces) {
      List<Replays> ofTrace =
          peers().stream().map(peer -> new Replays(trace, first, peer, threading)).toList();
      for (int round = 0; round < rounds; round++) {
        for (Replays replays : ofTrace) {
          replays.measure(Measure.TIME);
          replays.measure(Measure.MEMORY);
        }
      }
      all.addAll(ofTrace);
    }
    List<Summary> summaries = all.stream().map(Replays::summary).toList();
    print(summaries);
    if (json != null) {
      Files.writeString(
          json, new GsonBuilder().setPrettyPrinting().create().toJson(summaries) + "\n");
    }
    return 0;
  }

  private void check() {
    if (!threading.equals("single") && !threading.equals("recorded")) {
      throw new IllegalArgumentException("--threads is single or recorded, not " + threading);
    }
    if (first < 1) {
      throw new IllegalArgumentException("--first " + first);
    }
    for (String trace : traces) {
      if (!Traces.exists(trace)) {
        throw new IllegalArgumentException(
            "no trace " + trace + ": neither a file nor one of " + Traces.SHIPPED);
      }
    }
    for (Peer peer : peers()) {
      if (!WorkloadName.TRACE_REPLAY.fits(peer)) {
        throw new IllegalArgumentException(peer + " does not fit a replay");
      }
      if (!peer.isPresent()) {
        throw new IllegalArgumentException(peer.absence());
      }
    }
  }

  private List<Peer> peers() {
    return allocators.isEmpty()
        ? WorkloadName.compared().filter(WorkloadName.TRACE_REPLAY::fits).toList()
        : allocators.stream().map(Peer::of).toList();
  }

  private void print(List<Summary> summaries) {
    PrintWriter out = spec.commandLine().getOut();
    String row = "%-12s %-14s %-9s %9s %14s %14s %14s %8s%n";
    out.printf(
        row,
        "trace",
        "allocator",
        "threads",
        "ns/op",
        "resident KiB",
        "metadata KiB",
        "live KiB",
        "ratio");
    for (Summary s : summaries) {
      out.printf(
          Locale.ROOT,
          row,
          s.trace(),
          s.allocator(),
          s.threading(),
          String.format(Locale.ROOT, "%.2f", s.nsPerOp()),
          s.peakResidentBytes() >> 10,
          s.metadataBytes() >> 10,
          s.peakLiveBytes() >> 10,
          String.format(Locale.ROOT, "%.3f", s.residentRatio()));
    }
    out.flush();
  }
}
