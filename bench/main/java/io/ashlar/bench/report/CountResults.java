// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.CountsCell.Outcome;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.memory.Counts.Event;
import java.util.LinkedHashMap;
import java.util.Map;

/** Counts in JMH's words: shared writes are the figure, all events secondary metrics. */
public final class CountResults {

  /** What names of counts begin with. */
  static final String PREFIX = "count·";

  /** Steps in which threads meet: whatever lines each of them writes. */
  static final String MEETINGS = "locks + CAS + offers";

  /** The sum over all parts. */
  static final String SHARED_WRITES = "shared writes";

  private static final String PER_REMOTE_FREE = ", remote free";

  private static final String IN_A_BATCH = "blocks in a batch";

  /** As if a method of the workload's, so that counts are a table of their own. */
  private static final String METHOD = "counts";

  private CountResults() {}

  /**
   * Counts of an operation.
   *
   * @param workload of which; each operation of {@link WorkloadName#XMALLOC_TEST} is a block's way
   *     from its allocation to its free by another thread, if there is one
   * @param outcome what was counted
   * @return figures by name
   */
  public static Map<String, Double> figures(WorkloadName workload, Outcome outcome) {
    Map<String, Double> figures = new LinkedHashMap<>();
    for (Event event : Event.values()) {
      if (!event.isWrite()) {
        figures.put(event.label(), outcome.perOperation(event));
      }
    }
    figures.put(
        MEETINGS,
        outcome.perOperation(Event.LOCK)
            + outcome.perOperation(Event.CAS)
            + outcome.perOperation(Event.OFFER));
    figures.put(SHARED_WRITES, (double) outcome.writes() / outcome.operations());
    for (Event event : Event.values()) {
      if (event.isWrite()) {
        figures.put(event.label(), outcome.perOperation(event));
      }
    }
    long batches = outcome.counts().get(Event.BATCH);
    long remote = outcome.counts().get(Event.BLOCK);
    if (batches > 0) {
      figures.put(IN_A_BATCH, (double) remote / batches);
    }
    if (workload == WorkloadName.XMALLOC_TEST && remote > 0) {
      double perRemoteFree = (double) outcome.operations() / remote;
      for (String name : new String[] {MEETINGS, SHARED_WRITES}) {
        figures.put(name + PER_REMOTE_FREE, figures.get(name) * perRemoteFree);
      }
    }
    return figures;
  }

  /**
   * An entry of a results file.
   *
   * @param workload what was run
   * @param peer the allocator
   * @param threads how many
   * @param outcome what was counted
   * @return the entry
   */
  public static JsonObject json(WorkloadName workload, Peer peer, int threads, Outcome outcome) {
    JsonObject entry = entry(workload, METHOD, peer, threads);
    Map<String, Double> figures = figures(workload, outcome);
    entry.add("primaryMetric", metric(figures.get(SHARED_WRITES), "writes/op"));
    JsonObject secondary = new JsonObject();
    figures.forEach((name, figure) -> secondary.add(PREFIX + name, metric(figure, unit(name))));
    entry.add("secondaryMetrics", secondary);
    return entry;
  }

  /** What an entry says of where its figures come from. */
  static JsonObject entry(WorkloadName workload, String method, Peer peer, int threads) {
    String benchmark = workload.benchmark();
    JsonObject entry = new JsonObject();
    entry.addProperty("benchmark", benchmark.substring(0, benchmark.lastIndexOf('.') + 1) + method);
    entry.addProperty("mode", "avgt");
    entry.addProperty("threads", threads);
    entry.addProperty("forks", 1);
    entry.addProperty("jdkVersion", System.getProperty("java.version"));
    entry.addProperty("vmName", System.getProperty("java.vm.name"));
    entry.addProperty("vmVersion", System.getProperty("java.vm.version"));
    entry.addProperty("warmupIterations", 1);
    entry.addProperty("measurementIterations", 1);
    JsonObject params = new JsonObject();
    params.addProperty("allocator", peer.label());
    if (!workload.parameter().isEmpty()) {
      params.addProperty(workload.parameter(), Integer.toString(WorkloadName.BLOCK_BYTES));
    }
    entry.add("params", params);
    return entry;
  }

  private static String unit(String name) {
    return name.endsWith(PER_REMOTE_FREE) || name.equals(IN_A_BATCH) ? "#" : "#/op";
  }

  /** A figure that was taken once. */
  static JsonObject metric(double figure, String unit) {
    JsonArray iteration = new JsonArray();
    iteration.add(figure);
    JsonArray fork = new JsonArray();
    fork.add(iteration);
    JsonObject metric = new JsonObject();
    metric.addProperty("score", figure);
    metric.addProperty("scoreError", "NaN");
    metric.addProperty("scoreUnit", unit);
    metric.add("rawData", fork);
    return metric;
  }
}
