// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ashlar.bench.Medians;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/**
 * A metric of an entry, as JMH wrote it.
 *
 * @param samples what was measured
 * @param unit in JMH's words, as {@code ns/op}
 * @param percentiles of single calls by percent; empty where calls were not measured one by one
 */
record Figure(Samples samples, String unit, Map<Double, Double> percentiles) {

  Figure {
    percentiles = Map.copyOf(percentiles);
  }

  /** Reads a metric; empty if it has no figure, as one of a profiler that had nothing to say. */
  static Optional<Figure> read(JsonObject metric) {
    String unit = metric.get("scoreUnit").getAsString();
    List<List<Double>> forks = forks(metric);
    boolean calls = metric.has("rawDataHistogram");
    Map<Double, Double> percentiles = calls ? percentiles(metric) : Map.of();
    boolean ofForks = forks.size() > 1;
    List<Double> values =
        ofForks
            ? forks.stream().map(Medians::of).toList()
            : forks.stream().flatMap(List::stream).toList();
    if (values.isEmpty()) {
      double score = metric.get("score").getAsDouble();
      values = Double.isNaN(score) ? List.of() : List.of(score);
    }
    return values.isEmpty() || values.stream().anyMatch(value -> value.isNaN())
        ? Optional.empty()
        : Optional.of(new Figure(new Samples(values, ofForks), unit, percentiles));
  }

  private static List<List<Double>> forks(JsonObject metric) {
    List<List<Double>> forks = new ArrayList<>();
    if (metric.has("rawDataHistogram")) {
      for (JsonElement fork : metric.getAsJsonArray("rawDataHistogram")) {
        forks.add(stream(fork).map(iteration -> mean(iteration.getAsJsonArray())).toList());
      }
    } else if (metric.has("rawData")) {
      for (JsonElement fork : metric.getAsJsonArray("rawData")) {
        forks.add(stream(fork).map(JsonElement::getAsDouble).toList());
      }
    }
    forks.removeIf(List::isEmpty);
    return forks;
  }

  private static java.util.stream.Stream<JsonElement> stream(JsonElement array) {
    return StreamSupport.stream(array.getAsJsonArray().spliterator(), false);
  }

  /** The mean of a histogram: pairs of a value and how often it was. */
  private static double mean(JsonArray histogram) {
    double sum = 0;
    double count = 0;
    for (JsonElement bar : histogram) {
      double times = bar.getAsJsonArray().get(1).getAsDouble();
      sum += bar.getAsJsonArray().get(0).getAsDouble() * times;
      count += times;
    }
    return sum / count;
  }

  private static Map<Double, Double> percentiles(JsonObject metric) {
    Map<Double, Double> percentiles = new TreeMap<>();
    JsonObject scores = metric.getAsJsonObject("scorePercentiles");
    for (String percent : scores.keySet()) {
      percentiles.put(Double.valueOf(percent), scores.get(percent).getAsDouble());
    }
    return percentiles;
  }

  double median() {
    return samples.median();
  }
}
