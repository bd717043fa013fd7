// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import com.google.gson.Gson;
import io.ashlar.bench.Compiler;
import io.ashlar.bench.Medians;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import io.ashlar.bench.subject.Subject.Footprint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One replay in a JVM of its own, which measures either time or memory.
 *
 * <p><b>Time</b>: the whole trace is replayed on the allocator under test until in {@value
 * #STILL_PASSES} passes in a row next to nothing was compiled and gained, or for {@value
 * #WARMUP_MILLIS} ms, and then {@value #MEASURED_PASSES} times more; the median of these counts.
 * After each pass what the program left live is freed, beside the clock. So every allocator is
 * measured with the memory it kept from the passes before.
 *
 * <p><b>Memory</b>: a small trace that never has more than a few blocks live warms the code and
 * links the calls; then the trace is replayed once, with pauses to measure. For allocators that do
 * not know their own memory it is the growth of the process's resident set, its peak as the kernel
 * has it. The Java heap is of a fixed size and touched at start, so that it does not grow.
 */
public final class ReplayCell {

  static final long WARMUP_MILLIS = 1_500;

  /** What a Java allocator does seldom is compiled late: many passes after the rest. */
  static final int STILL_PASSES = 5;

  static final int MEASURED_PASSES = 5;

  /** A pass so many times as fast as those before says that there may be more to gain. */
  private static final double GAIN = 1.05;

  /** More than this in a pass says that the compiler is still at work. */
  private static final long COMPILED_MILLIS = 2;

  private ReplayCell() {}

  /** What a cell measures. */
  public enum Measure {
    /** Nanoseconds an operation. */
    TIME,
    /** Bytes. */
    MEMORY
  }

  /**
   * A cell.
   *
   * @param trace name or path
   * @param first how many of its operations at most
   * @param allocator label of the {@link Peer}
   * @param threading one thread, or one for each recorded thread
   * @param measure time or memory
   */
  public record Request(
      String trace, int first, String allocator, String threading, Measure measure) {}

  /**
   * What came out.
   *
   * @param nsPerOp time of an operation; 0 where memory was measured
   * @param peakResidentBytes most physical memory, the allocator's records included
   * @param metadataBytes how much of it the allocator's records were; 0 where it does not know
   * @param peakLiveBytes most requested bytes live at once
   * @param operations operations in the trace
   * @param curve memory over the trace: operation, live bytes, resident bytes
   */
  public record Outcome(
      double nsPerOp,
      long peakResidentBytes,
      long metadataBytes,
      long peakLiveBytes,
      int operations,
      List<long[]> curve) {}

  /**
   * Measures one cell.
   *
   * @param args a {@link Request} as JSON, and the file for the {@link Outcome}; none to load
   *     classes
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    Gson gson = new Gson();
    if (args.length == 0) {
      Request any =
          new Request(Traces.SHIPPED.get(0), Replays.WHOLE, "glibc", "SINGLE", Measure.MEMORY);
      main(new String[] {gson.toJson(any), "/dev/null"});
      return;
    }
    Outcome outcome = measure(gson.fromJson(args[0], Request.class));
    Files.writeString(Path.of(args[1]), gson.toJson(outcome));
  }

  private static Outcome measure(Request request) throws Exception {
    Trace trace = Traces.load(request.trace).first(request.first);
    Replay.Threading threading = Replay.Threading.valueOf(request.threading);
    int threads = threading == Replay.Threading.SINGLE ? 1 : Math.max(2, trace.threads);
    try (Subject subject = Peer.of(request.allocator).open(threads)) {
      return request.measure == Measure.TIME
          ? time(trace, threading, subject)
          : memory(trace, threading, subject);
    }
  }

  private static Outcome time(Trace trace, Replay.Threading threading, Subject subject)
      throws InterruptedException {
    Replay replay = threading.of(trace);
    warmUp(replay, subject);
    double[] nanos = new double[MEASURED_PASSES];
    long peakLiveBytes = 0;
    for (int i = 0; i < MEASURED_PASSES; i++) {
      Replay.Pass pass = pass(replay, subject);
      nanos[i] = pass.nanos();
      peakLiveBytes = Math.max(peakLiveBytes, pass.peakLiveBytes());
    }
    double nsPerOp = Medians.of(nanos) / trace.operations;
    return new Outcome(nsPerOp, 0, 0, peakLiveBytes, trace.operations, List.of());
  }

  private static void warmUp(Replay replay, Subject subject) throws InterruptedException {
    double best = Double.MAX_VALUE;
    int still = 0;
    long start = System.nanoTime();
    while (still < STILL_PASSES && System.nanoTime() - start < WARMUP_MILLIS * 1_000_000) {
      long compiled = Compiler.totalMillis();
      double nanos = pass(replay, subject).nanos();
      boolean compiles = Compiler.totalMillis() - compiled > COMPILED_MILLIS;
      still = compiles || nanos < best / GAIN ? 0 : still + 1;
      best = Math.min(best, nanos);
    }
  }

  private static Replay.Pass pass(Replay replay, Subject subject) throws InterruptedException {
    Compiler.awaitQuiet();
    Replay.Pass made = replay.run(subject, MemoryCurve.NONE);
    replay.freeRest(subject);
    return made;
  }

  private static Outcome memory(Trace trace, Replay.Threading threading, Subject subject) {
    try (ProcessMemory process = new ProcessMemory()) {
      boolean knowsItself = subject.footprint() != null;
      Supplier<Footprint> meter = knowsItself ? subject::footprint : process::growth;
      Replay replay = threading.of(trace);
      MemoryCurve curve = MemoryCurve.of(trace, meter);
      WarmUp.run(threading, subject, meter);
      process.reset();
      Replay.Pass pass = replay.run(subject, curve);
      long processPeakBytes = process.peakGrowthBytes();
      MemoryCurve.Sample peak = curve.peak();
      return new Outcome(
          0,
          knowsItself ? peak.totalBytes() : processPeakBytes,
          peak.metadataBytes(),
          pass.peakLiveBytes(),
          trace.operations,
          curve.samples().stream()
              .map(s -> new long[] {s.operation(), s.liveBytes(), s.totalBytes()})
              .toList());
    }
  }

  /** The arguments of the JVM for cells. */
  static Stream<String> jvmArguments(Measure measure) {
    // Memory is measured with the quick compiler alone: the other one's work needs memory.
    return measure == Measure.MEMORY
        ? Stream.of("-XX:TieredStopAtLevel=1", "-Xss256k")
        : Stream.of();
  }
}
