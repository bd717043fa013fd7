// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import io.ashlar.bench.coherence.Lines.Access;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * Virtual cores that run real code in turns, each by a clock of its own. One thread works at a
 * time, whatever processors there are: the core that is behind all others goes on, so that what
 * comes out is an interleaving of their accesses that could have been, and the same for the same
 * seed.
 *
 * <p><b>Time.</b> An access takes a step, and a transfer more if it needs anything of another core
 * ({@link Costs}), or up to a half less or more, by the seed: if all ways were as long, cores would
 * get into step. The line comes at the end of that time, and the core that had it goes on with it
 * until then. Writes that take a line from others come one after the other; readers of a line wait
 * for the last of them, and not for each other. A core that waits in a loop takes no turns: it is
 * woken by the next write to the line that it looked at, or looks again after {@value #PAUSE_NANOS}
 * ns.
 *
 * <p><b>Turns.</b> Before a line comes a core lets all others go on that are behind it, and so it
 * does before each access to a line that a core has taken from another to write it in the last
 * {@value #HOT_NANOS} ns: what it sees and what they see of it is in the order of the clocks. With
 * its other lines it may run ahead by {@value #AHEAD_NANOS} ns; so a write of another's to a line
 * that both have may come too late by as much.
 *
 * <p>Turns begin when all have called {@link #begin}: what comes before, each core does as a whole,
 * and it does not count. When enough has been watched ({@link Window}), each stops where it next
 * leaves the allocator, so that nobody has a lock.
 *
 * <p>The threads are virtual ones, because they are handed over to faster; what {@link Trace}
 * stands in front of takes them for platform threads.
 */
public final class Cores {

  private static final int AHEAD_NANOS = 200;
  private static final int PAUSE_NANOS = 10_000;
  private static final int HOT_NANOS = 10_000;
  private static final long HOT = HOT_NANOS * 1000L;
  private static final long AHEAD = AHEAD_NANOS * 1000L;
  private static final long PAUSE = PAUSE_NANOS * 1000L;

  /** Cores begin to take turns within so many picoseconds of each other. */
  private static final long MAX_OFFSET = 1_000_000;

  private static final long NEVER = Long.MAX_VALUE;
  private static final int NO_LINE = -1;
  private static final int NOBODY = -1;

  private final Costs costs;
  private final SplittableRandom random;
  private final Lines lines;
  private final ObjectAddresses objects = new ObjectAddresses();

  private final Thread[] threads;
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile Throwable failure;

  /** The core whose turn it is. What follows is its own, and is published by this. */
  private volatile int current;

  private boolean turns;

  /** The time of the current core. */
  private long now;

  /** By core: when it goes on; of the current one, and of those that never do, {@link #NEVER}. */
  private final long[] due;

  /** The least of {@link #due}. */
  private long horizon;

  /** By core: the line that it waits for, or {@link #NO_LINE}. */
  private final int[] awaited;

  private int waiting;
  private int lastLine;

  /** By core: whether it is in a call of the allocator. */
  private final boolean[] inside;

  private final Window window;
  private int ready;
  private int working;
  private boolean watched;
  private long calls;
  private long handOvers;
  private long since;
  private long accesses;
  private long cold;
  private long transfers;
  private long upgrades;
  private long blockTransfers;
  private Traffic traffic;

  /**
   * Makes cores with empty caches.
   *
   * @param count how many, 1 or more
   * @param costs of their accesses
   * @param window what of their work is watched
   * @param seed of the order in which they begin, and of the time that lines are on their way
   */
  public Cores(int count, Costs costs, Window window, long seed) {
    this.costs = costs;
    this.window = window;
    random = new SplittableRandom(seed);
    lines = new Lines(count);
    threads = new Thread[count];
    working = count;
    due = new long[count];
    awaited = new int[count];
    Arrays.fill(awaited, NO_LINE);
    inside = new boolean[count];
  }

  /** What a core does. */
  @FunctionalInterface
  public interface Work {

    /**
     * Does it.
     *
     * @param core the core's number
     * @throws Exception if it fails
     */
    void run(int core) throws Exception;
  }

  /**
   * How many cores there are.
   *
   * @return their number
   */
  public int count() {
    return threads.length;
  }

  /**
   * Runs all cores, until enough has been watched. Once. Their threads are left where they are
   * then.
   *
   * @param work of each, without end
   * @return what went between them
   * @throws InterruptedException if interrupted
   * @throws IllegalStateException if one of them fails
   */
  public Traffic run(Work work) throws InterruptedException {
    Trace.to(this);
    for (int core = 0; core < threads.length; core++) {
      threads[core] = thread(core, work);
    }
    due[current] = NEVER;
    for (Thread thread : threads.clone()) {
      thread.start();
    }
    end.await();
    Trace.to(null);
    if (failure != null) {
      throw new IllegalStateException("a core failed", failure);
    }
    return traffic;
  }

  private Thread thread(int core, Work work) {
    return Thread.ofVirtual().name("core-" + core).unstarted(() -> work(core, work));
  }

  private void work(int core, Work work) {
    try {
      awaitTurn(core);
      work.run(core);
    } catch (Throwable e) {
      failure = e;
      end.countDown();
    }
  }

  /**
   * Has a fresh thread go on with the work of the calling one, on the same core. The caller must
   * return.
   *
   * @param rest what is still to be done
   */
  public void succeed(Work rest) {
    Thread successor = thread(current, rest);
    threads[current] = successor;
    successor.start();
  }

  /** Waits until all cores have come here; from then on they take turns. */
  public void begin() {
    int core = current;
    due[core] = NEVER;
    if (++ready == threads.length) {
      turns = true;
      for (int i = 0; i < threads.length; i++) {
        due[i] = random.nextLong(MAX_OFFSET);
      }
    }
    handOver(next());
    awaitTurn(core);
  }

  /** The current core enters the allocator. */
  void enter() {
    stopIfOver();
    inside[current] = true;
  }

  /** The current core leaves the allocator. */
  void leave() {
    inside[current] = false;
    if (turns && traffic == null) {
      calls++;
      if (window.isOver(watched, calls, accesses, handOvers)) {
        look();
      }
    }
    stopIfOver();
  }

  /** Begins to watch, or ends it. */
  private void look() {
    if (watched) {
      double nanos = threads.length * Costs.nanos(now - since);
      traffic = new Traffic(calls, accesses, cold, transfers, upgrades, blockTransfers, nanos);
    }
    watched = true;
    since = now;
    calls = 0;
    handOvers = 0;
    accesses = 0;
    cold = 0;
    transfers = 0;
    upgrades = 0;
    blockTransfers = 0;
  }

  /** Stops the current core for good, if enough has been watched; it must not be in a call. */
  private void stopIfOver() {
    if (traffic != null) {
      due[current] = NEVER;
      if (--working == 0) {
        end.countDown();
      } else {
        handOver(next());
      }
      awaitTurn(NOBODY);
    }
  }

  /** The time of the current core, in nanoseconds. */
  long nanoTime() {
    return now / 1000;
  }

  /** Where objects lie. */
  ObjectAddresses objects() {
    return objects;
  }

  /** The current core reads or writes a word. */
  void access(long address, boolean write) {
    if (!turns) {
      return;
    }
    int core = current;
    int line = lines.at(address);
    now += costs.stepPicos();
    if (now > horizon && (now > horizon + AHEAD || now < lines.settled(line) + HOT)) {
      pass(core, now);
    }
    Access wanted = lines.look(core, line, write);
    if (wanted == Access.TRANSFER || wanted == Access.UPGRADE) {
      fetch(core, line);
    }
    Access taken = lines.access(core, line, write);
    count(core, taken);
    lastLine = line;
    if (write && (taken == Access.TRANSFER || taken == Access.UPGRADE)) {
      lines.settle(line, now);
      wake(line);
    }
  }

  /** Waits for a line that another core has. Until it comes, that one may do what it likes. */
  private void fetch(int core, int line) {
    long way = way();
    now += way;
    while (true) {
      if (now > horizon) {
        pass(core, now);
      }
      long earliest = lines.settled(line) + way;
      if (now >= earliest) {
        return;
      }
      way = way(); // a third one was faster: anew, or a long way would never come to its end
      now = Math.max(now, lines.settled(line) + way);
    }
  }

  /** How long a line is on its way, this time. */
  private long way() {
    return costs.transferPicos() / 2 + random.nextLong(costs.transferPicos() + 1);
  }

  private void count(int core, Access taken) {
    accesses++;
    if (taken == Access.COLD) {
      cold++;
    } else if (taken != Access.HIT && !inside[core]) {
      blockTransfers++;
    } else if (taken == Access.TRANSFER) {
      transfers++;
    } else if (taken == Access.UPGRADE) {
      upgrades++;
    }
  }

  /** The current core does nothing until the line that it looked at is written. */
  public void pause() {
    if (!inside[current]) {
      stopIfOver();
    }
    if (turns) {
      int core = current;
      awaited[core] = lastLine;
      waiting++;
      pass(core, now + PAUSE);
    }
  }

  /** Lets those go on that wait for a line. */
  private void wake(int line) {
    for (int core = 0; waiting > 0 && core < awaited.length; core++) {
      if (awaited[core] == line) {
        awaited[core] = NO_LINE;
        waiting--;
        due[core] = Math.min(due[core], now);
        horizon = Math.min(horizon, due[core]);
      }
    }
  }

  /** Lets all others go on until they are as far. */
  private void pass(int core, long time) {
    due[core] = time;
    handOver(next());
    awaitTurn(core);
  }

  /** The core that is behind all others. */
  private int next() {
    int next = 0;
    for (int core = 1; core < due.length; core++) {
      if (due[core] < due[next]) {
        next = core;
      }
    }
    if (due[next] == NEVER) {
      throw new IllegalStateException("no core can go on");
    }
    return next;
  }

  private void handOver(int next) {
    now = due[next];
    due[next] = NEVER;
    horizon = Arrays.stream(due).min().orElseThrow();
    if (awaited[next] != NO_LINE) {
      awaited[next] = NO_LINE;
      waiting--;
    }
    if (next != current) {
      handOvers++;
      current = next;
      LockSupport.unpark(threads[next]);
    }
  }

  private void awaitTurn(int core) {
    while (current != core) {
      LockSupport.park(this);
    }
  }
}
