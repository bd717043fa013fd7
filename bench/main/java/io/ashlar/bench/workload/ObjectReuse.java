// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.ObjectKind;
import io.ashlar.bench.subject.Subject;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Each thread holds objects of 256 bytes with 16 fields. One operation gives one at random back,
 * takes a constructed one in its place and uses it: reads a field and writes two. Those two are
 * brought back into the constructed state by who keeps objects constructed; the others construct
 * the whole object when it is taken.
 */
public class ObjectReuse extends Workload {

  /** For JMH. */
  public ObjectReuse() {}

  /** Parameters. */
  @State(Scope.Benchmark)
  public static class Objects {

    /** How objects are constructed: label of an {@link ObjectKind}. */
    @Param({"fields", "spread", "links", "zeroed"})
    public String construct;

    /** Objects that a thread holds. */
    @Param({"1", "1024"})
    public int live;

    /** For JMH. */
    public Objects() {}
  }

  /** A thread that works. */
  @State(Scope.Thread)
  public static class Caller {

    private ObjectWorker worker;

    /** For JMH. */
    public Caller() {}

    /**
     * Takes the first objects.
     *
     * @param underTest the allocator
     * @param objects what they are
     * @param threads tells the threads apart
     */
    @Setup
    public void setUp(UnderTest underTest, Objects objects, ThreadParams threads) {
      ObjectKind kind = ObjectKind.of(objects.construct);
      Subject subject = underTest.enter();
      subject.prepare(kind);
      worker = new ObjectWorker(subject, kind, objects.live, threads.getThreadIndex());
    }

    /**
     * Gives the last objects back.
     *
     * @param underTest the allocator
     */
    @TearDown
    public void tearDown(UnderTest underTest) {
      worker.finish();
      underTest.leave();
    }
  }

  /**
   * The operation.
   *
   * @param caller the calling thread
   * @return what came of the use, so that nothing is optimized away
   */
  @Benchmark
  public long reuse(Caller caller) {
    return caller.worker.step();
  }
}
