// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.Compiler;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One workload with one allocator, at one number of threads after the other, in a JVM of its own:
 * the cell of the main job.
 *
 * <p>The threads work in bursts, between which the compiler may catch up: each number of threads
 * until in two bursts in a row next to nothing was compiled and gained, and the first for a while
 * at least. In the last burst all their operations between two moments are counted and divided by
 * the time between: one figure for the machine, not a sum of the threads' own figures, which would
 * count a thread's good moments alone where threads take turns on a processor.
 */
public final class WorkloadCell {

  private static final int BURST_MILLIS = 12;
  private static final int MIN_FIRST_BURSTS = 25;
  private static final int MAX_BURSTS = 40;
  private static final double RISE = 1.05;
  private static final long COMPILED_MILLIS = 2;
  private static final int LEAD_MILLIS = 2;

  private final WorkloadName workload;
  private final Subject subject;
  private final HandOver handOver = new HandOver(XmallocWorker.BATCHES, XmallocWorker.BATCH_BLOCKS);
  private final Worker[] workers;
  private final CyclicBarrier begin;
  private final CyclicBarrier end;
  private volatile Stop stop = new Stop();
  private volatile boolean over;
  private volatile Throwable failure;

  private WorkloadCell(WorkloadName workload, Subject subject, int threads) {
    this.workload = workload;
    this.subject = subject;
    workers = new Worker[threads];
    begin = new CyclicBarrier(threads + 1);
    end = new CyclicBarrier(threads + 1);
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
        bursts = 0;
      }
    }
    return lines;
  }

  private Outcome measure(int minBursts, int millis) throws Exception {
    for (int i = 0; i < workers.length; i++) {
      int index = i;
      new Thread(() -> work(index), "worker-" + i).start();
    }
    await(end);
    warmUp(minBursts);
    final Outcome counted = burst(millis);
    over = true;
    await(begin);
    await(end);
    return counted;
  }

  /** Makes bursts until in two in a row hardly anything was compiled and gained. */
  private void warmUp(int minBursts) throws Exception {
    double best = 0;
    int still = 0;
    for (int i = 0; i < MAX_BURSTS && (i < minBursts || still < 2); i++) {
      long compiled = Compiler.totalMillis();
      double speed = burst(BURST_MILLIS).opsPerMicro();
      boolean compiles = Compiler.totalMillis() - compiled > COMPILED_MILLIS;
      still = compiles || speed > best * RISE ? 0 : still + 1;
      best = Math.max(best, speed);
    }
  }

  /** Lets the threads work for a while. */
  private Outcome burst(int millis) throws Exception {
    Compiler.awaitQuiet();
    stop = new Stop();
    await(begin);
    TimeUnit.MILLISECONDS.sleep(LEAD_MILLIS);
    long start = System.nanoTime();
    long before = operations();
    TimeUnit.MILLISECONDS.sleep(millis);
    long nanos = System.nanoTime() - start;
    long operations = operations() - before;
    stop.stop();
    await(end);
    return new Outcome(operations, nanos, subject.version());
  }

  private long operations() {
    long sum = 0;
    for (Worker worker : workers) {
      sum += worker.operations();
    }
    return sum;
  }

  private void await(CyclicBarrier barrier) throws Exception {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException("a worker failed", failure);
    }
  }

  private void work(int index) {
    try {
      Worker worker = worker(index);
      workers[index] = worker;
      await(end);
      for (await(begin); !over; await(begin)) {
        worker.burst(stop);
        await(end);
      }
      worker.finish();
      await(end);
    } catch (Throwable e) {
      failure = e;
      begin.reset();
      end.reset();
    }
  }

  private Worker worker(int index) {
    return switch (workload) {
      case PAIR -> new PairWorker(subject.forThread(), WorkloadName.BLOCK_BYTES);
      case RANDOM_REPLACE -> new ReplaceWorker(subject.forThread(), index);
      case LARSON -> new LarsonWorker(subject, index);
      case XMALLOC_TEST ->
          new XmallocWorker(
              subject.forThread(),
              handOver,
              index,
              workers.length,
              new int[] {WorkloadName.BLOCK_BYTES});
      default -> throw new IllegalArgumentException(workload.label() + " is for JMH alone");
    };
  }
}
