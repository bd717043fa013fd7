// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.latency;

import java.util.List;
import java.util.Map;

/**
 * What one JVM measured.
 *
 * @param calls times of the calls of the workload
 * @param empty times of no call at all, taken in the same way: the clock's own, and what disturbs
 *     the threads
 * @param behindNanos how far behind the schedule the slowest thread was when it ended
 * @param version of the allocator
 */
public record LatencyRound(
    Map<Timing, CallTimes> calls, Map<Timing, CallTimes> empty, long behindNanos, String version) {

  /** Makes unchangeable copies. */
  public LatencyRound {
    calls = Map.copyOf(calls);
    empty = Map.copyOf(empty);
  }

  /**
   * In lines.
   *
   * @return its text
   */
  public List<String> toLines() {
    return List.of(
        behindNanos + "\t" + version,
        calls.get(Timing.SERVICE).toText(),
        calls.get(Timing.SCHEDULE).toText(),
        empty.get(Timing.SERVICE).toText(),
        empty.get(Timing.SCHEDULE).toText());
  }

  /**
   * Reads what {@link #toLines} made.
   *
   * @param lines its text
   * @return the same
   */
  public static LatencyRound parse(List<String> lines) {
    String[] first = lines.get(0).split("\t", -1);
    return new LatencyRound(times(lines, 1), times(lines, 3), Long.parseLong(first[0]), first[1]);
  }

  private static Map<Timing, CallTimes> times(List<String> lines, int from) {
    return Map.of(
        Timing.SERVICE, CallTimes.parse(lines.get(from)),
        Timing.SCHEDULE, CallTimes.parse(lines.get(from + 1)));
  }
}
