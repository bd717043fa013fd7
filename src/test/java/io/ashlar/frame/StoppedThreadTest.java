// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Threads;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A thread is stopped at each step of each kind of operation: the others go on, have all memory but
 * the little that it keeps out of reach, and when it goes on too nothing is lost.
 */
class StoppedThreadTest {

  private static final int MAX_ORDER = 12;
  private static final int FRAMES = 3 * 4096 + 5 * 64;

  /** A unit of each level above the frames, and a line. */
  private static final int OUT_OF_REACH = 64 + 4096 + 512;

  /** What the stopped thread does; before, some runs are allocated, all by other threads. */
  enum Operation {
    FIRST_FRAME(0, (buddy, first) -> allocate(buddy, 1)),
    FRAME_FROM_OPEN_WORD(10, (buddy, first) -> allocate(buddy, 1)),
    FRAME_OF_THE_LAST_LINE(FRAMES - 3, (buddy, first) -> allocate(buddy, 1)),
    RUN_OF_UNITS(10, (buddy, first) -> allocate(buddy, 300)),
    LONGEST_RUN(10, (buddy, first) -> allocate(buddy, 4096)),
    RUN_THAT_NEEDS_CLOSING(FRAMES, StoppedThreadTest::freeUnitAndTakeIt),
    FREE_ONE(10, (buddy, first) -> buddy.free(first, 1)),
    FREE_ALL(10, (buddy, first) -> buddy.free(first, 10)),
    FREE_ACROSS_WORDS(200, (buddy, first) -> buddy.free(first + 3, 190)),
    FREE_INTO_FULL(FRAMES, (buddy, first) -> buddy.free(first, 4100)),
    EXTEND(10, (buddy, first) -> buddy.free(first, buddy.extend(first, 10, 300) ? 300 : 10)),
    EXTEND_IN_VAIN(300, StoppedThreadTest::extendIntoAHole),
    VISIT(10, (buddy, first) -> buddy.visitFree((run, frames) -> {}));

    final int allocated;

    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    final ObjIntConsumer<LockFreeBuddy> body;

    Operation(int allocated, ObjIntConsumer<LockFreeBuddy> body) {
      this.allocated = allocated;
      this.body = body;
    }
  }

  private static void allocate(LockFreeBuddy buddy, int count) {
    int run = buddy.allocate(count, 1);
    if (run != FrameAllocator.NONE) {
      buddy.free(run, count);
    }
  }

  /** Frees frame by frame into a line that it holds, so that the unit stays open. */
  private static void freeUnitAndTakeIt(LockFreeBuddy buddy, int first) {
    buddy.free(first, 1);
    buddy.free(buddy.allocate(1, 1), 1);
    for (int frame = first + 1; frame < first + 128; frame++) {
      buddy.free(frame, 1);
    }
    int run = buddy.allocate(128, 1);
    assertEquals(first, run);
    buddy.free(run, 128);
  }

  private static void extendIntoAHole(LockFreeBuddy buddy, int first) {
    buddy.free(first + 10, 90);
    assertFalse(buddy.extend(first, 10, 150));
  }

  /** Stops one thread before one of its steps. */
  private static final class StoppingWords extends SteppedWords {
    final CountDownLatch reached = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);
    private final int step;
    private volatile Thread stopped;
    private int steps;

    StoppingWords(int step) {
      this.step = step;
    }

    @Override
    void step() {
      if (Thread.currentThread().equals(stopped) && steps++ == step) {
        reached.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void othersGoOn(Operation operation) throws InterruptedException {
    int step = 0;
    while (stopAt(operation, step)) {
      // All steps at first, fewer of the many of a long loop.
      step += 1 + step / 64;
    }
    assertTrue(step > 0);
  }

  /** False if the operation has fewer steps. */
  private static boolean stopAt(Operation operation, int step) throws InterruptedException {
    StoppingWords words = new StoppingWords(step);
    try (Metadata metadata = new Metadata(LockFreeBuddy.byteSize(FRAMES, MAX_ORDER, 4), false)) {
      LockFreeBuddy buddy = new LockFreeBuddy(metadata, FRAMES, MAX_ORDER, 4, words);
      BitSet prepared = new BitSet();
      Threads.run(() -> takeUpTo(buddy, operation.allocated, prepared));
      boolean[] stopped = {false};
      Threads.run(
          () -> {
            words.stopped = Thread.currentThread();
            try {
              operation.body.accept(buddy, Math.max(0, prepared.nextSetBit(0)));
            } finally {
              words.reached.countDown();
            }
          },
          () -> {
            words.reached.await();
            stopped[0] = words.steps > step;
            try {
              workAsUsual(buddy, operation);
            } finally {
              words.go.countDown();
            }
          });
      giveBack(operation, buddy, prepared);
      buddy.validate();
      assertEquals(FRAMES, buddy.freeFrames());
      return stopped[0];
    }
  }

  private static void takeUpTo(LockFreeBuddy buddy, int count, BitSet taken) {
    while (taken.cardinality() < count) {
      int frame = buddy.allocate(1, 1);
      assertFalse(taken.get(frame));
      taken.set(frame);
    }
  }

  /** Runs of all orders, and then every frame that there is. */
  private static void workAsUsual(LockFreeBuddy buddy, Operation operation) {
    for (int order = 0; order <= MAX_ORDER; order++) {
      allocate(buddy, 1 << order);
    }
    BitSet all = new BitSet();
    int frame;
    while ((frame = buddy.allocate(1, 1)) != FrameAllocator.NONE) {
      assertFalse(all.get(frame));
      all.set(frame);
    }
    int least = FRAMES - operation.allocated - OUT_OF_REACH - 4096;
    assertTrue(all.cardinality() >= least, () -> all.cardinality() + " of " + least);
    all.stream().forEach(taken -> buddy.free(taken, 1));
  }

  private static void giveBack(Operation operation, LockFreeBuddy buddy, BitSet prepared) {
    int first = Math.max(0, prepared.nextSetBit(0));
    switch (operation) {
      case FREE_ONE -> prepared.clear(first);
      case FREE_ALL, EXTEND -> prepared.clear(first, first + 10);
      case EXTEND_IN_VAIN -> prepared.clear(first + 10, first + 100);
      case FREE_ACROSS_WORDS -> prepared.clear(first + 3, first + 193);
      case FREE_INTO_FULL -> prepared.clear(first, first + 4100);
      case RUN_THAT_NEEDS_CLOSING -> prepared.clear(first, first + 128);
      default -> {}
    }
    prepared.stream().forEach(frame -> buddy.free(frame, 1));
  }

  @Test
  void theStepsAreCounted() throws InterruptedException {
    assertTrue(stopAt(Operation.FIRST_FRAME, 0));
    assertFalse(stopAt(Operation.FIRST_FRAME, 1_000_000));
  }
}
