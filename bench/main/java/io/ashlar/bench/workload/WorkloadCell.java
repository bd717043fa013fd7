// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.Compiler;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

/**
 * One workload with one allocator and one number of threads, in a JVM of its own: the cell of the
 * main job.
 *
 * <p>The threads work in bursts, between which the compiler may catch up. First two of them work,
 * so that the code is compiled before many threads crowd the processors, then all; each time until
 * in two bursts in a row next to nothing was compiled and gained. In the last burst all their
 * operations between two moments are counted and divided by the time between: one figure for the
 * machine, not a sum of the threads' own figures, which would count a thread's good moments alone
 * where threads take turns on a processor.
 */
public final class WorkloadCell {

  private static final int FIRST_THREADS = 2;
  private static final int BURST_MILLIS = 12;
  private static final int MAX_BURSTS = 30;
  private static final double RISE = 1.05;
  private static final long COMPILED_MILLIS = 2;
  private static final int LEAD_MILLIS = 2;

  private final Request request;
  private final Worker[] workers;
  private final CyclicBarrier begin;
  private final CyclicBarrier end;
  private volatile Stop stop = new Stop();
  private volatile int active;
  private volatile boolean over;
  private volatile Throwable failure;

  private WorkloadCell(Request request) {
    this.request = request;
    workers = new Worker[request.threads];
    begin = new CyclicBarrier(request.threads + 1);
    end = new CyclicBarrier(request.threads + 1);
  }

  /**
   * A cell. Its text form is plain: to parse more would take longer than some cells measure.
   *
   * @param workload what to run
   * @param peer the allocator
   * @param threads how many
   * @param millis time to measure
   */
  record Request(WorkloadName workload, Peer peer, int threads, int millis) {

    String[] toArguments() {
      return new String[] {
        workload.name(), peer.name(), Integer.toString(threads), Integer.toString(millis)
      };
    }

    static Request of(String[] arguments) {
      return new Request(
          WorkloadName.valueOf(arguments[0]),
          Peer.valueOf(arguments[1]),
          Integer.parseInt(arguments[2]),
          Integer.parseInt(arguments[3]));
    }
  }

  /**
   * What came out.
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
      return operations + "\n" + nanos + "\n" + version;
    }

    static Outcome parse(String text) {
      List<String> lines = text.lines().toList();
      String version = lines.size() > 2 ? lines.get(2) : "";
      return new Outcome(Long.parseLong(lines.get(0)), Long.parseLong(lines.get(1)), version);
    }
  }

  /**
   * Measures one cell.
   *
   * @param args a {@link Request}, and the file for the {@link Outcome}; none to load classes
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      new WorkloadCell(new Request(WorkloadName.PAIR, Peer.GLIBC, 1, 1)).measure();
      return;
    }
    Outcome outcome = new WorkloadCell(Request.of(args)).measure();
    Files.writeString(Path.of(args[args.length - 1]), outcome.toText());
  }

  private Outcome measure() throws Exception {
    try (Subject subject = request.peer.open(request.threads)) {
      HandOver handOver = new HandOver(XmallocWorker.BATCHES, XmallocWorker.BATCH_BLOCKS);
      for (int i = 0; i < request.threads; i++) {
        int index = i;
        new Thread(() -> work(index, subject, handOver), "worker-" + i).start();
      }
      await(end);
      warmUp(Math.min(request.threads, FIRST_THREADS));
      if (request.threads > FIRST_THREADS) {
        warmUp(request.threads);
      }
      final Outcome counted = burst(request.threads, request.millis);
      over = true;
      await(begin);
      await(end);
      return new Outcome(counted.operations, counted.nanos, subject.version());
    }
  }

  /** Makes bursts until in two in a row hardly anything was compiled and gained. */
  private void warmUp(int threads) throws Exception {
    double best = 0;
    int still = 0;
    for (int i = 0; i < MAX_BURSTS && still < 2; i++) {
      long compiled = Compiler.totalMillis();
      double speed = burst(threads, BURST_MILLIS).opsPerMicro();
      boolean compiles = Compiler.totalMillis() - compiled > COMPILED_MILLIS;
      still = compiles || speed > best * RISE ? 0 : still + 1;
      best = Math.max(best, speed);
    }
  }

  /** Lets the first {@code threads} threads work for a while. */
  private Outcome burst(int threads, int millis) throws Exception {
    Compiler.awaitQuiet();
    active = threads;
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
    return new Outcome(operations, nanos, "");
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

  private void work(int index, Subject shared, HandOver handOver) {
    try {
      Worker worker = worker(index, shared, handOver);
      workers[index] = worker;
      await(end);
      for (await(begin); !over; await(begin)) {
        if (index < active) {
          worker.burst(stop);
        }
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

  private Worker worker(int index, Subject shared, HandOver handOver) {
    return switch (request.workload) {
      case PAIR -> new PairWorker(shared.forThread(), WorkloadName.BLOCK_BYTES);
      case RANDOM_REPLACE -> new ReplaceWorker(shared.forThread(), index);
      case LARSON -> new LarsonWorker(shared, index);
      case XMALLOC_TEST ->
          new XmallocWorker(
              shared.forThread(),
              handOver,
              index,
              request.threads,
              new int[] {WorkloadName.BLOCK_BYTES});
      case TRACE_REPLAY -> throw new IllegalArgumentException("not a workload of threads");
    };
  }
}
