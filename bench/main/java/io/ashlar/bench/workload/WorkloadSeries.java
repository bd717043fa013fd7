// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.JvmCell;
import io.ashlar.bench.Medians;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadCell.Outcome;
import io.ashlar.bench.workload.WorkloadCell.Request;
import java.util.ArrayList;
import java.util.List;

/** All measurements of one workload with one allocator and one number of threads. */
public final class WorkloadSeries {

  /** Time that each measurement takes, beside its warm-up. */
  public static final int MILLIS = 70;

  private final WorkloadName workload;
  private final Peer peer;
  private final int threads;
  private final List<Outcome> outcomes = new ArrayList<>();

  /**
   * Makes an empty series.
   *
   * @param workload what to run
   * @param peer the allocator
   * @param threads how many
   */
  public WorkloadSeries(WorkloadName workload, Peer peer, int threads) {
    this.workload = workload;
    this.peer = peer;
    this.threads = threads;
  }

  /**
   * What is run.
   *
   * @return the workload
   */
  public WorkloadName workload() {
    return workload;
  }

  /**
   * The allocator.
   *
   * @return it
   */
  public Peer peer() {
    return peer;
  }

  /**
   * How many threads work.
   *
   * @return their number
   */
  public int threads() {
    return threads;
  }

  /**
   * Measures once more, in a fresh JVM, one number of threads after the other.
   *
   * @param series of the same workload and allocator
   * @throws InterruptedException if interrupted
   */
  public static void measure(List<WorkloadSeries> series) throws InterruptedException {
    WorkloadSeries any = series.get(0);
    List<Integer> threads = series.stream().map(WorkloadSeries::threads).toList();
    Request request = new Request(any.workload, any.peer, MILLIS, threads);
    String text = JvmCell.measure(any.peer, List.of(), WorkloadCell.class, request.toArguments());
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      series.get(i).add(Outcome.parse(lines.get(i)));
    }
  }

  /**
   * Adds what came out of a round.
   *
   * @param outcome of a cell
   */
  public void add(Outcome outcome) {
    outcomes.add(outcome);
  }

  /**
   * Throughputs so far.
   *
   * @return millions of operations a second, by round
   */
  public double[] opsPerMicro() {
    return outcomes.stream().mapToDouble(Outcome::opsPerMicro).toArray();
  }

  /**
   * The median of the throughputs.
   *
   * @return millions of operations a second
   */
  public double median() {
    return Medians.of(opsPerMicro());
  }

  /**
   * What came out of each round.
   *
   * @return the outcomes, in order
   */
  public List<Outcome> outcomes() {
    return List.copyOf(outcomes);
  }
}
