// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * One workload with one allocator, at one number of threads after the other, in a JVM of its own:
 * the cell of the main job. The first number of threads warms up for a while at least, and so do
 * the first that are several.
 */
public final class WorkloadCell {

  private static final int MIN_FIRST_BURSTS = 25;

  /** After one thread alone: what several do to each other was not run before, nor compiled. */
  private static final int MIN_NEXT_BURSTS = 12;

  private final WorkloadName workload;
  private final Subject subject;
  private final HandOver handOver = new HandOver(XmallocWorker.BATCHES, XmallocWorker.BATCH_BLOCKS);
  private final int threads;

  private WorkloadCell(WorkloadName workload, Subject subject, int threads) {
    this.workload = workload;
    this.subject = subject;
    this.threads = threads;
  }

  /**
   * A cell. Its text form is plain: to parse more would take longer than some cells measure.
   *
   * @param workload what to run
   * @param peer the allocator
   * @param millis time to measure
   * @param threads how many, by figure
   */
  record Request(WorkloadName workload, Peer peer, int millis, List<Integer> threads) {

    String[] toArguments() {
      return Stream.concat(
              Stream.of(workload.name(), peer.name(), Integer.toString(millis)),
              threads.stream().map(String::valueOf))
          .toArray(String[]::new);
    }

    static Request of(List<String> arguments) {
      return new Request(
          WorkloadName.valueOf(arguments.get(0)),
          Peer.valueOf(arguments.get(1)),
          Integer.parseInt(arguments.get(2)),
          arguments.stream().skip(3).map(Integer::valueOf).toList());
    }
  }

  /**
   * What came out at one number of threads.
   *
   * @param operations made by all threads
   * @param nanos in this time
   * @param version of the allocator
   */
  public record Outcome(long operations, long nanos, String version) {

    /**
     * Throughput.
     *
     * @return operations a microsecond, which is millions a second
     */
    public double opsPerMicro() {
      return 1e3 * operations / nanos;
    }

    String toText() {
      return operations + "\t" + nanos + "\t" + version;
    }

    static Outcome parse(String line) {
      String[] parts = line.split("\t", -1);
      return new Outcome(Long.parseLong(parts[0]), Long.parseLong(parts[1]), parts[2]);
    }
  }

  /**
   * Measures one cell.
   *
   * @param args a {@link Request}, and the file for the {@link Outcome}s, a line each; none to load
   *     classes
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      measure(new Request(WorkloadName.PAIR, Peer.GLIBC, 1, List.of(1)));
      return;
    }
    List<String> arguments = List.of(args);
    int last = args.length - 1;
    Files.write(Path.of(args[last]), measure(Request.of(arguments.subList(0, last))));
  }

  private static List<String> measure(Request request) throws Exception {
    List<String> lines = new ArrayList<>();
    try (Subject subject = request.peer.open(Collections.max(request.threads))) {
      int bursts = MIN_FIRST_BURSTS;
      for (int threads : request.threads) {
        WorkloadCell cell = new WorkloadCell(request.workload, subject, threads);
        lines.add(cell.measure(bursts, request.millis).toText());
        bursts = threads == 1 ? MIN_NEXT_BURSTS : 0;
      }
    }
    return lines;
  }

  private Outcome measure(int minBursts, int millis) throws InterruptedException {
    WorkerThreads workers = new WorkerThreads(threads, this::worker);
    workers.warmUp(minBursts);
    WorkerThreads.Count count = workers.burst(millis);
    workers.finish();
    return new Outcome(count.operations(), count.nanos(), subject.version());
  }

  private Worker worker(int index) {
    return switch (workload) {
      case PAIR -> new PairWorker(subject.forThread(), WorkloadName.BLOCK_BYTES);
      case RANDOM_REPLACE -> new ReplaceWorker(subject.forThread(), index);
      case LARSON -> new LarsonWorker(subject, index);
      case XMALLOC_TEST ->
          new XmallocWorker(
              subject.forThread(), handOver, index, threads, new int[] {WorkloadName.BLOCK_BYTES});
      default -> throw new IllegalArgumentException(workload.label() + " is for JMH alone");
    };
  }
}
