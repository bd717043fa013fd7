// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Keeps a number of workers alive for a time, stops them all at intervals, and has the allocator
 * checked while they stand still: its structures by {@link Allocator#validate}, its count of live
 * blocks against the workers'.
 */
public final class Soak {

  private static final int PARCELS_UNDERWAY = 256;

  /** Nothing is in use then. */
  private static final long LEFT_AFTER_TRIM_BYTES = 64 << 10;

  private final Plan plan;
  private final Allocator allocator;
  private final PrintStream out;
  private final Dice seeds;

  /** Threads of workers: those that run, and some that have ended. */
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  private final Set<Worker> workers = ConcurrentHashMap.newKeySet();
  private final ArrayBlockingQueue<Parcel> underway = new ArrayBlockingQueue<>(PARCELS_UNDERWAY);

  /** The workers and who checks. Advances when all stand still, and when all may go on. */
  private final Phaser barrier = new Phaser(1);

  private volatile boolean pausing;
  private volatile boolean stopped;

  private final AtomicReference<Throwable> broken = new AtomicReference<>();
  private final CountDownLatch failed = new CountDownLatch(1);

  private final LongAdder endedOperations = new LongAdder();
  private final LongAdder endedRefusals = new LongAdder();
  private final AtomicLong endedThreads = new AtomicLong();

  /**
   * What to do.
   *
   * @param time how long
   * @param interval time between two checks
   * @param platformThreads platform threads at a time
   * @param virtualThreads virtual threads at a time
   * @param seed of all random numbers; which thread meets which is up to the system
   * @param mayRefuse whether the allocator may run out of memory
   */
  public record Plan(
      Duration time,
      Duration interval,
      int platformThreads,
      int virtualThreads,
      long seed,
      boolean mayRefuse) {}

  /**
   * Prepares a soak.
   *
   * @param plan what to do
   * @param allocator what to do it with; nobody else must use it
   * @param out where to report
   */
  public Soak(Plan plan, Allocator allocator, PrintStream out) {
    this.plan = plan;
    this.allocator = allocator;
    this.out = out;
    seeds = new Dice(plan.seed());
  }

  /**
   * Runs it.
   *
   * @return whether nothing was broken
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public boolean run() throws InterruptedException {
    long start = System.nanoTime();
    long end = start + plan.time().toNanos();
    for (int i = 0; i < plan.platformThreads(); i++) {
      start(false);
    }
    for (int i = 0; i < plan.virtualThreads(); i++) {
      start(true);
    }
    for (long left = end - start; left > 0; left = end - System.nanoTime()) {
      long wait = Math.min(left, plan.interval().toNanos());
      if (failed.await(wait, TimeUnit.NANOSECONDS) || !checkStandingStill(start)) {
        return report();
      }
    }
    stopped = true;
    barrier.arriveAndAwaitAdvance();
    return (broken.get() == null && checkEmpty(start)) || report();
  }

  private boolean report() {
    stopped = true;
    Throwable first = broken.get();
    out.println("broken: " + first);
    first.printStackTrace(out);
    out.println("seed: " + plan.seed());
    return false;
  }

  // ---- called by workers -----------------------------------------------------------------------

  Allocator allocator() {
    return allocator;
  }

  boolean mayRefuse() {
    return plan.mayRefuse();
  }

  boolean isStopped() {
    return stopped;
  }

  /** Keeps the first thing found broken. */
  public void fail(Throwable found) {
    if (broken.compareAndSet(null, found)) {
      failed.countDown();
    }
  }

  /** Stands still if that is wanted, until it no longer is. */
  void checkpoint() {
    if (pausing) {
      barrier.arriveAndAwaitAdvance();
      barrier.arriveAndAwaitAdvance();
    }
  }

  boolean offer(Parcel parcel) {
    return underway.offer(parcel);
  }

  Parcel poll() {
    return underway.poll();
  }

  /** The last that a worker does; another takes its place, unless it is over. */
  void ended(Worker worker) {
    if (!stopped && broken.get() == null) {
      start(worker.isVirtual());
    }
    endedOperations.add(worker.operations());
    endedRefusals.add(worker.refused());
    endedThreads.incrementAndGet();
    if (broken.get() == null) {
      workers.remove(worker);
    }
    barrier.arriveAndDeregister();
  }

  private void start(boolean virtual) {
    long seed;
    synchronized (seeds) {
      seed = seeds.next();
    }
    Worker worker = new Worker(this, seed, virtual);
    workers.add(worker);
    barrier.register();
    // Daemons: what is broken may keep one of them from ever ending.
    Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon();
    threads.add(builder.start(worker));
  }

  // ---- checks ----------------------------------------------------------------------------------

  private boolean checkStandingStill(long start) throws InterruptedException {
    pausing = true;
    // Not simply awaited: a worker may have failed, and then one of the others may wait for ever.
    int phase = barrier.arrive();
    if (!await(phase)) {
      return false;
    }
    long live = underway.stream().mapToLong(parcel -> parcel.count).sum();
    for (Worker worker : workers) {
      live += worker.live();
    }
    boolean sound = check(live);
    printProgress(start);
    threads.removeIf(thread -> !thread.isAlive());
    pausing = false;
    barrier.arriveAndAwaitAdvance();
    return sound;
  }

  private boolean await(int phase) throws InterruptedException {
    while (broken.get() == null) {
      try {
        barrier.awaitAdvanceInterruptibly(phase, 100, TimeUnit.MILLISECONDS);
        return broken.get() == null;
      } catch (TimeoutException e) {
        // Some are still at work, or broken: look again.
      }
    }
    return false;
  }

  private boolean check(long live) {
    try {
      allocator.validate();
      long counted = allocator.stats().liveBlocks();
      if (counted != live) {
        throw new BrokenException(
            "%,d blocks are live, the allocator counts %,d".formatted(live, counted));
      }
    } catch (RuntimeException | Error found) {
      fail(found);
      return false;
    }
    return true;
  }

  private boolean checkEmpty(long start) throws InterruptedException {
    // What a thread keeps for itself is its own until it has ended altogether.
    for (Thread thread : threads) {
      thread.join();
    }
    Parcel last;
    while ((last = underway.poll()) != null) {
      last.checkAll();
      allocator.freeBatch(last.addresses, 0, last.count);
    }
    allocator.trim();
    boolean sound = check(0);
    printProgress(start);
    long resident = allocator.stats().residentBytes();
    if (resident > LEFT_AFTER_TRIM_BYTES) {
      fail(
          new BrokenException(
              "%,d bytes resident after all is freed: %s".formatted(resident, allocator.stats())));
      return false;
    }
    return sound;
  }

  private void printProgress(long start) {
    long operations = endedOperations.sum();
    long refusals = endedRefusals.sum();
    for (Worker worker : workers) {
      operations += worker.operations();
      refusals += worker.refused();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    AllocatorStats stats = allocator.stats();
    out.printf(
        "%6.1f s %,15d operations %,6.2f M/s | %,d threads ended | %,d live blocks, %,d MiB live,"
            + " %,d MiB resident, %,d MiB metadata%s%n",
        seconds,
        operations,
        operations / seconds / 1e6,
        endedThreads.get(),
        stats.liveBlocks(),
        stats.liveBytes() >> 20,
        stats.residentBytes() >> 20,
        stats.metadataBytes() >> 20,
        refusals == 0 ? "" : " | %,d times out of memory".formatted(refusals));
  }
}
