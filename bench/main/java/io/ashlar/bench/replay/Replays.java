// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import com.google.gson.Gson;
import io.ashlar.bench.JvmCell;
import io.ashlar.bench.Medians;
import io.ashlar.bench.replay.ReplayCell.Measure;
import io.ashlar.bench.replay.ReplayCell.Outcome;
import io.ashlar.bench.replay.ReplayCell.Request;
import io.ashlar.bench.subject.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** All measurements of one trace with one allocator. */
public final class Replays {

  /** More operations than a trace has. */
  public static final int WHOLE = Integer.MAX_VALUE;

  private final Request request;
  private final List<Outcome> times = new ArrayList<>();
  private final List<Outcome> memories = new ArrayList<>();

  /**
   * Makes an empty series.
   *
   * @param trace name or path
   * @param first how many of its operations at most
   * @param peer the allocator
   * @param threading {@code single} or {@code recorded}
   */
  public Replays(String trace, int first, Peer peer, String threading) {
    String mode = Replay.Threading.valueOf(threading.toUpperCase(java.util.Locale.ROOT)).name();
    request = new Request(trace, first, peer.label(), mode, Measure.TIME);
  }

  /**
   * Measures once more.
   *
   * @param measure time or memory
   * @throws InterruptedException if interrupted
   */
  public void measure(Measure measure) throws InterruptedException {
    Request now =
        new Request(
            request.trace(), request.first(), request.allocator(), request.threading(), measure);
    List<String> arguments =
        Stream.concat(
                ReplayCell.jvmArguments(measure),
                Stream.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch"))
            .toList();
    Gson gson = new Gson();
    String json = JvmCell.measure(peer(), arguments, ReplayCell.class, gson.toJson(now));
    Outcome outcome = gson.fromJson(json, Outcome.class);
    add(measure, outcome);
  }

  /**
   * Adds what came out of a round.
   *
   * @param measure time or memory
   * @param outcome of a cell
   */
  public void add(Measure measure, Outcome outcome) {
    (measure == Measure.TIME ? times : memories).add(outcome);
  }

  /**
   * The allocator.
   *
   * @return it
   */
  public Peer peer() {
    return Peer.of(request.allocator());
  }

  /**
   * What is replayed.
   *
   * @return name or path
   */
  public String trace() {
    return request.trace();
  }

  /**
   * How much of it is replayed.
   *
   * @return operations at most
   */
  public int first() {
    return request.first();
  }

  /**
   * Times so far.
   *
   * @return nanoseconds an operation, by round
   */
  public double[] nsPerOp() {
    return times.stream().mapToDouble(Outcome::nsPerOp).toArray();
  }

  /**
   * The memory curve of the first round.
   *
   * @return operation, live bytes and resident bytes, in order
   */
  public List<long[]> curve() {
    return memories.isEmpty() ? List.of() : memories.get(0).curve();
  }

  /**
   * What was measured, as medians.
   *
   * @return the figures
   */
  public Summary summary() {
    return new Summary(
        Traces.name(request.trace()) + (isPart() ? " first " + first() : ""),
        request.allocator(),
        request.threading().toLowerCase(java.util.Locale.ROOT),
        times.isEmpty() ? 0 : Medians.of(nsPerOp()),
        median(Outcome::peakResidentBytes),
        median(Outcome::metadataBytes),
        Math.max(
            median(Outcome::peakLiveBytes), times.isEmpty() ? 0 : times.get(0).peakLiveBytes()));
  }

  /** Whether the trace may be longer than what was replayed of it. */
  private boolean isPart() {
    return Stream.concat(times.stream(), memories.stream())
        .anyMatch(outcome -> outcome.operations() == first());
  }

  private long median(ToLongFunction<Outcome> figure) {
    return memories.isEmpty()
        ? 0
        : Math.round(Medians.of(memories.stream().map(figure::applyAsLong).toList()));
  }

  /**
   * The figures of a replay.
   *
   * @param trace the trace's name, and how much of it if not all
   * @param allocator the allocator's label
   * @param threading {@code single} or {@code recorded}
   * @param nsPerOp nanoseconds an operation
   * @param peakResidentBytes most physical memory: for ours region and records, for others growth
   *     of the process's resident set
   * @param metadataBytes how much of it the allocator's records were, on the Java heap too; 0 where
   *     the allocator does not tell
   * @param peakLiveBytes most requested bytes live at once
   */
  public record Summary(
      String trace,
      String allocator,
      String threading,
      double nsPerOp,
      long peakResidentBytes,
      long metadataBytes,
      long peakLiveBytes) {

    /**
     * Physical over requested memory.
     *
     * @return peak over peak
     */
    public double residentRatio() {
      return (double) peakResidentBytes / peakLiveBytes;
    }
  }
}
