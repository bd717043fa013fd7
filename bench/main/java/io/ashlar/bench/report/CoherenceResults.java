// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import com.google.gson.JsonObject;
import io.ashlar.bench.coherence.Traffic;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.util.LinkedHashMap;
import java.util.Map;

/** Simulated traffic in JMH's words: lines that moved are the figure. */
public final class CoherenceResults {

  /** The unit of the figure. */
  static final String UNIT = "moves/op";

  /** As if a method of the workload's, so that moves are a table of their own. */
  private static final String METHOD = "coherence";

  private CoherenceResults() {}

  /**
   * Figures of an operation.
   *
   * @param traffic what was simulated
   * @return figures by name
   */
  public static Map<String, Double> figures(Traffic traffic) {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("moves", traffic.moves());
    figures.put("of it transfers", traffic.perOperation(traffic.transfers()));
    figures.put("of it upgrades", traffic.perOperation(traffic.upgrades()));
    figures.put("moves of blocks", traffic.perOperation(traffic.blockTransfers()));
    figures.put("cold misses", traffic.perOperation(traffic.cold()));
    figures.put("accesses", traffic.perOperation(traffic.accesses()));
    figures.put("simulated ns", traffic.nanosPerOperation());
    return figures;
  }

  /**
   * An entry of a results file.
   *
   * @param workload what was run
   * @param peer the allocator
   * @param cores how many
   * @param traffic what was simulated
   * @return the entry
   */
  public static JsonObject json(WorkloadName workload, Peer peer, int cores, Traffic traffic) {
    JsonObject entry = CountResults.entry(workload, METHOD, peer, cores);
    entry.add("primaryMetric", CountResults.metric(traffic.moves(), UNIT));
    JsonObject secondary = new JsonObject();
    figures(traffic)
        .forEach(
            (name, figure) ->
                secondary.add(CountResults.PREFIX + name, CountResults.metric(figure, "#/op")));
    entry.add("secondaryMetrics", secondary);
    return entry;
  }
}
