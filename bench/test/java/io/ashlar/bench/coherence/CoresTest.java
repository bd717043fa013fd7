// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cores on streams of accesses whose answers are known. */
class CoresTest {

  private static final Costs COSTS = Costs.ofNanos(1, 50);

  /** All of 64 cores have begun when it opens, however they do. */
  private static final Window WINDOW = new Window(80_000, 10_000, 100_000_000);

  private static final long BASE = 1 << 12;

  private static Cores cores(int count, long seed) {
    return new Cores(count, COSTS, WINDOW, seed);
  }

  /** Accesses to a core's own line between two calls: longer than a line is on its way. */
  private static final int APART = 200;

  /** One access in each call. */
  private static Traffic run(Cores cores, java.util.function.IntToLongFunction address, boolean w)
      throws InterruptedException {
    return cores.run(
        core -> {
          cores.begin();
          while (true) {
            for (int i = 0; i < APART; i++) {
              Trace.word(BASE * (2 + core), true);
            }
            call(address.applyAsLong(core), w);
          }
        });
  }

  private static void call(long address, boolean write) {
    Trace.enter();
    Trace.word(address, write);
    Trace.leave();
  }

  /** As long as a line is on its way at least, at the mean, and at most, in ns. */
  private static final int SHORTEST = 25;

  private static final int MEAN = 50;
  private static final int LONGEST = 75;

  /** Each call takes a transfer, and waits for those of others that want the line. */
  @ParameterizedTest
  @ValueSource(ints = {3, 64, 65})
  void whatAllWriteMovesEachTimeAndOneAfterTheOther(int count) throws InterruptedException {
    Traffic traffic = run(cores(count, 1), core -> BASE, true);
    // Where others always wait nobody writes twice; else one may, while the line is on its way.
    boolean awaited = count * SHORTEST > APART + LONGEST;
    assertThat(traffic.transfers())
        .isBetween(awaited ? traffic.calls() : traffic.calls() / 2, traffic.calls());
    assertThat(traffic.upgrades() + traffic.blockTransfers()).isZero();
    // Of those that wait the one whose way is shortest comes first.
    double least = Math.max(APART + 1, SHORTEST * count);
    double most = awaited ? MEAN * count : APART + 1 + LONGEST * count;
    assertThat(traffic.nanos() / traffic.calls()).isBetween(0.98 * least, 1.02 * most);
  }

  /** Who was slower than another has the same chance as all the next time. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void nobodyStarves(long seed) throws InterruptedException {
    int count = 64;
    int[] writes = new int[count];
    run(
        cores(count, seed),
        core -> {
          writes[core]++;
          return BASE;
        },
        true);
    int fair = Arrays.stream(writes).sum() / count;
    assertThat(Arrays.stream(writes).boxed())
        .allSatisfy(own -> assertThat(own).isBetween(fair / 2, fair * 2));
  }

  /** Until the line has gone its way, who has it writes on. */
  @Test
  void whoHasALineUsesItUntilItGoes() throws InterruptedException {
    Cores cores = cores(2, 1);
    Traffic traffic =
        cores.run(
            core -> {
              cores.begin();
              while (true) {
                call(BASE, true);
              }
            });
    assertThat((double) traffic.transfers())
        .isCloseTo((double) traffic.calls() / MEAN, offset(20.0));
  }

  @Test
  void whatEachHasToItselfNeverMoves() throws InterruptedException {
    Traffic traffic = run(cores(64, 1), core -> BASE + 64L * core, true);
    assertThat(traffic.transfers() + traffic.upgrades() + traffic.cold()).isZero();
    assertThat(traffic.nanos() / traffic.calls()).isCloseTo(APART + 1, offset(2.0));
  }

  @Test
  void whatAllOnlyReadNeverMoves() throws InterruptedException {
    Traffic traffic = run(cores(64, 1), core -> BASE, false);
    assertThat(traffic.transfers() + traffic.upgrades()).isZero();
  }

  /** Two counters side by side in a line cost as much as one that is shared. */
  @Test
  void falseSharingIsSeen() throws InterruptedException {
    Traffic traffic = run(cores(2, 1), core -> BASE + 8L * core, true);
    // Not each time: who has the line may write once more as it is about to go.
    assertThat((double) traffic.transfers() / traffic.calls()).isBetween(0.5, 1.0);
  }

  @Test
  void whatIsDoneOutsideOfCallsIsCountedApart() throws InterruptedException {
    Cores cores = cores(2, 1);
    Traffic traffic =
        cores.run(
            core -> {
              cores.begin();
              while (true) {
                Trace.word(BASE, true);
                for (int i = 0; i < APART; i++) {
                  call(BASE + 64L * (1 + core), true);
                }
              }
            });
    assertThat(traffic.transfers()).isZero();
    // As above, and one more or less of each core at either end of what is watched.
    double rounds = (double) traffic.calls() / APART;
    assertThat((double) traffic.blockTransfers()).isBetween(rounds / 2 - 2, rounds + 2);
  }

  /** One waits for what the other writes now and then, and is woken by it. */
  @Test
  void whoWaitsIsWokenByTheNextWrite() throws InterruptedException {
    Cores cores = cores(2, 1);
    int[] waits = {0};
    Traffic traffic =
        cores.run(
            core -> {
              cores.begin();
              while (core == 0) {
                for (int i = 0; i < 100; i++) {
                  Trace.word(BASE + 128, true);
                }
                call(BASE, true);
              }
              while (true) {
                Trace.word(BASE, false);
                cores.pause();
                waits[0]++;
              }
            });
    assertThat(traffic.upgrades() + traffic.transfers()).isEqualTo(traffic.calls());
    assertThat((double) waits[0])
        .isCloseTo((double) (WINDOW.warmUpCalls() + WINDOW.calls()), offset(100.0));
  }

  private static Traffic random(long seed) throws InterruptedException {
    Cores cores = cores(8, seed);
    return cores.run(
        core -> {
          SplittableRandom random = new SplittableRandom(core);
          cores.begin();
          while (true) {
            call(BASE + 64L * random.nextInt(16), random.nextInt(4) == 0);
          }
        });
  }

  @Test
  void theSameSeedGivesTheSameAndAnotherAnother() throws InterruptedException {
    assertThat(random(1)).isEqualTo(random(1)).isNotEqualTo(random(2));
  }

  @Test
  void aFailureIsTold() {
    Cores cores = cores(2, 1);
    assertThatThrownBy(
            () ->
                cores.run(
                    core -> {
                      cores.begin();
                      throw new ArithmeticException();
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasCauseInstanceOf(ArithmeticException.class);
  }
}
