// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import com.google.gson.Gson;
import io.ashlar.bench.JvmCell;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A workload with one allocator on virtual cores, at one number of them after the other, in a JVM
 * of its own.
 */
public final class CoherenceCell {

  /** More than there are shards for, and than anybody has asked for. */
  public static final int MAX_CORES = 256;

  private static final String RUN = "io.ashlar.bench.workload.TracedRun";

  /** Calls of all cores that are watched, and of each at least. */
  private static final long CALLS = 500_000;

  private static final long CALLS_OF_CORE = 6_000;

  /** A second or two. */
  private static final long MAX_EFFORT = 5_000_000;

  private static final List<String> JVM_ARGUMENTS =
      List.of(
          // All threads on one: they take turns anyway.
          "-Djdk.virtualThreadScheduler.parallelism=1",
          "-Djol.skipDynamicAttach=true",
          "-Djol.skipInstalledAttach=true",
          "-Djol.skipHotspotSAAttach=true");

  private CoherenceCell() {}

  /**
   * What to run.
   *
   * @param workload one that {@link #fits}
   * @param peer an allocator that is built here
   * @param costs of accesses
   * @param seed of the order in which cores begin
   */
  public record Request(WorkloadName workload, Peer peer, Costs costs, long seed) {}

  /**
   * Whether a workload can be run so.
   *
   * @param workload any
   * @return whether it can
   */
  public static boolean fits(WorkloadName workload) {
    return switch (workload) {
      case RANDOM_REPLACE, LARSON, XMALLOC_TEST -> true;
      default -> false;
    };
  }

  /**
   * Runs it in a fresh JVM.
   *
   * @param request what
   * @param cores how many, one number after the other; for {@code XmallocTest} 1 or even ones
   * @return what went between them, by their number
   * @throws InterruptedException if interrupted
   */
  public static Map<Integer, Traffic> run(Request request, List<Integer> cores)
      throws InterruptedException {
    String text =
        JvmCell.measure(
            request.peer,
            JVM_ARGUMENTS,
            CoherenceCell.class,
            new Gson().toJson(request),
            new Gson().toJson(cores));
    Traffic[] traffic = new Gson().fromJson(text, Traffic[].class);
    Map<Integer, Traffic> byCores = new LinkedHashMap<>();
    for (int i = 0; i < traffic.length; i++) {
      byCores.put(cores.get(i), traffic[i]);
    }
    return byCores;
  }

  /**
   * Runs a request.
   *
   * @param args the request, the numbers of cores and the file for what comes out; none to load
   *     classes
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      Costs costs = Costs.ofNanos(1, 1);
      run(new Request(WorkloadName.RANDOM_REPLACE, Peer.ASHLAR, costs, 0), 1, new Window(1, 1, 1));
      return;
    }
    Request request = new Gson().fromJson(args[0], Request.class);
    int[] cores = new Gson().fromJson(args[1], int[].class);
    Traffic[] traffic = new Traffic[cores.length];
    for (int i = 0; i < cores.length; i++) {
      long calls = Math.max(CALLS, CALLS_OF_CORE * cores[i]);
      traffic[i] = run(request, cores[i], new Window(calls, calls, MAX_EFFORT));
    }
    Files.writeString(Path.of(args[2]), new Gson().toJson(traffic));
  }

  private static Traffic run(Request request, int count, Window window) throws Exception {
    Cores cores = new Cores(count, request.costs, window, request.seed);
    Method run =
        new TracingLoader()
            .loadClass(RUN)
            .getMethod("run", String.class, String.class, Cores.class);
    return (Traffic) run.invoke(null, request.workload.name(), request.peer.name(), cores);
  }
}
