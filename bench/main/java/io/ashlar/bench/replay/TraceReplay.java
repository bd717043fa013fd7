// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject;
import io.ashlar.bench.workload.UnderTest;
import io.ashlar.bench.workload.Workload;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Replays a recorded trace over and over, freeing at its end what the program left live. Time
 * alone; {@code bench/run replay} measures memory too.
 */
public class TraceReplay extends Workload {

  private static final int SLICE = 4096;

  /** For JMH. */
  public TraceReplay() {}

  /** The trace. */
  @State(Scope.Benchmark)
  public static class Recording {

    /** Path of a trace, or the name of one shipped here. */
    @Param("redis")
    public String trace;

    private Trace closed;

    /** For JMH. */
    public Recording() {}

    /**
     * Loads the trace.
     *
     * @throws IOException if it cannot be read
     */
    @Setup
    public void load() throws IOException {
      closed = Traces.load(trace).closed();
    }
  }

  /** A thread that replays the whole trace by itself. */
  @State(Scope.Thread)
  public static class Worker {

    private Subject subject;
    private RecordedOrder replay;
    private int operations;
    private int next;

    /** For JMH. */
    public Worker() {}

    /**
     * Makes the tables.
     *
     * @param underTest the allocator
     * @param recording the trace
     */
    @Setup
    public void setUp(UnderTest underTest, Recording recording) {
      subject = underTest.enter();
      replay = new RecordedOrder(recording.closed);
      operations = recording.closed.operations;
    }

    /**
     * Frees what is live.
     *
     * @param underTest the allocator
     */
    @TearDown
    public void tearDown(UnderTest underTest) {
      replay.freeRest(subject);
      underTest.leave();
    }

    private long slice() {
      long change = 0;
      for (int left = SLICE; left > 0; ) {
        int to = Math.min(operations, next + left);
        change += replay.stride(subject, next, to);
        left -= to - next;
        next = to == operations ? 0 : to;
      }
      return change;
    }
  }

  /** All threads of the recording. */
  @State(Scope.Benchmark)
  public static class Ensemble {

    private Subject subject;
    private Replay replay;

    /** For JMH. */
    public Ensemble() {}

    /**
     * Makes the tables.
     *
     * @param underTest the allocator
     * @param recording the trace
     */
    @Setup
    public void setUp(UnderTest underTest, Recording recording) {
      subject = underTest.enter();
      replay = Replay.Threading.RECORDED.of(recording.closed);
    }

    /**
     * Closes.
     *
     * @param underTest the allocator
     */
    @TearDown
    public void tearDown(UnderTest underTest) {
      underTest.leave();
    }
  }

  /**
   * Each thread of JMH replays the trace by itself, in recorded order.
   *
   * @param worker the calling thread's
   * @return by how much the live bytes changed
   */
  @Benchmark
  @OperationsPerInvocation(SLICE)
  public long recordedOrder(Worker worker) {
    return worker.slice();
  }

  /**
   * One thread for each of the recording; to be called by one thread of JMH. The time is that of a
   * whole pass.
   *
   * @param ensemble the threads
   * @return the most bytes live at once
   */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  @Warmup(iterations = 3)
  @Measurement(iterations = 5)
  public long recordedThreads(Ensemble ensemble) {
    return ensemble.replay.run(ensemble.subject, MemoryCurve.NONE).peakLiveBytes();
  }
}
