// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import static java.util.Map.entry;

import io.ashlar.bench.replay.VerifiedReplay;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jmh.annotations.Param;

/** Runs workloads as JMH would, once and small, with an allocator whose calls are verified. */
public final class SelfCheck {

  /** As many as make each thread of a message's way another one. */
  private static final int THREADS = 3;

  private static final int STEPS = 300;

  /** Steps of the workloads in which one is much. */
  private static final Map<WorkloadName, Integer> FEW_STEPS =
      Map.ofEntries(
          entry(WorkloadName.LARSON, 1),
          entry(WorkloadName.XMALLOC_TEST, 2),
          entry(WorkloadName.FIRST_TOUCH, 2),
          entry(WorkloadName.CACHE_SCRATCH, 5),
          entry(WorkloadName.CACHE_THRASH, 3),
          entry(WorkloadName.M_STRESS, 3),
          entry(WorkloadName.RP_TEST, 20),
          entry(WorkloadName.SH6_BENCH, 40),
          entry(WorkloadName.GLIBC_SIMPLE, 2),
          entry(WorkloadName.M_LEAK, 1),
          entry(WorkloadName.MALLOC_LARGE, 20),
          entry(WorkloadName.MESSAGE_PASSING, 20),
          entry(WorkloadName.LINUX_SCALABILITY, 40),
          entry(WorkloadName.THREAD_TEST, 40),
          entry(WorkloadName.THREAD_CHURN, 2),
          entry(WorkloadName.VIRTUAL_THREADS, 1),
          entry(WorkloadName.ARENA_SCOPE, 20));

  /** Those that take minutes where free ranges are never merged, and each call walks over all. */
  private static final Set<WorkloadName> LONG_IN_A_LIST =
      EnumSet.of(WorkloadName.LARSON, WorkloadName.XMALLOC_TEST, WorkloadName.RP_TEST);

  /** Parameters that are not the first of their values. */
  private static final Map<WorkloadName, Map<String, String>> SMALL =
      Map.ofEntries(
          entry(WorkloadName.REPLACE_AMONG, Map.of("live", "50")),
          entry(WorkloadName.LARSON, Map.of("slots", "50")),
          entry(WorkloadName.OBJECT_REUSE, Map.of("construct", "links", "live", "50")),
          entry(WorkloadName.XMALLOC_TEST, Map.of("sizes", "mixed")),
          entry(WorkloadName.CACHE_SCRATCH, Map.of("increments", "300", "repetitions", "2")),
          entry(WorkloadName.CACHE_THRASH, Map.of("increments", "300")),
          entry(WorkloadName.M_STRESS, Map.of("allocations", "300", "rounds", "2")),
          entry(WorkloadName.RP_TEST, Map.of("slots", "100")),
          entry(WorkloadName.ALLOC_TEST, Map.of("slots", "600")),
          entry(WorkloadName.SH6_BENCH, Map.of("buffer", "303")),
          entry(WorkloadName.GLIBC_THREAD, Map.of("slots", "50")),
          entry(
              WorkloadName.MALLOC_LARGE,
              Map.of("slots", "3", "minBytes", "100000", "maxBytes", "5000000")),
          entry(WorkloadName.M_LEAK, Map.of("rounds", "5")),
          entry(WorkloadName.LINUX_SCALABILITY, Map.of("blocks", "500")),
          entry(WorkloadName.THREAD_TEST, Map.of("blocks", "600")),
          entry(WorkloadName.MESSAGE_PASSING, Map.of("queue", "2")),
          entry(WorkloadName.CONTENTION, Map.of("slots", "20")),
          entry(WorkloadName.THREAD_CHURN, Map.of("slots", "20")),
          entry(WorkloadName.VIRTUAL_THREADS, Map.of("threads", "300")),
          entry(WorkloadName.ARENA_SCOPE, Map.of("structs", "8")));

  private SelfCheck() {}

  /**
   * Checks an allocator that needs a JVM of its own.
   *
   * @param args its label, and a file to write
   * @throws Exception if a check fails
   */
  public static void main(String[] args) throws Exception {
    Peer peer = Peer.of(args[0]);
    try (Subject subject = peer.openVerified(THREADS)) {
      run(peer, subject);
    }
    Files.writeString(Path.of(args[1]), "sound");
  }

  /** Runs all workloads that an allocator fits. */
  static void run(Peer peer, Subject verified) throws Exception {
    // What frees the newest block alone can do so for one thread alone.
    int threads = peer.fit() == Peer.Fit.PAIRS ? 1 : THREADS;
    for (WorkloadName workload : WorkloadName.values()) {
      if (workload.fits(peer) && !(peer == Peer.LIST && LONG_IN_A_LIST.contains(workload))) {
        run(workload, verified, threads);
      }
    }
  }

  /** Runs one workload. */
  static void run(WorkloadName workload, Subject verified) throws Exception {
    run(workload, verified, THREADS);
  }

  private static void run(WorkloadName workload, Subject verified, int threads) throws Exception {
    try {
      if (workload == WorkloadName.TRACE_REPLAY) {
        VerifiedReplay.run(verified);
      } else {
        steps(workload, verified, workload == WorkloadName.FIRST_TOUCH ? 1 : threads);
      }
    } catch (IllegalStateException e) {
      throw new IllegalStateException(workload.label(), e);
    }
  }

  private static void steps(WorkloadName name, Subject verified, int threads) throws Exception {
    int steps = FEW_STEPS.getOrDefault(name, STEPS);
    Team team = new Team(verified, threads);
    ThreadWorkload[] workloads = new ThreadWorkload[team.threads()];
    for (int i = 0; i < workloads.length; i++) {
      workloads[i] = create(name);
    }
    AtomicBoolean end = new AtomicBoolean();
    FreshThreads.run(
        workloads.length,
        index -> {
          try {
            run(workloads[index], team, index, steps, end);
          } finally {
            end.set(true);
          }
        });
  }

  private static void run(
      ThreadWorkload workload, Team team, int index, int steps, AtomicBoolean end) {
    workload.begin(team, index);
    if (workload instanceof Larson larson) {
      larson.start();
    }
    for (int i = 0; i < steps; i++) {
      workload.step(end::get);
    }
    if (workload instanceof Larson larson) {
      try {
        larson.stop();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    workload.end();
  }

  private static ThreadWorkload create(WorkloadName name) throws Exception {
    String benchmark = name.benchmark();
    Class<?> type = Class.forName(benchmark.substring(0, benchmark.lastIndexOf('.')));
    ThreadWorkload workload = (ThreadWorkload) type.getConstructor().newInstance();
    Map<String, String> small = SMALL.getOrDefault(name, Map.of());
    for (Field field : type.getFields()) {
      Param param = field.getAnnotation(Param.class);
      if (param != null) {
        set(workload, field, small.getOrDefault(field.getName(), param.value()[0]));
      }
    }
    return workload;
  }

  private static void set(ThreadWorkload workload, Field field, String value) throws Exception {
    if (field.getType() == int.class) {
      field.setInt(workload, Integer.parseInt(value));
    } else {
      field.set(workload, value);
    }
  }
}
