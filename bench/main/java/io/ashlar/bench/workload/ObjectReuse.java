// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.ObjectKind;
import io.ashlar.bench.subject.Subject;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread holds objects of 256 bytes with 16 fields. One operation gives one at random back,
 * takes a constructed one in its place and uses it: reads a field and writes two. Those two are
 * brought back into the constructed state by who keeps objects constructed; the others construct
 * the whole object when it is taken.
 */
public class ObjectReuse extends ThreadWorkload {

  /** How objects are constructed: label of an {@link ObjectKind}. */
  @Param({"fields", "spread", "links", "zeroed"})
  public String construct;

  /** Objects that a thread holds. */
  @Param({"1", "1024"})
  public int live;

  private ObjectWorker worker;

  /** For JMH. */
  public ObjectReuse() {}

  @Override
  void begin(Team team, int index) {
    ObjectKind kind = ObjectKind.of(construct);
    Subject subject = team.subject().forThread();
    subject.prepare(kind);
    worker = new ObjectWorker(subject, kind, live, index);
  }

  /**
   * The operation.
   *
   * @return what came of the use, so that nothing is optimized away
   */
  @Benchmark
  public long reuse() {
    return worker.step();
  }

  @Override
  long step(BooleanSupplier end) {
    return reuse();
  }

  @Override
  void end() {
    worker.finish();
  }
}
