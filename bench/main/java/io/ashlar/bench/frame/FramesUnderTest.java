// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import io.ashlar.bench.Compiler;
import io.ashlar.frame.FrameAllocator;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.Control;

/** The frame allocator under test, one for all threads, and half of its memory in runs. */
@State(Scope.Benchmark)
public class FramesUnderTest {

  /** 1 GiB. */
  static final int FRAMES = 1 << 18;

  private static final long SEED = 20261121;

  /** Label of a {@link FrameSubject}. */
  @Param("lock-free-buddy")
  public String allocator;

  /** log₂ of the frames in a run. */
  @Param({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"})
  public int order;

  private FrameSubject subject;
  private FrameSubject.Space space;
  private int[] runs;
  private int[] shuffled;
  private int share;
  private final AtomicInteger arrived = new AtomicInteger();

  /** For JMH. */
  public FramesUnderTest() {}

  /**
   * Makes the allocator.
   *
   * @param params tells the number of threads
   */
  @Setup
  public void open(BenchmarkParams params) {
    subject = FrameSubject.of(allocator);
    if (!subject.fits(order)) {
      throw new IllegalArgumentException(subject + " has no runs of order " + order);
    }
    space = subject.open(FRAMES);
    int threads = params.getThreads();
    share = (FRAMES >>> order) / 2 / threads;
    runs = new int[share * threads];
    Arrays.fill(runs, FrameAllocator.NONE);
    shuffled = shuffle(runs.length, new SplittableRandom(SEED));
  }

  static int[] shuffle(int length, SplittableRandom random) {
    int[] numbers = new int[length];
    for (int i = 0; i < length; i++) {
      int j = random.nextInt(i + 1);
      numbers[i] = numbers[j];
      numbers[j] = i;
    }
    return numbers;
  }

  /**
   * Lets the compiler catch up, outside what is measured; and begins anew with an allocator that
   * uses no frame again.
   *
   * @throws InterruptedException if interrupted
   */
  @Setup(Level.Iteration)
  public void begin() throws InterruptedException {
    Compiler.awaitQuiet();
    arrived.set(0);
    if (!subject.reuses()) {
      space = subject.open(FRAMES);
    }
  }

  /** Frees what threads that were stopped amid a round have left. */
  @TearDown(Level.Iteration)
  public void freeRest() {
    for (int i = 0; i < runs.length; i++) {
      free(i);
    }
  }

  /**
   * Closes all.
   *
   * @throws Exception if that fails
   */
  @TearDown
  public void close() throws Exception {
    space.frames().validate();
    if (!space.isUnused()) {
      throw new IllegalStateException(space.frames().freeFrames() + " frames free in the end");
    }
    space.memory().close();
  }

  FrameAllocator frames() {
    return space.frames();
  }

  /** Runs of a thread. */
  int share() {
    return share;
  }

  /**
   * Allocates the runs of one thread, but for those that it has already: where threads are being
   * stopped they go on for a while without waiting for each other.
   */
  void allocateShare(int thread) {
    FrameAllocator frames = space.frames();
    int count = 1 << order;
    for (int i = thread * share; i < (thread + 1) * share; i++) {
      if (runs[i] == FrameAllocator.NONE) {
        runs[i] = frames.allocate(count, 1);
        if (runs[i] == FrameAllocator.NONE) {
          throw new IllegalStateException("no run of order " + order);
        }
      }
    }
  }

  /** Allocates all runs that there are, and frees every other one. */
  void allocateScattered() {
    FrameAllocator frames = space.frames();
    int count = 1 << order;
    int[] all = new int[FRAMES >>> order];
    for (int i = 0; i < all.length; i++) {
      all[i] = frames.allocate(count, 1);
    }
    Arrays.sort(all);
    for (int i = 0; i < all.length; i++) {
      if ((i & 1) == 1 || i / 2 >= runs.length) {
        frames.free(all[i], count);
      } else {
        runs[i / 2] = all[i];
      }
    }
  }

  /** Frees the runs of one thread, the last one first. */
  void freeShare(int thread) {
    for (int i = (thread + 1) * share; i-- > thread * share; ) {
      free(i);
    }
  }

  /** Frees as many runs as one thread has allocated, whoever that was. */
  void freeShuffled(int thread) {
    for (int i = thread * share; i < (thread + 1) * share; i++) {
      free(shuffled[i]);
    }
  }

  private void free(int index) {
    int run = runs[index];
    if (run != FrameAllocator.NONE) {
      runs[index] = FrameAllocator.NONE;
      space.frames().free(run, 1 << order);
    }
  }

  /**
   * Waits until all threads are here.
   *
   * @param control tells when threads stop, and not all will come
   * @return false if they stop
   */
  @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
  boolean await(Control control, int threads) {
    int round = arrived.getAndIncrement() / threads;
    while (arrived.get() < (round + 1) * threads) {
      if (control.stopMeasurement) {
        return false;
      }
      Thread.yield();
    }
    return true;
  }
}
