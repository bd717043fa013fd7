// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ashlar.bench.subject.Subject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread opens an arena, allocates small structs in it, writes each field of them, and closes
 * it. One operation is the arena.
 */
public class ArenaScope extends ThreadWorkload {

  /** Structs in an arena. */
  @Param({"1", "8", "100"})
  public int structs;

  /** Bytes of a struct, a multiple of eight. */
  @Param("32")
  public int size;

  private Subject subject;

  /** For JMH. */
  public ArenaScope() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
  }

  /**
   * The operation.
   *
   * @return the last struct's address
   */
  @Benchmark
  public long scope() {
    long last = 0;
    try (Arena arena = subject.arena()) {
      for (int i = 0; i < structs; i++) {
        MemorySegment struct = arena.allocate(size, Long.BYTES);
        for (long at = 0; at < size; at += Long.BYTES) {
          struct.set(JAVA_LONG, at, i);
        }
        last = struct.address();
      }
    }
    return last;
  }

  @Override
  long step(BooleanSupplier end) {
    return scope();
  }

  @Override
  void end() {}
}
