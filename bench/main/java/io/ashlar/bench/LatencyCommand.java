// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.latency.Calls;
import io.ashlar.bench.latency.LatencySeries;
import io.ashlar.bench.latency.Timing;
import io.ashlar.bench.report.About;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.report.JmhResults;
import io.ashlar.bench.report.LatencyReport;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.LatencyCell;
import io.ashlar.bench.workload.LatencyCell.Request;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.openjdk.jmh.results.RunResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Times single calls: each allocator in JVMs of its own, in turns. */
@Command(
    name = "latency",
    description = {
      "Times single calls of malloc and free and tells percentiles, twice: the service time of "
          + "calls made as fast as they go; and, so that a stall counts for all that it delays, "
          + "the time since the moment at which the call should have been made to a schedule of a "
          + "fixed rate.",
      "Each time has one reading of the clock in it: see the row of the empty call. Threads wait "
          + "for their schedule by spinning, so there should be a processor for each."
    },
    mixinStandardHelpOptions = true)
final class LatencyCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..*",
      paramLabel = "WORKLOAD",
      description = "Larson, XmallocTest; both if not given.")
  private List<String> workloads = List.of();

  @Option(
      names = "--allocators",
      split = ",",
      description = "Allocators to compare; all that are present but the gallery if not given.")
  private List<String> allocators = List.of();

  @Option(names = "--threads", defaultValue = "2", description = "Default ${DEFAULT-VALUE}.")
  private int threads = 2;

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description = "Time of each measurement in each round; default ${DEFAULT-VALUE}.")
  private double seconds = 1;

  @Option(
      names = "--rate",
      defaultValue = "250000",
      description =
          "Calls a second of each thread in the schedule, well below what the allocators can do; "
              + "default ${DEFAULT-VALUE}.")
  private int rate = 250_000;

  @Option(names = "--rounds", defaultValue = "3", description = "Rounds; default ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(
      names = "--json",
      description = "File for the figures, in JMH's format; bench/run report draws the curves.")
  private Path json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    List<List<LatencySeries>> all = plan();
    About about = About.now(command(workloads, allocators));
    out.println(about.machine());
    about.absent().forEach(out::println);
    out.flush();
    measure(all);
    all.forEach(series -> new LatencyReport(series, Math.round(seconds * 1e9), out).print());
    if (json != null) {
      write(all, about);
    }
    return 0;
  }

  /** By workload those of the allocators. */
  private List<List<LatencySeries>> plan() {
    if (threads < 1 || rounds < 1 || millis() < 1 || rate < 1) {
      throw new IllegalArgumentException(
          "--threads, --rounds, --seconds and --rate must be above 0");
    }
    List<WorkloadName> names =
        workloads.isEmpty()
            ? LatencyCell.WORKLOADS.stream().toList()
            : workloads.stream().map(WorkloadName::of).toList();
    List<List<LatencySeries>> all = new ArrayList<>();
    for (WorkloadName workload : names) {
      if (!LatencyCell.WORKLOADS.contains(workload)) {
        throw new IllegalArgumentException(
            "calls are timed in Larson and XmallocTest, not in " + workload.label());
      }
      all.add(
          peers(workload).map(peer -> new LatencySeries(workload, peer.label(), threads)).toList());
    }
    return all;
  }

  private Stream<Peer> peers(WorkloadName workload) {
    if (allocators.isEmpty()) {
      return WorkloadName.compared().filter(workload::fits);
    }
    return allocators.stream().map(Peer::of).peek(peer -> check(workload, peer));
  }

  private static void check(WorkloadName workload, Peer peer) {
    if (!workload.fits(peer)) {
      throw new IllegalArgumentException(peer + " does not fit " + workload.label());
    }
    if (!peer.isPresent()) {
      throw new IllegalArgumentException(peer.absence());
    }
  }

  private int millis() {
    return (int) Math.round(seconds * 1e3);
  }

  private void measure(List<List<LatencySeries>> all) throws InterruptedException {
    List<LatencySeries> cells = all.stream().flatMap(List::stream).toList();
    try (ProgressBar progress =
        new ProgressBarBuilder()
            .setTaskName("timing calls")
            .setInitialMax((long) rounds * cells.size())
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(500)
            .build()) {
      for (int round = 0; round < rounds; round++) {
        for (LatencySeries series : cells) {
          progress.setExtraMessage(series.workload().label() + " " + series.allocator());
          Peer peer = Peer.of(series.allocator());
          long intervalNanos = Math.max(1, 1_000_000_000L / rate);
          series.add(
              LatencyCell.measure(
                  new Request(series.workload(), peer, threads, millis(), intervalNanos)));
          progress.step();
        }
      }
    }
  }

  private void write(List<List<LatencySeries>> all, About about) throws java.io.IOException {
    List<RunResult> results = new ArrayList<>();
    List<Note> notes = new ArrayList<>();
    Map<String, String> versions = new TreeMap<>();
    for (List<LatencySeries> ofWorkload : all) {
      List<LatencySeries> rows = new ArrayList<>(ofWorkload);
      rows.add(LatencySeries.ofEmptyCalls(ofWorkload));
      for (Timing timing : Timing.values()) {
        for (Calls calls : Calls.values()) {
          for (LatencySeries series : rows) {
            boolean empty = series.allocator().equals(LatencySeries.EMPTY);
            String workload = series.workload().label();
            List<String> only = empty ? allocators : List.of(series.allocator());
            results.add(JmhResults.of(series, timing, calls));
            notes.add(new Note(command(List.of(workload), only), List.of()));
          }
        }
      }
      ofWorkload.forEach(
          series -> versions.put(series.allocator(), series.rounds().get(0).version()));
    }
    ResultsFile.write(json, results, about.with(versions, List.of(), notes));
  }

  private String command(List<String> ofWorkloads, List<String> ofAllocators) {
    return "bench/run latency"
        + ofWorkloads.stream().map(name -> " " + name).reduce("", String::concat)
        + (ofAllocators.isEmpty() ? "" : " --allocators " + String.join(",", ofAllocators))
        + String.format(
            Locale.ROOT,
            " --threads %d --seconds %s --rate %d --rounds %d",
            threads,
            seconds,
            rate,
            rounds);
  }
}
