// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class TraceReaderTest {

  static final java.util.List<String> SHIPPED = Traces.SHIPPED;

  /** Two threads; a block of each kind, one resized, one freed by the other thread. */
  private static TraceBytes good() {
    return new TraceBytes()
        .op(Trace.MALLOC, 0, 0, 100)
        .op(Trace.CALLOC, 0, 1, 300)
        .op(Trace.ALIGNED, 1, 2, 4096, 70_000)
        .op(Trace.REALLOC, 0, 0, 500)
        .op(Trace.FREE, 1, 1);
  }

  @Test
  void readsEveryKindOfRecord() throws IOException {
    Trace trace = TraceReader.read(good().file(2, 3, 70_800, 70_800));

    assertThat(trace.operations).isEqualTo(5);
    assertThat(trace.threads).isEqualTo(2);
    assertThat(trace.objects).isEqualTo(3);
    assertThat(trace.peakLiveBytes).isEqualTo(70_800);
    assertThat(trace.kind).containsExactly(0, 1, 2, 3, 4);
    assertThat(trace.object).containsExactly(0, 1, 2, 0, 1);
    assertThat(trace.size).containsExactly(100, 300, 70_000, 500, 0);
    assertThat(trace.alignmentShift).containsExactly(0, 0, 12, 0, 0);
    assertThat(new String(trace.thread)).isEqualTo("\0\0\1\0\1");
    assertThat(trace.version).containsExactly(0, 0, 0, 1, 1);
  }

  @Test
  void closesATraceWithTheFreesThatItLacks() throws IOException {
    Trace closed = TraceReader.read(good().file(2, 3, 70_800, 70_800)).closed();

    assertThat(closed.operations).isEqualTo(7);
    assertThat(closed.kind).containsExactly(0, 1, 2, 3, 4, 4, 4);
    assertThat(closed.object).endsWith(0, 2);
    assertThat(closed.version).endsWith(2, 1);
  }

  @Test
  void refusesWhatIsNoTrace() {
    refuses(good().file("ALTRACE2", 2, 5, 3, 70_800, 70_800), "ALTRACE1");
  }

  @Test
  void refusesATraceThatEndsEarly() {
    refuses(good().file("ALTRACE1", 2, 6, 3, 70_800, 70_800), "ends early");
  }

  @Test
  void refusesBytesAfterTheEnd() {
    refuses(good().op(9).file("ALTRACE1", 2, 5, 3, 70_800, 70_800), "after the last");
  }

  @Test
  void refusesAHeaderThatDoesNotFit() {
    refuses(good().file(2, 3, 70_801, 70_800), "add up");
    refuses(good().file(2, 3, 70_800, 1), "add up");
    refuses(good().file(3, 3, 70_800, 70_800), "missing");
    refuses(good().file(2, 4, 70_800, 70_800), "missing");
  }

  @Test
  void refusesOperationsThatCannotHaveHappened() {
    refuses(good().op(Trace.FREE, 0, 1).file(2, 3, 0, 0), "no live object");
    refuses(good().op(Trace.REALLOC, 0, 1, 5).file(2, 3, 0, 0), "no live object");
    refuses(good().op(Trace.MALLOC, 0, 1, 5).file(2, 4, 0, 0), "objects out of order");
    refuses(good().op(Trace.MALLOC, 3, 3, 5).file(4, 4, 0, 0), "thread out of order");
    refuses(good().op(Trace.ALIGNED, 0, 3, 48, 5).file(2, 4, 0, 0), "alignment");
    refuses(good().op(Trace.MALLOC, 0, 3, 1L << 32).file(2, 4, 0, 0), "4 GiB");
    refuses(good().op(5, 0, 3, 5).file(2, 4, 0, 0), "no operation");
  }

  private static void refuses(java.io.InputStream file, String reason) {
    assertThatThrownBy(() -> TraceReader.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @FieldSource("SHIPPED")
  void theShippedTracesAreWhole(String name) throws IOException {
    Trace trace = Traces.load(name);

    assertThat(trace.operations).isGreaterThan(1_000_000);
    assertThat(Traces.exists(name)).isTrue();
  }

  @Test
  void aTraceThatDoesNotExistIsNamed() {
    assertThat(Traces.exists("nowhere")).isFalse();
    assertThatThrownBy(() -> Traces.load("nowhere")).hasMessageContaining("nowhere");
  }

  @Test
  void aTraceIsCalledByItsFile() {
    assertThat(Traces.name("/some/where/redis.trace.gz")).isEqualTo("redis");
    assertThat(Traces.name("redis")).isEqualTo("redis");
  }
}
