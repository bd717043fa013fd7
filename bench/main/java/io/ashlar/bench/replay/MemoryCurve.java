// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject.Footprint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Memory in use while a trace is replayed, measured after certain operations: one in every 500th
 * part of the trace, and whenever the recorded live bytes have reached a maximum 2 % above that of
 * the last time, so that the peak is seen.
 */
final class MemoryCurve {

  /** Measures nothing. */
  static final MemoryCurve NONE = new MemoryCurve(new int[0], () -> null);

  private static final int PARTS = 500;
  private static final long RISE_PERCENT = 2;

  /** Indexes of the operations after which to measure, ascending. */
  private final int[] due;

  private final Supplier<Footprint> meter;
  private final List<Sample> samples;

  private MemoryCurve(int[] due, Supplier<Footprint> meter) {
    this.due = due;
    this.meter = meter;
    samples = new ArrayList<>(due.length);
  }

  /**
   * Makes a curve without samples.
   *
   * @param trace the trace that will be replayed
   * @param meter measures
   * @return the curve
   */
  static MemoryCurve of(Trace trace, Supplier<Footprint> meter) {
    int[] due = new int[trace.operations];
    int[] size = new int[trace.objects];
    int count = 0;
    int part = Math.max(1, trace.operations / PARTS);
    long live = 0;
    long seen = 0;
    for (int i = 0; i < trace.operations; i++) {
      int object = trace.object[i];
      live += trace.size(i) - Integer.toUnsignedLong(size[object]);
      size[object] = trace.size[i];
      boolean risen = live * 100 > seen * (100 + RISE_PERCENT);
      if (risen || i % part == 0 || i == trace.operations - 1) {
        due[count++] = i;
        seen = Math.max(seen, live);
      }
    }
    return new MemoryCurve(Arrays.copyOf(due, count), meter);
  }

  /** The index after the next operation to measure at, from operation {@code from} on. */
  int nextAfter(int from) {
    int at = Arrays.binarySearch(due, from);
    int next = at < 0 ? -at - 1 : at;
    return next == due.length ? Integer.MAX_VALUE : due[next] + 1;
  }

  /** Whether to measure after operation {@code i}. */
  boolean isDue(int i) {
    return due.length > 0 && Arrays.binarySearch(due, i) >= 0;
  }

  /**
   * Measures.
   *
   * @param i the operation just made
   * @param liveBytes requested bytes that are live
   */
  synchronized void record(int i, long liveBytes) {
    Footprint now = meter.get();
    samples.add(new Sample(i, liveBytes, now.residentBytes(), now.metadataBytes()));
  }

  /** In the order of the recording, which threads do not quite keep. */
  synchronized List<Sample> samples() {
    return samples.stream().sorted(Comparator.comparingInt(Sample::operation)).toList();
  }

  /** The sample with the most memory. */
  synchronized Sample peak() {
    return samples.stream().max(Comparator.comparingLong(Sample::totalBytes)).orElseThrow();
  }

  /**
   * One measurement.
   *
   * @param operation index of the operation just made
   * @param liveBytes requested bytes that were live
   * @param residentBytes of the blocks
   * @param metadataBytes of the allocator's records, where it knows them
   */
  record Sample(int operation, long liveBytes, long residentBytes, long metadataBytes) {

    long totalBytes() {
      return residentBytes + metadataBytes;
    }
  }
}
