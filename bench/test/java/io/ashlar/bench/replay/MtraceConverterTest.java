// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.bench.replay.MtraceConverter.Summary;
import io.ashlar.bench.subject.CheckingSubject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MtraceConverterTest {

  @TempDir private Path folder;

  private Summary summary;

  private Trace convert(String... lines) throws IOException {
    Path text = folder.resolve("text.mtrace");
    Files.writeString(text, String.join("\n", lines) + "\n", StandardCharsets.ISO_8859_1);
    return convert(text);
  }

  private Trace convert(Path text) throws IOException {
    Path trace = folder.resolve("made.trace.gz");
    summary = MtraceConverter.convert(text, trace);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).as("no file is left behind").hasSizeLessThanOrEqualTo(2);
    }
    return Traces.load(trace.toString());
  }

  private static Trace replayed(Trace trace) {
    CheckingSubject subject = new CheckingSubject();
    Replay replay = Replay.Threading.SINGLE.of(trace);
    replay.run(subject, MemoryCurve.NONE);
    replay.freeRest(subject);
    assertThat(subject.liveBlocks()).isZero();
    return trace;
  }

  @Test
  void readsEveryKindOfLine() throws IOException {
    Trace trace =
        convert(
            "= Start",
            "@ ./prog:[0x401136] + 0x1000 0x10",
            "@ /usr/lib/a b]/prog:(main+0x1d)[0x55d] + 0x2000 0x20",
            "+ 0x3000 0",
            "@ [0x401140] - 0x1000",
            "@ ./prog:[0x401150] + 0x1000 0x40",
            "@ ./prog:[0x401160] < 0x2000",
            "@ ./prog:[0x401160] > 0x4000 0x80",
            "@ ./prog:[0x401170] ! 0x4000 0x3fffffffffffffff",
            "< 0x1000",
            "> 0x1000 0x8",
            "@ ./prog:[0x401180] + (nil) 0x3fffffffffffffff",
            "- 0x4000",
            "- 0x3000",
            "= End");

    assertThat(trace.kind).containsExactly(0, 0, 0, 4, 0, 3, 3, 4, 4);
    assertThat(trace.object).containsExactly(0, 1, 2, 0, 3, 1, 3, 1, 2);
    assertThat(trace.size).containsExactly(16, 32, 0, 0, 64, 128, 8, 0, 0);
    assertThat(trace.peakLiveBytes).isEqualTo(192);
    assertThat(summary).isEqualTo(new Summary(9, 4, 192, 1, 0, 0, 2, 0, 0, 0));
    replayed(trace);
  }

  @Test
  void readsWhatAProgramMade() throws Exception {
    Path text = Path.of(getClass().getResource("/mtrace/program.mtrace").toURI());
    Trace trace = replayed(convert(text));

    // Written by glibc 2.36 for a program that allocates 8 blocks, resizes one where it is and one
    // elsewhere, has a malloc and a realloc fail, frees a block of before and leaves two.
    assertThat(summary).isEqualTo(new Summary(26, 13, 12_104, 2, 1, 0, 2, 0, 0, 0));
    assertThat(trace.threads).isOne();
  }

  @Test
  void whatWasAllocatedBeforeIsLeftOutOrBegins() throws IOException {
    Trace trace = convert("- 0x100", "- (nil)", "< 0x200", "> 0x300 0x18", "- 0x300", "- 0x300");

    assertThat(trace.kind).containsExactly(0, 4);
    assertThat(summary).isEqualTo(new Summary(2, 1, 24, 0, 2, 1, 0, 0, 0, 0));
  }

  /** Another thread gets the old address before the resize is written. */
  @Test
  void theOldestBlockAtAnAddressGoesFirst() throws IOException {
    Trace trace =
        convert("+ 0x100 0x10", "+ 0x100 0x20", "< 0x100", "> 0x500 0x30", "- 0x100", "- 0x500");

    assertThat(trace.kind).containsExactly(0, 0, 3, 4, 4);
    assertThat(trace.object).containsExactly(0, 1, 0, 1, 0);
    assertThat(summary).isEqualTo(new Summary(5, 2, 80, 0, 0, 0, 0, 1, 0, 0));
    replayed(trace);
  }

  @Test
  void whatAReplayCannotHoldIsLeftOut() throws IOException {
    Trace trace =
        convert(
            "+ 0x100 0x100000000",
            "< 0x100",
            "> 0x100 0x200000000",
            "< 0x100",
            "> 0x100 0xffffffff",
            "< 0x100",
            "> 0x200 0x100000000",
            "- 0x200");

    assertThat(trace.kind).containsExactly(0, 4);
    assertThat(trace.size(0)).isEqualTo(0xFFFFFFFFL);
    assertThat(summary).isEqualTo(new Summary(2, 1, 0xFFFFFFFFL, 0, 0, 0, 0, 0, 3, 0));
  }

  @Test
  void aResizeToNothingIsAFree() throws IOException {
    Trace trace = convert("+ 0x100 0x10", "< 0x100", "> 0x100 0", "- 0x100");

    assertThat(trace.kind).containsExactly(0, 4, 0, 4);
  }

  @Test
  void whatIsNotUnderstoodIsCounted() throws IOException {
    Trace trace =
        convert(
            "hello",
            "+ 0x100 0x10",
            "+ 0x100",
            "+ 100 0x10",
            "@ ./prog",
            "? 0x1 0x1",
            "> 0x700 0x10",
            "",
            "< 0x100",
            "+ 0x200 0x10",
            "- 0x100",
            "< 0x200");

    assertThat(trace.kind).containsExactly(0, 0, 4);
    assertThat(trace.object).as("half a resize changes nothing").containsExactly(0, 1, 0);
    assertThat(summary).isEqualTo(new Summary(3, 2, 32, 1, 0, 0, 0, 0, 0, 8));
  }

  @Test
  void aTextWithoutCallsIsRefused() {
    assertThatThrownBy(() -> convert("= Start", "= End"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no calls");
    assertThat(folder.resolve("made.trace.gz")).doesNotExist();
  }
}
