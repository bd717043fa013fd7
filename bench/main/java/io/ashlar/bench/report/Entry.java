// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import com.google.gson.JsonObject;
import io.ashlar.bench.Medians;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An entry of a results file: a benchmark with one allocator at one number of threads.
 *
 * @param number its place in the file, from 0 on
 * @param kind what is compared with each other: the same with different allocators and threads
 * @param allocator label of the allocator, empty if the benchmark has no such parameter
 * @param threads how many
 * @param primary the benchmark's own figure
 * @param secondary other figures by name
 * @param settings JMH's arguments to measure in the same way
 * @param note what the file's companion says of the entry
 */
record Entry(
    int number,
    Kind kind,
    String allocator,
    int threads,
    Figure primary,
    Map<String, Figure> secondary,
    String settings,
    About.Note note) {

  private static final String ALLOCATOR = "allocator";

  /** A parameter of all workloads that is worth a word only where calls are checked. */
  private static final String VERIFY = "verify";

  private static final String ROOT = "io.ashlar.bench.";

  /** JMH writes percentiles as such secondary metrics, and so does what measures latency here. */
  private static final Pattern PERCENTILE = Pattern.compile("latency[·:]p([01]\\.\\d+)");

  /**
   * A benchmark with its parameters.
   *
   * @param benchmark class and method
   * @param mode JMH's word for what is measured
   * @param params values by name, without the allocator
   */
  record Kind(String benchmark, String mode, Map<String, String> params) {

    Kind {
      params = new TreeMap<>(params);
    }

    /** The simple name of the class. */
    String workload() {
      String className = benchmark.substring(0, benchmark.lastIndexOf('.'));
      return className.substring(className.lastIndexOf('.') + 1);
    }

    String method() {
      return benchmark.substring(benchmark.lastIndexOf('.') + 1);
    }

    boolean isThroughput() {
      return mode.equals("thrpt");
    }

    /** The parameters in a line. */
    String parameters() {
      return String.join(
          ", ", params.entrySet().stream().map(p -> p.getKey() + " " + p.getValue()).toList());
    }
  }

  static Optional<Entry> read(int number, JsonObject json, About.Note note) {
    Map<String, String> params = new TreeMap<>();
    if (json.has("params")) {
      json.getAsJsonObject("params")
          .asMap()
          .forEach((name, value) -> params.put(name, value.getAsString()));
    }
    String allocator = params.getOrDefault(ALLOCATOR, "");
    params.remove(ALLOCATOR);
    params.remove(VERIFY, "false");
    Kind kind = new Kind(text(json, "benchmark"), text(json, "mode"), params);
    Map<String, Figure> secondary = new LinkedHashMap<>();
    if (json.has("secondaryMetrics")) {
      json.getAsJsonObject("secondaryMetrics")
          .asMap()
          .forEach(
              (name, metric) ->
                  Figure.read(metric.getAsJsonObject())
                      .ifPresent(figure -> secondary.put(name, figure)));
    }
    return Figure.read(json.getAsJsonObject("primaryMetric"))
        .map(
            primary ->
                new Entry(
                    number,
                    kind,
                    allocator,
                    json.get("threads").getAsInt(),
                    primary,
                    secondary,
                    settings(json),
                    note));
  }

  private static String text(JsonObject json, String name) {
    return json.get(name).getAsString();
  }

  private static String settings(JsonObject json) {
    List<String> settings = new ArrayList<>();
    for (String[] option :
        new String[][] {
          {"-f", "forks"},
          {"-wi", "warmupIterations"},
          {"-w", "warmupTime"},
          {"-i", "measurementIterations"},
          {"-r", "measurementTime"}
        }) {
      if (json.has(option[1])) {
        String value = text(json, option[1]).replace(" ", "");
        if (value.matches("\\d+(us|ms|s|m|h)?")) {
          settings.add(option[0] + " " + value);
        }
      }
    }
    return String.join(" ", settings);
  }

  /** The command that makes the figure again. */
  String command() {
    if (!note.command().isEmpty()) {
      return note.command();
    }
    String name = kind.benchmark();
    StringBuilder command = new StringBuilder("bench/run jmh '");
    command.append(name.startsWith(ROOT) ? name.substring(ROOT.length()) : name).append("$'");
    command.append(" -bm ").append(kind.mode()).append(" -t ").append(threads);
    command.append(' ').append(settings);
    if (!allocator.isEmpty()) {
      command.append(" -p allocator=").append(allocator);
    }
    kind.params().forEach((param, value) -> command.append(" -p " + param + "=" + value));
    return command.toString();
  }

  /** All threads' operations, if the figure tells of operations. */
  Optional<Double> opsPerMicro() {
    double nanos = nanosPerUnit(primary.unit());
    if (nanos == 0 || kind.mode().equals("ss")) {
      return Optional.empty();
    }
    double median = primary.median();
    return Optional.of(
        kind.isThroughput() ? median * 1e3 / nanos : threads * 1e3 / (median * nanos));
  }

  /** Nanoseconds of the time in a unit, {@code ns/op} or {@code ops/us}; 0 if it is none. */
  private static double nanosPerUnit(String unit) {
    return switch (unit.replace("ops/", "").replace("/op", "")) {
      case "ns" -> 1;
      case "us" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      default -> 0;
    };
  }

  /**
   * The time of this entry over that of another of the same kind: the median of the quotients of
   * the rounds, if both were measured in as many; else the quotient of the medians.
   */
  double timeRatio(Entry other) {
    Entry over = kind.isThroughput() ? other : this;
    Entry under = kind.isThroughput() ? this : other;
    Samples a = over.primary.samples();
    Samples b = under.primary.samples();
    return a.ofForks() && b.ofForks() && a.count() == b.count()
        ? Medians.ofRatios(array(a), array(b))
        : a.median() / b.median();
  }

  private static double[] array(Samples samples) {
    return samples.values().stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Nanoseconds of single calls by percent; empty if they were not measured one by one. */
  Map<Double, Double> latencies() {
    Map<Double, Double> latencies = new TreeMap<>();
    double nanos = nanosPerUnit(primary.unit());
    primary.percentiles().forEach((percent, value) -> latencies.put(percent, value * nanos));
    secondary.forEach(
        (name, figure) -> {
          Matcher matcher = PERCENTILE.matcher(name);
          if (matcher.matches()) {
            // 100 × 0.9999 is not 99.99.
            double percent = Math.rint(1e8 * Double.parseDouble(matcher.group(1))) / 1e6;
            latencies.put(percent, figure.median());
          }
        });
    return latencies;
  }

  /** Bytes of a secondary metric; 0 if there is none. */
  double bytes(String name) {
    return secondary.containsKey(name) ? secondary.get(name).median() : 0;
  }

  /** The metrics that are neither percentiles nor memory: counts, and what profilers say. */
  Map<String, Figure> otherMetrics() {
    Map<String, Figure> others = new LinkedHashMap<>(secondary);
    others
        .keySet()
        .removeIf(
            name ->
                PERCENTILE.matcher(name).matches()
                    || name.matches(".*[·:]p[01]\\.\\d+")
                    || JmhResults.MEMORY.contains(name));
    return others;
  }
}
