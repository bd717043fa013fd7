// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Peer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The workloads, and which allocators fit them. */
public enum WorkloadName {
  /** {@link Pair}, blocks of 64 bytes. */
  PAIR("Pair", "io.ashlar.bench.workload.Pair.pair", "size"),
  /** {@link RandomReplace}. */
  RANDOM_REPLACE("RandomReplace", "io.ashlar.bench.workload.RandomReplace.replace", ""),
  /** {@link ReplaceAmong}. */
  REPLACE_AMONG("ReplaceAmong", "io.ashlar.bench.workload.ReplaceAmong.replace", "live"),
  /** {@link Larson}. */
  LARSON("Larson", "io.ashlar.bench.workload.Larson.larson", ""),
  /** {@link XmallocTest}, blocks of 64 bytes. */
  XMALLOC_TEST("XmallocTest", "io.ashlar.bench.workload.XmallocTest.batch", "sizes"),
  /** {@link ObjectReuse}. */
  OBJECT_REUSE("ObjectReuse", "io.ashlar.bench.workload.ObjectReuse.reuse", "construct"),
  /** {@link FirstTouch}. */
  FIRST_TOUCH("FirstTouch", "io.ashlar.bench.workload.FirstTouch.touch", "size"),
  /** {@link CacheScratch}. */
  CACHE_SCRATCH("CacheScratch", "io.ashlar.bench.workload.CacheScratch.increment", ""),
  /** {@link CacheThrash}. */
  CACHE_THRASH("CacheThrash", "io.ashlar.bench.workload.CacheThrash.increment", ""),
  /** {@link MStress}. */
  M_STRESS("MStress", "io.ashlar.bench.workload.MStress.round", ""),
  /** {@link RpTest}. */
  RP_TEST("RpTest", "io.ashlar.bench.workload.RpTest.loop", ""),
  /** {@link AllocTest}. */
  ALLOC_TEST("AllocTest", "io.ashlar.bench.workload.AllocTest.replace", ""),
  /** {@link Sh6Bench}. */
  SH6_BENCH("Sh6Bench", "io.ashlar.bench.workload.Sh6Bench.allocate", ""),
  /** {@link GlibcSimple}. */
  GLIBC_SIMPLE("GlibcSimple", "io.ashlar.bench.workload.GlibcSimple.allocateAndFree", "n"),
  /** {@link GlibcThread}. */
  GLIBC_THREAD("GlibcThread", "io.ashlar.bench.workload.GlibcThread.replace", ""),
  /** {@link MallocLarge}. */
  MALLOC_LARGE("MallocLarge", "io.ashlar.bench.workload.MallocLarge.replace", ""),
  /** {@link MLeak}. */
  M_LEAK("MLeak", "io.ashlar.bench.workload.MLeak.run", "rounds"),
  /** {@link LinuxScalability}. */
  LINUX_SCALABILITY("LinuxScalability", "io.ashlar.bench.workload.LinuxScalability.burst", "size"),
  /** {@link ThreadTest}. */
  THREAD_TEST("ThreadTest", "io.ashlar.bench.workload.ThreadTest.burst", ""),
  /** {@link ConstantOccupancy}. */
  CONSTANT_OCCUPANCY(
      "ConstantOccupancy", "io.ashlar.bench.workload.ConstantOccupancy.replace", "size"),
  /** {@link MessagePassing}. */
  MESSAGE_PASSING("MessagePassing", "io.ashlar.bench.workload.MessagePassing.batch", ""),
  /** {@link Contention}. */
  CONTENTION("Contention", "io.ashlar.bench.workload.Contention.swap", ""),
  /** {@link ThreadChurn}. */
  THREAD_CHURN("ThreadChurn", "io.ashlar.bench.workload.ThreadChurn.live", ""),
  /** {@link VirtualThreads}. */
  VIRTUAL_THREADS("VirtualThreads", "io.ashlar.bench.workload.VirtualThreads.run", ""),
  /** {@link ArenaScope}. */
  ARENA_SCOPE("ArenaScope", "io.ashlar.bench.workload.ArenaScope.scope", "structs"),
  /** Replay of a recorded trace. */
  TRACE_REPLAY("TraceReplay", "io.ashlar.bench.replay.TraceReplay.recordedOrder", "trace");

  /** Bytes of a block in the workloads with one size. */
  public static final int BLOCK_BYTES = 64;

  /** Those in which more threads work than JMH has. */
  private static final Set<WorkloadName> MANY_THREADS =
      EnumSet.of(M_STRESS, M_LEAK, THREAD_CHURN, VIRTUAL_THREADS);

  private final String label;
  private final String benchmark;
  private final String parameter;

  WorkloadName(String label, String benchmark, String parameter) {
    this.label = label;
    this.benchmark = benchmark;
    this.parameter = parameter;
  }

  /**
   * Finds a workload by its name.
   *
   * @param label as in {@link #label}
   * @return the workload
   * @throws IllegalArgumentException naming all, if there is none
   */
  public static WorkloadName of(String label) {
    return Arrays.stream(values())
        .filter(workload -> workload.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no workload "
                        + label
                        + "; there are "
                        + Arrays.stream(values()).map(WorkloadName::label).toList()));
  }

  /**
   * The name in tables and arguments.
   *
   * @return it
   */
  public String label() {
    return label;
  }

  /**
   * The name of the workload's benchmark in JMH.
   *
   * @return class and method
   */
  public String benchmark() {
    return benchmark;
  }

  /**
   * The benchmark's parameter beside the allocator.
   *
   * @return its name, empty if there is none
   */
  public String parameter() {
    return parameter;
  }

  /**
   * What makes the workload small, for a first look at everything: parameters of its benchmark that
   * take the place of the defaults.
   *
   * @return values by name; none where the defaults are small
   */
  public Map<String, String> quick() {
    return switch (this) {
      case PAIR -> Map.of("size", Integer.toString(BLOCK_BYTES));
      case REPLACE_AMONG -> Map.of("live", "1000");
      case OBJECT_REUSE -> Map.of("construct", "fields", "live", "1024");
      case FIRST_TOUCH -> Map.of("size", "1048576");
      case GLIBC_SIMPLE -> Map.of("size", "32", "n", "100");
      case M_LEAK -> Map.of("rounds", "50");
      case LINUX_SCALABILITY -> Map.of("size", "512");
      case CONSTANT_OCCUPANCY -> Map.of("size", "128");
      case VIRTUAL_THREADS -> Map.of("threads", "2000");
      case ARENA_SCOPE -> Map.of("structs", "8");
      default -> Map.of();
    };
  }

  /**
   * Whether the workload can be run with so many threads of JMH.
   *
   * @param threads 1 or more
   * @return whether it makes sense
   */
  public boolean runsWith(int threads) {
    return threads == 1 || (this != FIRST_TOUCH && this != M_LEAK);
  }

  /**
   * How many threads call the allocator at once, as far as it matters to one that is for one
   * thread.
   *
   * @param benchmark of JMH
   * @param threads of JMH
   * @return 2 or more if the workload has threads of its own beside JMH's
   */
  static int callers(String benchmark, int threads) {
    return MANY_THREADS.stream().anyMatch(workload -> workload.benchmark.equals(benchmark))
        ? Math.max(2, threads)
        : threads;
  }

  /** Matches the workload's benchmarks alone. */
  private String pattern() {
    return "\\." + label + "\\.";
  }

  /**
   * Whether an allocator can run the workload. An arena, which is freed as a whole, fits only where
   * allocation and free pair up, and so do designs that cannot free but the newest block; the
   * handle is shown there alone because the look-up that it saves weighs most there. What new
   * memory costs is shown by those that give theirs back when they are told to: of others the
   * blocks are new once, or as often as they please. The empty harness has one block for each
   * thread, so it fits neither where blocks are verified nor where a step starts threads. Netty's
   * buffers take numbers for each thread, which a hundred thousand use up.
   *
   * @param peer the allocator
   * @return whether it can
   */
  public boolean fits(Peer peer) {
    if (this == FIRST_TOUCH) {
      return peer.trims();
    }
    if (this == VIRTUAL_THREADS && (peer == Peer.NETTY_POOLED || peer == Peer.NETTY_ADAPTIVE)) {
      return false;
    }
    return switch (peer.fit()) {
      case ALL -> peer != Peer.NONE || !MANY_THREADS.contains(this);
      case PAIRS -> this == PAIR || this == ARENA_SCOPE;
      case SCOPES -> this == ARENA_SCOPE;
      case OBJECTS -> this == OBJECT_REUSE;
      case PAGES -> false;
    };
  }

  /**
   * Whether the workload can be made by so many threads: one alone, or in {@link XmallocTest}
   * pairs.
   *
   * @param threads any number
   * @return whether it can
   */
  public boolean takes(int threads) {
    return threads == 1 || (threads > 1 && (this != XMALLOC_TEST || threads % 2 == 0));
  }

  /**
   * Patterns of the benchmarks that an allocator does not fit.
   *
   * @param peer the allocator
   * @return regular expressions
   */
  public static List<String> unfit(Peer peer) {
    return Arrays.stream(values())
        .filter(workload -> !workload.fits(peer))
        .map(WorkloadName::pattern)
        .toList();
  }

  /**
   * The allocators that are run where none are asked for.
   *
   * @return those that are installed, without the gallery and its like
   */
  public static Stream<Peer> compared() {
    return Arrays.stream(Peer.values()).filter(peer -> peer.isPresent() && !peer.isOnlyByName());
  }
}
