// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.coherence.Cores;
import io.ashlar.bench.coherence.Traffic;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import io.ashlar.bench.subject.TracedSubject;

/**
 * A workload on virtual cores, with a worker on each. To be loaded together with the allocator by
 * what traces them, and therefore told what to run in words.
 */
public final class TracedRun {

  /** Slots of a core in {@link Larson}, whose threads live for 100 steps a slot as they should. */
  private static final int LARSON_SLOTS = 500;

  private static final int LARSON_SLICES = LARSON_SLOTS * 100 / LarsonWorker.SLICE_STEPS;

  /** Steps of a core before the cores take turns: until most of its memory has come to it. */
  private static final int WARM_UP_STEPS = 20_000;

  private final WorkloadName workload;
  private final Peer peer;
  private final Cores cores;
  private final HandOver handOver;
  private Subject subject;

  private TracedRun(WorkloadName workload, Peer peer, Cores cores) {
    this.workload = workload;
    this.peer = peer;
    this.cores = cores;
    int batches = Math.max(XmallocWorker.BATCHES, cores.count());
    handOver = new HandOver(batches, XmallocWorker.BATCH_BLOCKS);
  }

  /**
   * Runs a workload.
   *
   * @param workload its constant's name
   * @param peer the allocator's
   * @param cores that run it
   * @return what went between them
   * @throws InterruptedException if interrupted
   */
  public static Traffic run(String workload, String peer, Cores cores) throws InterruptedException {
    TracedRun run = new TracedRun(WorkloadName.valueOf(workload), Peer.valueOf(peer), cores);
    Traffic traffic = cores.run(run::work);
    run.subject.close();
    return traffic;
  }

  private void work(int core) {
    if (subject == null) {
      // With its lock also where there is one core: the same code at any number.
      subject = new TracedSubject(peer.open(Math.max(2, cores.count())));
    }
    switch (workload) {
      case RANDOM_REPLACE -> replace(core);
      case LARSON -> larson(core);
      case XMALLOC_TEST -> handOver(core);
      default -> throw new IllegalArgumentException(workload + " cannot be traced");
    }
  }

  private void replace(int core) {
    ReplaceWorker worker = new ReplaceWorker(subject.forThread(), core);
    for (int i = 0; i < WARM_UP_STEPS; i++) {
      worker.step();
    }
    cores.begin();
    while (true) {
      worker.step();
    }
  }

  /** The first threads end at different times, as if they had not begun together. */
  private void larson(int core) {
    LarsonWorker worker = new LarsonWorker(subject, core, LARSON_SLOTS);
    Subject own = subject.forThread();
    for (int i = 0; i < WARM_UP_STEPS; i += LarsonWorker.SLICE_STEPS) {
      worker.slice(own);
    }
    cores.begin();
    larson(worker, LARSON_SLICES * (core + 1) / cores.count());
  }

  private void larson(LarsonWorker worker, int slices) {
    Subject own = subject.forThread();
    for (int i = 0; i < slices; i++) {
      worker.slice(own);
    }
    cores.succeed(core -> larson(worker, LARSON_SLICES));
  }

  /** Each who frees finds a batch at once, and who allocates knows where to put one. */
  private void handOver(int core) {
    int[] sizes = {WorkloadName.BLOCK_BYTES};
    XmallocWorker worker =
        new XmallocWorker(subject.forThread(), handOver, core, cores.count(), sizes);
    if (core % 2 == 0) {
      worker.step(() -> true);
    }
    cores.begin();
    while (true) {
      if (!worker.step(() -> true)) {
        cores.pause();
      }
    }
  }
}
