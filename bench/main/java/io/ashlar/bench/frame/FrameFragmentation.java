// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import io.ashlar.frame.FrameAllocator;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * All of the memory is allocated by single frames, half of them are freed at random, and then in
 * eight rounds a tenth of those that are live is freed at random and allocated again. What counts
 * is not the time but how many runs of 2 MiB can still be had then, of those that the free frames
 * would make. After LLFree's benchmark of the name.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Threads(1)
public class FrameFragmentation extends FrameWorkload {

  private static final int ROUNDS = 8;
  private static final int RUN = 512;
  private static final long SEED = 20261121;

  /** For JMH. */
  public FrameFragmentation() {}

  /** What is counted. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Counted {

    /** Runs of 2 MiB that can be had after the rounds, in percent of what is free. */
    public double runsPercent;

    /** For JMH. */
    public Counted() {}
  }

  /** Parameters. */
  @State(Scope.Benchmark)
  public static class Parameters {

    /** Label of a {@link FrameSubject}. */
    @Param("lock-free-buddy")
    public String allocator;

    /** Threads that take turns, so that each allocates from where it does so. */
    @Param({"1", "16"})
    public int turns;

    /** For JMH. */
    public Parameters() {}
  }

  /**
   * All of it.
   *
   * @param parameters of the run
   * @param counted gets the result
   * @throws Exception if something fails
   */
  @Benchmark
  public void fragmentation(Parameters parameters, Counted counted) throws Exception {
    FrameSubject.Space space = FrameSubject.of(parameters.allocator).open(FramesUnderTest.FRAMES);
    FrameAllocator frames = space.frames();
    SplittableRandom random = new SplittableRandom(SEED);
    int[] live = new int[FramesUnderTest.FRAMES];
    allocate(frames, live, 0, live.length, parameters.turns);
    shuffle(live, live.length, random);
    int count = live.length / 2;
    free(frames, live, count, live.length);
    for (int round = 0; round < ROUNDS; round++) {
      shuffle(live, count, random);
      int kept = count - count / 10;
      free(frames, live, kept, count);
      allocate(frames, live, kept, count, parameters.turns);
    }
    int runs = 0;
    int[] got = new int[live.length / RUN];
    Arrays.fill(got, FrameAllocator.NONE);
    while ((got[runs] = frames.allocate(RUN, RUN)) != FrameAllocator.NONE) {
      runs++;
    }
    counted.runsPercent = 100.0 * runs * RUN / (live.length - count);
    for (int i = 0; i < runs; i++) {
      frames.free(got[i], RUN);
    }
    free(frames, live, 0, count);
    frames.validate();
    space.memory().close();
  }

  /** Several threads, one after the other. */
  private static void allocate(FrameAllocator frames, int[] live, int from, int to, int turns)
      throws InterruptedException {
    for (int turn = 0; turn < turns; turn++) {
      int first = from + (int) ((long) (to - from) * turn / turns);
      int end = from + (int) ((long) (to - from) * (turn + 1) / turns);
      Thread thread =
          new Thread(
              () -> {
                for (int i = first; i < end; i++) {
                  live[i] = frames.allocate(1, 1);
                }
              });
      thread.start();
      thread.join();
    }
  }

  private static void free(FrameAllocator frames, int[] live, int from, int to) {
    for (int i = from; i < to; i++) {
      frames.free(live[i], 1);
    }
  }

  private static void shuffle(int[] numbers, int count, SplittableRandom random) {
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = kept;
    }
  }
}
