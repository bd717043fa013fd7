// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.latency;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * The times of many calls, in nanoseconds.
 *
 * @param mallocs of the allocations
 * @param frees of the frees
 */
public record CallTimes(Histogram mallocs, Histogram frees) {

  /** Longer calls count as of this time. */
  public static final long MAX_NANOS = 60_000_000_000L;

  /** Three digits: the error of a percentile is below 0.1 %. */
  private static final int DIGITS = 3;

  /** Makes empty ones, that never grow. */
  public CallTimes() {
    this(histogram(), histogram());
  }

  private static Histogram histogram() {
    return new Histogram(MAX_NANOS, DIGITS);
  }

  /**
   * The times of some of the calls.
   *
   * @param calls which
   * @return their times; not to be changed
   */
  public Histogram of(Calls calls) {
    return switch (calls) {
      case MALLOC -> mallocs;
      case FREE -> frees;
      case BOTH -> {
        Histogram both = mallocs.copy();
        both.add(frees);
        yield both;
      }
    };
  }

  /**
   * Adds others.
   *
   * @param other theirs
   */
  public void add(CallTimes other) {
    mallocs.add(other.mallocs);
    frees.add(other.frees);
  }

  /** Forgets all. */
  public void reset() {
    mallocs.reset();
    frees.reset();
  }

  /** In one line. */
  String toText() {
    return text(mallocs) + "\t" + text(frees);
  }

  static CallTimes parse(String line) {
    List<Histogram> parts = new ArrayList<>();
    for (String part : line.split("\t", -1)) {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(part));
      try {
        parts.add(Histogram.decodeFromCompressedByteBuffer(bytes, MAX_NANOS));
      } catch (DataFormatException e) {
        throw new IllegalArgumentException("not a histogram", e);
      }
    }
    return new CallTimes(parts.get(0), parts.get(1));
  }

  private static String text(Histogram histogram) {
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int length = histogram.encodeIntoCompressedByteBuffer(buffer);
    return Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(buffer.array(), length));
  }
}
