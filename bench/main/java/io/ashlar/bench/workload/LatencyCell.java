// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.JvmCell;
import io.ashlar.bench.latency.CallTimes;
import io.ashlar.bench.latency.LatencyRound;
import io.ashlar.bench.latency.Timing;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * The times of single calls of one workload with one allocator, in a JVM of its own.
 *
 * <p>The workers are those that measure throughput, with {@link TimedCalls} put in at their seam.
 * Both ways of timing are warmed up before either is measured.
 */
public final class LatencyCell {

  /** The workloads whose calls can be timed. */
  public static final Set<WorkloadName> WORKLOADS =
      EnumSet.of(WorkloadName.LARSON, WorkloadName.XMALLOC_TEST);

  private static final int WARM_UP_BURSTS = 12;

  /** In warm-up the schedule is tight, so that there are many calls in it. */
  private static final long WARM_UP_INTERVAL_NANOS = 500;

  /** A heap that nothing has to be collected in: no pauses but the allocator's and the system's. */
  private static final List<String> JVM_ARGUMENTS = List.of("-Xms512m", "-Xmx512m");

  private final Request request;
  private final Subject subject;
  private final HandOver handOver = new HandOver(XmallocWorker.BATCHES, XmallocWorker.BATCH_BLOCKS);

  private LatencyCell(Request request, Subject subject) {
    this.request = request;
    this.subject = subject;
  }

  /**
   * A cell.
   *
   * @param workload what to run
   * @param peer the allocator
   * @param threads how many
   * @param millis time of each measurement
   * @param intervalNanos of the schedule, from a thread's call to its next
   */
  public record Request(
      WorkloadName workload, Peer peer, int threads, int millis, long intervalNanos) {

    private String[] toArguments() {
      return Stream.of(workload.name(), peer.name(), threads, millis, intervalNanos)
          .map(String::valueOf)
          .toArray(String[]::new);
    }

    private static Request of(String[] arguments) {
      return new Request(
          WorkloadName.valueOf(arguments[0]),
          Peer.valueOf(arguments[1]),
          Integer.parseInt(arguments[2]),
          Integer.parseInt(arguments[3]),
          Long.parseLong(arguments[4]));
    }
  }

  /**
   * Measures in a fresh JVM.
   *
   * @param request what
   * @return the times
   * @throws InterruptedException if interrupted
   */
  public static LatencyRound measure(Request request) throws InterruptedException {
    String text =
        JvmCell.measure(request.peer, JVM_ARGUMENTS, LatencyCell.class, request.toArguments());
    return LatencyRound.parse(text.lines().toList());
  }

  /**
   * Measures one cell in this JVM.
   *
   * @param args a {@link Request}, and the file for what comes out; none to load classes
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      here(new Request(WorkloadName.LARSON, Peer.GLIBC, 1, 1, 1_000));
      return;
    }
    Files.write(Path.of(args[args.length - 1]), here(Request.of(args)).toLines());
  }

  static LatencyRound here(Request request) throws InterruptedException {
    try (Subject subject = request.peer.open(request.threads)) {
      return new LatencyCell(request, subject).measure();
    }
  }

  private LatencyRound measure() throws InterruptedException {
    Phases ofCalls = new Phases(request.threads);
    Map<Timing, CallTimes> calls =
        ofCalls.measure(index -> worker(index, ofCalls.timed[index]), request, WARM_UP_BURSTS);
    Phases ofNothing = new Phases(request.threads);
    Map<Timing, CallTimes> empty =
        ofNothing.measure(index -> new EmptyWorker(ofNothing.timed[index]), request, 0);
    return new LatencyRound(calls, empty, ofCalls.behindNanos, subject.version());
  }

  /** A worker with its calls timed. The classes here are loaded in a JVM such as this one alone. */
  private Worker worker(int index, TimedCalls timed) {
    return switch (request.workload) {
      case LARSON ->
          new LarsonWorker(subject, index) {
            @Override
            long malloc(Subject from, long byteSize) {
              return timed.malloc(from, byteSize);
            }

            @Override
            void free(Subject to, long block) {
              timed.free(to, block);
            }

            @Override
            void beginCalls() {
              timed.begin();
            }

            @Override
            void endCalls() {
              timed.end();
            }
          };
      case XMALLOC_TEST ->
          new XmallocWorker(
              subject.forThread(),
              handOver,
              index,
              request.threads,
              new int[] {WorkloadName.BLOCK_BYTES}) {
            @Override
            long malloc(Subject from, long byteSize) {
              return timed.malloc(from, byteSize);
            }

            @Override
            void free(Subject to, long block) {
              timed.free(to, block);
            }

            @Override
            void beginCalls() {
              timed.begin();
            }

            @Override
            void endCalls() {
              timed.end();
            }
          };
      default -> throw new IllegalArgumentException("calls of " + request.workload.label());
    };
  }

  /** Warm-up and measurement in both ways, with the same threads. */
  private static final class Phases {

    /** By thread. */
    private final TimedCalls[] timed;

    private long behindNanos;

    Phases(int threads) {
      timed = new TimedCalls[threads];
      Arrays.setAll(timed, index -> new TimedCalls());
    }

    Map<Timing, CallTimes> measure(IntFunction<Worker> workers, Request request, int bursts)
        throws InterruptedException {
      WorkerThreads threads = new WorkerThreads(timed.length, workers);
      for (long intervalNanos : new long[] {0, WARM_UP_INTERVAL_NANOS, 0}) {
        start(intervalNanos);
        threads.warmUp(bursts);
      }
      Map<Timing, CallTimes> times = new EnumMap<>(Timing.class);
      for (Timing timing : Timing.values()) {
        start(timing == Timing.SERVICE ? 0 : request.intervalNanos);
        threads.burst(request.millis);
        CallTimes sum = new CallTimes();
        Arrays.stream(timed).forEach(each -> sum.add(each.times()));
        times.put(timing, sum);
        behindNanos = Arrays.stream(timed).mapToLong(TimedCalls::behindNanos).max().orElse(0);
      }
      start(0); // or else the rest would be freed to the schedule
      threads.finish();
      return times;
    }

    private void start(long intervalNanos) {
      Arrays.stream(timed).forEach(each -> each.start(intervalNanos));
    }
  }
}
