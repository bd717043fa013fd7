// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.JvmCell;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import io.ashlar.memory.Counts;
import io.ashlar.memory.Counts.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/**
 * Counts what threads do to each other in one workload with one allocator at one number of threads,
 * in a JVM of its own that counts.
 *
 * <p>Each thread makes a fixed number of operations until all is in a steady state, and as many
 * that are counted. The JVM is told that there is a processor for each thread, so that the
 * allocator lays itself out as it would on such a machine. The threads enter the allocator one
 * after the other, in order: so they are spread over the shards in the same way each time, and in
 * {@link XmallocTest} no two threads of which one frees what the other allocated share one. As they
 * really take turns on the processors at hand, each gives its own up after every {@value
 * Worker#STRIDE} steps.
 */
public final class CountsCell {

  /** Operations of a thread in the workloads whose steady state comes early. */
  static final int OPERATIONS = 200_000;

  /** The life of a thread in {@link Larson}. */
  static final int LARSON_OPERATIONS = 500_000;

  private final WorkloadName workload;
  private final Subject subject;
  private final HandOver handOver = new HandOver(XmallocWorker.BATCHES, XmallocWorker.BATCH_BLOCKS);
  private final Worker[] workers;
  private final CyclicBarrier barrier;
  private volatile Throwable failure;

  private CountsCell(WorkloadName workload, Subject subject, int threads) {
    this.workload = workload;
    this.subject = subject;
    workers = new Worker[threads];
    barrier = new CyclicBarrier(threads + 1);
  }

  /**
   * What was counted.
   *
   * @param operations made by all threads
   * @param counts of all of them
   */
  public record Outcome(long operations, Map<Event, Long> counts) {

    /** Makes an unchangeable copy. */
    public Outcome {
      counts = Map.copyOf(counts);
    }

    /**
     * A count for each operation.
     *
     * @param event of which
     * @return how many
     */
    public double perOperation(Event event) {
      return (double) counts.get(event) / operations;
    }

    /**
     * All shared writes.
     *
     * @return how many
     */
    public long writes() {
      return counts.entrySet().stream()
          .filter(count -> count.getKey().isWrite())
          .mapToLong(Map.Entry::getValue)
          .sum();
    }

    private List<String> toLines() {
      List<String> lines = new ArrayList<>(List.of(Long.toString(operations)));
      counts.forEach((event, count) -> lines.add(event.name() + "\t" + count));
      return lines;
    }

    private static Outcome parse(List<String> lines) {
      Map<Event, Long> counts = new EnumMap<>(Event.class);
      for (String line : lines.subList(1, lines.size())) {
        String[] parts = line.split("\t", -1);
        counts.put(Event.valueOf(parts[0]), Long.valueOf(parts[1]));
      }
      return new Outcome(Long.parseLong(lines.get(0)), counts);
    }
  }

  /**
   * Whether the workload can be counted.
   *
   * @param workload any
   * @return false for those without threads that work for ever
   */
  public static boolean fits(WorkloadName workload) {
    return switch (workload) {
      case PAIR, RANDOM_REPLACE, LARSON, XMALLOC_TEST -> true;
      default -> false;
    };
  }

  /**
   * Counts in a fresh JVM.
   *
   * @param workload one that {@link #fits}
   * @param peer an allocator that is built here
   * @param threads how many; for {@link XmallocTest} 1 or an even number
   * @return what was counted
   * @throws InterruptedException if interrupted
   */
  public static Outcome count(WorkloadName workload, Peer peer, int threads)
      throws InterruptedException {
    String text =
        JvmCell.measure(
            peer,
            List.of("-Dashlar.counts=true", "-XX:ActiveProcessorCount=" + threads),
            CountsCell.class,
            workload.name(),
            peer.name(),
            Integer.toString(threads));
    return Outcome.parse(text.lines().toList());
  }

  /**
   * Counts one cell.
   *
   * @param args workload, allocator, threads and the file for what comes out; none to load classes
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      count(WorkloadName.PAIR, 1, Peer.ASHLAR);
      return;
    }
    Outcome outcome =
        count(WorkloadName.valueOf(args[0]), Integer.parseInt(args[2]), Peer.valueOf(args[1]));
    Files.write(Path.of(args[3]), outcome.toLines());
  }

  private static Outcome count(WorkloadName workload, int threads, Peer peer) throws Exception {
    try (Subject subject = peer.open(threads)) {
      return new CountsCell(workload, subject, threads).run();
    }
  }

  private Outcome run() throws Exception {
    for (int i = 0; i < workers.length; i++) {
      int index = i;
      Thread thread = new Thread(() -> work(index), "worker-" + i);
      thread.start();
      synchronized (workers) {
        while (workers[i] == null && failure == null) {
          workers.wait();
        }
      }
    }
    phase(); // all are there: warm up
    phase();
    long operations = operations();
    final Map<Event, Long> before = Counts.sums();
    phase(); // count
    phase();
    Map<Event, Long> counts = Counts.sums();
    before.forEach((event, count) -> counts.merge(event, -count, Long::sum));
    Outcome outcome = new Outcome(operations() - operations, counts);
    phase();
    phase(); // all have freed what they held
    return outcome;
  }

  private long operations() {
    long sum = 0;
    for (Worker worker : workers) {
      sum += worker.operations();
    }
    return sum;
  }

  private void phase() throws Exception {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException("a worker failed", failure);
    }
  }

  private void work(int index) {
    try {
      Worker worker = enter(index);
      for (int round = 0; round < 2; round++) {
        phase();
        operate(worker);
        phase();
      }
      phase();
      worker.finish();
      phase();
    } catch (Throwable e) {
      failure = e;
      barrier.reset();
      synchronized (workers) {
        workers.notifyAll();
      }
    }
  }

  /** Makes a worker, and has the allocator know the thread. */
  private Worker enter(int index) {
    Worker worker = worker(index);
    subject.free(subject.malloc(WorkloadName.BLOCK_BYTES));
    synchronized (workers) {
      workers[index] = worker;
      workers.notifyAll();
    }
    return worker;
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
      default -> throw new IllegalArgumentException(workload + " cannot be counted");
    };
  }

  @SuppressWarnings("ThreadPriorityCheck") // so that threads take turns; nothing relies on it
  private void operate(Worker worker) throws InterruptedException {
    if (worker instanceof LarsonWorker chain) {
      chain.start();
      for (int done = 0; done < LARSON_OPERATIONS; done += LarsonWorker.PARCEL_STEPS) {
        chain.receive();
      }
      chain.stop();
      return;
    }
    long end = worker.operations() + OPERATIONS;
    while (worker.operations() < end) {
      steps(worker);
      Thread.yield();
    }
  }

  private void steps(Worker worker) {
    if (worker instanceof XmallocWorker batches) {
      // As many batches are freed as are allocated: what is waited for comes.
      batches.step(() -> failure != null);
      worker.count(handOver.batchBlocks() / 2, 0);
    } else if (worker instanceof ReplaceWorker replaces) {
      for (int i = 0; i < Worker.STRIDE; i++) {
        worker.count(1, replaces.step());
      }
    } else {
      PairWorker pairs = (PairWorker) worker;
      for (int i = 0; i < Worker.STRIDE; i++) {
        worker.count(1, pairs.step());
      }
    }
  }
}
