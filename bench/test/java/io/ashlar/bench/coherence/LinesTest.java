// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import static io.ashlar.bench.coherence.Lines.Access.COLD;
import static io.ashlar.bench.coherence.Lines.Access.HIT;
import static io.ashlar.bench.coherence.Lines.Access.TRANSFER;
import static io.ashlar.bench.coherence.Lines.Access.UPGRADE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.coherence.Lines.Access;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The model on streams whose answers are known. */
class LinesTest {

  private static final int CORES = 256;

  private static final long BASE = 1 << 12;

  private final Lines lines = new Lines(CORES);

  private Access read(int core, long address) {
    return lines.access(core, lines.at(BASE + address), false);
  }

  private Access write(int core, long address) {
    return lines.access(core, lines.at(BASE + address), true);
  }

  @Test
  void twoCoresThatWriteOneLineInTurnsMoveItEachTime() {
    assertThat(write(0, 0)).isEqualTo(COLD);
    for (int i = 1; i < 100; i++) {
      assertThat(write(i % 2, 8L * (i % 8))).isEqualTo(TRANSFER);
    }
    assertThat(lines.invalidations()).isEqualTo(99);
  }

  @Test
  void twoCoresThatWriteTwoLinesMoveNone() {
    write(0, 0);
    write(1, 64);
    for (int i = 0; i < 100; i++) {
      assertThat(write(i % 2, 64L * (i % 2))).isEqualTo(HIT);
      assertThat(read(i % 2, 64L * (i % 2) + 63)).isEqualTo(HIT);
    }
    assertThat(lines.invalidations()).isZero();
  }

  @Test
  void readersShareALineAfterOneTransferEach() {
    write(0, 0);
    for (int core = 1; core < CORES; core++) {
      assertThat(read(core, 0)).isEqualTo(TRANSFER);
    }
    for (int core = 0; core < CORES; core++) {
      assertThat(read(core, 0)).isEqualTo(HIT);
    }
    assertThat(lines.invalidations()).isZero();
    assertThat(write(7, 0)).isEqualTo(UPGRADE);
    assertThat(lines.invalidations()).isEqualTo(CORES - 1);
    assertThat(write(7, 0)).isEqualTo(HIT);
    assertThat(read(255, 0)).isEqualTo(TRANSFER);
  }

  @Test
  void whoReadsFirstMayWriteWithoutAsking() {
    assertThat(read(3, 0)).isEqualTo(COLD);
    assertThat(write(3, 0)).isEqualTo(HIT);
    assertThat(read(4, 0)).isEqualTo(TRANSFER);
    assertThat(write(3, 0)).isEqualTo(UPGRADE);
    assertThat(read(4, 0)).isEqualTo(TRANSFER);
  }

  @Test
  void lookingChangesNothing() {
    int line = lines.at(BASE);
    assertThat(lines.look(0, line, true)).isEqualTo(COLD);
    assertThat(lines.has(0, line)).isFalse();
    assertThat(write(0, 0)).isEqualTo(COLD);
  }

  /** One core alone moves no line, whatever it does; more lines than there is room for at first. */
  @ParameterizedTest
  @ValueSource(ints = {0, 63, 64, 255})
  void oneCoreAloneHasAllLinesAtOnce(int core) {
    List<Access> accesses = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      for (int line = 0; line < 10_000; line++) {
        accesses.add(line % 3 == 0 ? read(core, 64L * line) : write(core, 64L * line));
      }
    }
    assertThat(accesses.subList(0, 10_000)).containsOnly(COLD);
    assertThat(accesses.subList(10_000, 20_000)).containsOnly(HIT);
  }
}
