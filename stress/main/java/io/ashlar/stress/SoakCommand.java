// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

import io.ashlar.Allocator;
import io.ashlar.Ashlar;
import io.ashlar.AshlarBuilder;
import io.ashlar.Hardening;
import io.ashlar.classic.Baseline;
import io.ashlar.stress.soak.Fault;
import io.ashlar.stress.soak.FaultyAllocator;
import io.ashlar.stress.soak.Soak;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Random operations from many threads for a given time. */
@Command(
    name = "soak",
    description = {
      "Random operations from many threads, a pattern in every block, and a full check of all",
      "structures at intervals. The exit code is 1 at the first thing that is broken."
    },
    mixinStandardHelpOptions = true)
final class SoakCommand implements Callable<Integer> {

  /** Calls to one that is wrong, with a fault put in. */
  private static final int FAULT_EVERY = 1 << 12;

  @Option(names = "--minutes", description = "How long; default 10.")
  private double minutes = 10;

  @Option(names = "--seconds", description = "How long, instead of --minutes.")
  private double seconds;

  @Option(names = "--interval", description = "Seconds between two checks; default 10.")
  private double interval = 10;

  @Option(names = "--threads", description = "Platform threads at a time; default 8.")
  private int threads = 8;

  @Option(names = "--virtual", description = "Virtual threads at a time; default 32.")
  private int virtual = 32;

  @Option(names = "--seed", description = "Seed of all random numbers; default: another each time.")
  private long seed = System.nanoTime();

  @Option(
      names = "--limit",
      description = "Most MiB that may be in use, so that memory runs out; default: no limit.")
  private long limitMebibytes;

  @Option(names = "--hardening", description = "${COMPLETION-CANDIDATES}; default standard.")
  private Hardening hardening = Hardening.STANDARD;

  @Option(names = "--baseline", description = "Soaks the spin-locked baseline instead.")
  private boolean baseline;

  @Option(names = "--fault", description = "Puts a fault in: ${COMPLETION-CANDIDATES}.")
  private Fault fault;

  @Override
  public Integer call() throws Exception {
    double time = seconds > 0 ? seconds : 60 * minutes;
    return run(nanos(time)) ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private static Duration nanos(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  boolean run(Duration time) throws InterruptedException {
    Soak.Plan plan =
        new Soak.Plan(time, nanos(interval), threads, virtual, seed, limitMebibytes > 0);
    System.out.printf(
        "Soak for %d s: %d platform and %d virtual threads, --seed %d%n",
        time.toSeconds(), threads, virtual, seed);
    AtomicReference<Soak> soak = new AtomicReference<>();
    Allocator allocator = baseline ? Baseline.create() : scalable(soak);
    if (fault != null) {
      allocator = new FaultyAllocator(allocator, fault, FAULT_EVERY);
    }
    soak.set(new Soak(plan, allocator, System.out));
    boolean sound = soak.get().run();
    if (sound) {
      // Only then is no thread in a call any more.
      allocator.close();
    }
    return sound;
  }

  private Ashlar scalable(AtomicReference<Soak> soak) {
    AshlarBuilder builder =
        Ashlar.builder().hardening(hardening).errorHandler(error -> soak.get().fail(error));
    if (limitMebibytes > 0) {
      builder.limit(limitMebibytes << 20);
    }
    return builder.build();
  }
}
