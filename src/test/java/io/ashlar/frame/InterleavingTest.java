// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Small trees under the orders of two threads' steps with one or two preemptions, and under random
 * orders of three threads'. Whatever the order: no frame is had twice, and in the end everything is
 * free, merged and to be found.
 */
class InterleavingTest {

  /** Two units of 64 frames in a word of level 1. */
  private static final int FRAMES = 128;

  private static final int MAX_ORDER = 7;

  /** Who has which frames. */
  static final class Frames {
    final LockFreeBuddy buddy;
    final BitSet taken = new BitSet();

    Frames(LockFreeBuddy buddy) {
      this.buddy = buddy;
    }

    int take(int count) {
      int first = buddy.allocate(count, 1);
      if (first != FrameAllocator.NONE) {
        own(first, count);
      }
      return first;
    }

    /** Only one thread runs at a time. */
    void own(int first, int count) {
      assertTrue(taken.get(first, first + count).isEmpty(), "frames had twice");
      taken.set(first, first + count);
    }

    void give(int first, int count) {
      if (first != FrameAllocator.NONE) {
        taken.clear(first, first + count);
        buddy.free(first, count);
      }
    }
  }

  enum Scenario {
    FRAMES_AND_FRAMES(0, f -> pairs(f, 1, 2), f -> pairs(f, 1, 1)),
    FRAMES_AND_UNITS(0, f -> pairs(f, 1, 1), f -> pairs(f, 64, 1)),
    FRAMES_AND_ALL(0, f -> pairs(f, 1, 1), f -> pairs(f, 128, 1)),
    RUNS_WITH_TAILS(0, f -> pairs(f, 70, 1), f -> pairs(f, 33, 1)),
    LAST_FRAMES(126, f -> pairs(f, 1, 1), f -> pairs(f, 2, 1)),
    FREES_INTO_A_FULL_WORD(128, f -> f.give(0, 1), f -> f.give(1, 63)),
    FREES_THAT_MERGE(128, f -> f.give(0, 64), f -> f.give(64, 64)),
    FREE_AND_SEARCH(128, f -> f.give(5, 2), f -> pairs(f, 2, 1)),
    EXTENSION_AND_FRAMES(64, InterleavingTest::extend, f -> pairs(f, 3, 1)),
    VISIT_AND_FRAMES(3, InterleavingTest::visit, f -> pairs(f, 40, 1));

    final int taken;

    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    final Consumer<Frames> one;

    @SuppressWarnings("ImmutableEnumChecker")
    final Consumer<Frames> other;

    Scenario(int taken, Consumer<Frames> one, Consumer<Frames> other) {
      this.taken = taken;
      this.one = one;
      this.other = other;
    }
  }

  private static void pairs(Frames frames, int count, int times) {
    for (int i = 0; i < times; i++) {
      frames.give(frames.take(count), count);
    }
  }

  private static void extend(Frames frames) {
    if (frames.buddy.extend(0, 64, 80)) {
      frames.own(64, 16);
      frames.give(64, 16);
    }
  }

  private static void visit(Frames frames) {
    frames.buddy.visitFree(
        (first, count) -> {
          frames.own(first, count);
          frames.taken.clear(first, first + count);
        });
  }

  /** Runs a scenario once; returns the number of steps. */
  private static int run(
      Scenario scenario, ScheduledWords words, int first, IntSupplier next, int threads)
      throws InterruptedException {
    long bytes = LockFreeBuddy.byteSize(FRAMES, MAX_ORDER, 2);
    try (Metadata metadata = new Metadata(bytes, false)) {
      Frames frames = new Frames(new LockFreeBuddy(metadata, FRAMES, MAX_ORDER, 2, words));
      for (int i = 0; i < scenario.taken; i++) {
        frames.take(1);
      }
      Runnable[] tasks = new Runnable[threads];
      for (int i = 0; i < threads; i++) {
        var body = i % 2 == 0 ? scenario.one : scenario.other;
        tasks[i] = () -> body.accept(frames);
      }
      int steps = words.run(first, next, tasks);
      frames.buddy.validate();
      frames.taken.stream().forEach(frame -> frames.buddy.free(frame, 1));
      frames.buddy.validate();
      assertEquals(FRAMES, frames.buddy.freeFrames());
      assertEquals(0, frames.buddy.allocate(FRAMES, 1));
      return steps;
    }
  }

  @ParameterizedTest
  @EnumSource
  void twoPreemptions(Scenario scenario) throws InterruptedException {
    for (int first = 0; first < 2; first++) {
      explore(scenario, first, ScheduledWords::new);
    }
  }

  /** Pairs of steps at which the other thread gets the turn: all close ones, fewer far apart. */
  private static void explore(Scenario scenario, int first, Supplier<ScheduledWords> words)
      throws InterruptedException {
    int steps = run(scenario, words.get(), first, () -> -1, 2);
    for (int one = 0; one < steps; one++) {
      for (int two = one; two < steps; two += 1 + (two - one) / 24) {
        Preemptions preemptions = new Preemptions(first, one, two);
        try {
          run(scenario, words.get(), first, preemptions, 2);
        } catch (RuntimeException | Error e) {
          throw new AssertionError(
              "%s from thread %d on, preempted at %d and %d".formatted(scenario, first, one, two),
              e);
        }
      }
    }
  }

  private static final class Preemptions implements IntSupplier {
    private final int one;
    private final int two;
    private int turn;
    private int step = -1;

    Preemptions(int first, int one, int two) {
      turn = first;
      this.one = one;
      this.two = two;
    }

    @Override
    public int getAsInt() {
      step++;
      if (step == one || step == two) {
        turn = 1 - turn;
        return turn;
      }
      return -1;
    }
  }

  @ParameterizedTest
  @EnumSource
  void randomOrders(Scenario scenario) throws InterruptedException {
    if (scenario.taken == FRAMES || scenario == Scenario.EXTENSION_AND_FRAMES) {
      return; // what these free can be freed once
    }
    Seeds.run(
        random -> {
          for (int i = 0; i < 200; i++) {
            int stays = 1 + random.nextInt(20);
            IntSupplier next = () -> random.nextInt(stays) == 0 ? random.nextInt(3) : -1;
            run(scenario, new ScheduledWords(), random.nextInt(3), next, 3);
          }
        });
  }

  /** Fault: a word is written though it has changed. */
  private static final class LostUpdates extends ScheduledWords {
    @Override
    boolean cas(long address, long expected, long value) {
      return super.cas(address, getAcquire(address), value);
    }
  }

  /** Fault: a bound is lowered though something was freed meanwhile. */
  private static final class LateLowering extends ScheduledWords {
    private long examined;

    @Override
    boolean cas(long address, long expected, long value) {
      boolean lowers = address == examined && Bound.isExamined(expected);
      examined = value == Bound.examine(expected) ? address : examined;
      return super.cas(address, lowers ? getAcquire(address) : expected, value);
    }
  }

  @Test
  void lostUpdatesAreFound() {
    assertThrows(
        AssertionError.class, () -> explore(Scenario.FRAMES_AND_FRAMES, 0, LostUpdates::new));
  }

  @Test
  void lateLoweringIsFound() {
    assertThrows(
        AssertionError.class, () -> explore(Scenario.FREE_AND_SEARCH, 1, LateLowering::new));
  }
}
