// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import com.google.gson.JsonArray;
import io.ashlar.bench.coherence.CoherenceCell;
import io.ashlar.bench.coherence.CoherenceCell.Request;
import io.ashlar.bench.coherence.Costs;
import io.ashlar.bench.coherence.PingPong;
import io.ashlar.bench.coherence.Traffic;
import io.ashlar.bench.report.About;
import io.ashlar.bench.report.About.Note;
import io.ashlar.bench.report.CoherenceResults;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.subject.Designs;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Simulates the caches of more cores than there are. */
@Command(
    name = "coherence",
    description = {
      "Runs allocators on virtual cores and every access of theirs through a model of cache lines "
          + "(MESI): lines that go from core to core for each operation.",
      "With --check, also predicts the time of an operation on 1 and 2 cores and measures it."
    },
    mixinStandardHelpOptions = true)
final class CoherenceCommand implements Callable<Integer> {

  private static final int MEASUREMENTS = 3;
  private static final List<Integer> CHECKED = List.of(1, 2);

  @Option(
      names = "--workloads",
      split = ",",
      defaultValue = "RandomReplace,Larson,XmallocTest",
      description = "Default ${DEFAULT-VALUE}.")
  private List<String> workloads = List.of();

  @Option(
      names = "--allocators",
      split = ",",
      defaultValue = "ashlar,spinlock,blocks,heap",
      description = "Of those built here; default ${DEFAULT-VALUE}.")
  private List<String> allocators = List.of();

  @Option(
      names = "--cores",
      split = ",",
      defaultValue = "1,2,4,8,16,32,64,128,256",
      description = "Default ${DEFAULT-VALUE}.")
  private List<Integer> cores = List.of();

  @Option(
      names = "--step",
      defaultValue = "1",
      description = "Nanoseconds from access to access; default ${DEFAULT-VALUE}.")
  private double step;

  @Option(
      names = "--transfer",
      defaultValue = "50",
      description = "Nanoseconds of a line from core to core; default ${DEFAULT-VALUE}.")
  private double transfer;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of the order in which cores begin; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--check", description = "Compare with what is measured here.")
  private boolean check;

  @Option(names = "--json", description = "File for the figures, in JMH's JSON format.")
  private Path json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    List<WorkloadName> names = workloads.stream().map(WorkloadName::of).toList();
    List<Peer> peers = allocators.stream().map(Peer::of).toList();
    requireSimulable(names, peers);
    PrintWriter out = spec.commandLine().getOut();
    double measuredTransfer = check ? PingPong.transferNanos() : 0;
    if (check) {
      out.printf(Locale.ROOT, "A line takes %.0f ns from core to core here.%n", measuredTransfer);
    }
    JsonArray results = new JsonArray();
    List<Note> notes = new ArrayList<>();
    for (WorkloadName workload : names) {
      for (Peer peer : peers) {
        Request request = new Request(workload, peer, Costs.ofNanos(step, transfer), seed);
        Map<Integer, Traffic> traffic = CoherenceCell.run(request, cores);
        print(request, traffic);
        traffic.forEach(
            (n, one) -> {
              results.add(CoherenceResults.json(workload, peer, n, one));
              notes.add(new Note(command(request, n), List.of()));
            });
        if (check) {
          check(request, measuredTransfer);
        }
      }
    }
    if (json != null) {
      About about = About.now("bench/run coherence");
      ResultsFile.write(json, results, about.with(Map.of(), List.of(), notes));
    }
    return 0;
  }

  private void requireSimulable(List<WorkloadName> names, List<Peer> peers) {
    for (WorkloadName workload : names) {
      if (!CoherenceCell.fits(workload)) {
        throw new IllegalArgumentException(workload.label() + " cannot be simulated");
      }
      for (Peer peer : peers) {
        // An agent's thread of its own is no core.
        if (!Designs.has(peer) || peer == Peer.HEADER_AGENT || !workload.fits(peer)) {
          throw new IllegalArgumentException(peer + " cannot be simulated");
        }
      }
    }
    for (int n : cores) {
      if (n > CoherenceCell.MAX_CORES || !names.stream().allMatch(one -> one.takes(n))) {
        throw new IllegalArgumentException(
            "--cores " + n + ": 1 … " + CoherenceCell.MAX_CORES + ", in XmallocTest 1 or even");
      }
    }
  }

  private String command(Request request, int n) {
    return String.format(
        Locale.ROOT,
        "bench/run coherence --workloads %s --allocators %s --cores %d --step %s --transfer %s"
            + " --seed %d",
        request.workload().label(),
        request.peer(),
        n,
        step,
        transfer,
        seed);
  }

  private void print(Request request, Map<Integer, Traffic> traffic) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%n%s, %s: for each operation, by cores%n", request.workload().label(), request.peer());
    out.printf("%-22s", "");
    traffic.keySet().forEach(n -> out.printf(" %9d", n));
    out.println();
    Map<String, List<Double>> rows = new LinkedHashMap<>();
    traffic
        .values()
        .forEach(
            one ->
                CoherenceResults.figures(one)
                    .forEach(
                        (name, x) -> rows.computeIfAbsent(name, n -> new ArrayList<>()).add(x)));
    rows.forEach(
        (name, figures) -> {
          out.printf("%-22s", name);
          figures.forEach(figure -> out.printf(" %9s", text(figure)));
          out.println();
        });
    out.flush();
  }

  private static String text(double figure) {
    return figure == 0
        ? "0"
        : String.format(Locale.ROOT, figure < 10 ? "%.5f" : figure < 1e4 ? "%.1f" : "%.0f", figure);
  }

  /**
   * A step is what makes the time on one core that which was measured; then the time on two is a
   * prediction.
   */
  private void check(Request request, double measuredTransfer) throws InterruptedException {
    List<WorkloadSeries> series =
        CHECKED.stream()
            .map(n -> new WorkloadSeries(request.workload(), request.peer(), n))
            .toList();
    for (int i = 0; i < MEASUREMENTS; i++) {
      WorkloadSeries.measure(series);
    }
    Traffic alone = CoherenceCell.run(request, List.of(1)).get(1);
    double one = nanos(series.get(0));
    Costs costs = Costs.ofNanos(one / alone.perOperation(alone.accesses()), measuredTransfer);
    Request calibrated = new Request(request.workload(), request.peer(), costs, seed);
    Traffic two = CoherenceCell.run(calibrated, List.of(2)).get(2);
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%-22s 1 core %.1f ns; 2 cores predicted %.1f ns with %.3f moves, measured %.1f ns%n",
            "check",
            one,
            two.nanosPerOperation(),
            two.moves(),
            nanos(series.get(1)));
    spec.commandLine().getOut().flush();
  }

  /** Of an operation on its core. */
  private static double nanos(WorkloadSeries series) {
    return 1e3 * series.threads() / series.median();
  }
}
