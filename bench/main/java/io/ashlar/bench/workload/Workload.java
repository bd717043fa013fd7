// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How all workloads are measured unless the command line says otherwise.
 *
 * <p>The time per operation is a thread's time: with {@code T} threads, operations per second are
 * {@code T} over it, or ask JMH for {@code -bm thrpt}.
 *
 * <p>A step that is long, or is done in several places of one method, is a method of its own in
 * machine code, for every subject. The compiler stops inlining into a method that has become too
 * large, and JMH's loop is parsed twice: where it stopped, in the middle of a subject's path, would
 * be measured.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
    value = 2,
    jvmArgsPrepend = {
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow",
      "-XX:MaxDirectMemorySize=8g", // of Netty's buffers, which else is that of the heap
      "-Xms512m",
      "-Xmx512m"
    })
public abstract class Workload {

  /** For subclasses. */
  protected Workload() {}
}
