// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ashlar.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A thread that allocates, extends, cuts and frees runs at random, and writes its number to each
 * frame it has, where nobody else's must be.
 *
 * @param id its number, not 0
 * @param frames where it allocates
 * @param owners by frame, 0 for nobody
 * @param seed of its choices
 */
record RunOwner(int id, FrameAllocator frames, AtomicIntegerArray owners, long seed)
    implements Threads.Task {

  private record Run(int first, int frames) {}

  private static final int STEPS = 20_000;
  private static final int LIVE = 24;

  @Override
  public void run() {
    SplittableRandom random = new SplittableRandom(seed);
    List<Run> live = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      if (live.size() < LIVE && random.nextInt(100) < 55) {
        allocate(random, live);
      } else if (!live.isEmpty()) {
        change(random, live);
      }
    }
    live.forEach(this::free);
  }

  private void allocate(SplittableRandom random, List<Run> live) {
    int bound = Math.min(frames.maxRun(), frames.frames());
    int count = 1 + random.nextInt(1 + random.nextInt(1 + random.nextInt(bound)));
    int alignment = 1 << random.nextInt(4);
    int first = frames.allocate(count, alignment);
    if (first != FrameAllocator.NONE) {
      assertEquals(0, first % alignment);
      own(first, count);
      live.add(new Run(first, count));
    }
  }

  private void change(SplittableRandom random, List<Run> live) {
    Run run = live.remove(random.nextInt(live.size()));
    switch (random.nextInt(4)) {
      case 0 -> {
        int longer = run.frames() + 1 + random.nextInt(40);
        boolean extended = frames.extend(run.first(), run.frames(), longer);
        if (extended) {
          own(run.first() + run.frames(), longer - run.frames());
        }
        live.add(extended ? new Run(run.first(), longer) : run);
      }
      case 1 -> {
        int kept = random.nextInt(run.frames());
        free(new Run(run.first() + kept, run.frames() - kept));
        if (kept > 0) {
          live.add(new Run(run.first(), kept));
        }
      }
      default -> free(run);
    }
  }

  private void own(int first, int count) {
    for (int frame = first; frame < first + count; frame++) {
      assertEquals(0, owners.getAndSet(frame, id), "frame " + frame + " had twice");
    }
  }

  private void free(Run run) {
    for (int frame = run.first(); frame < run.first() + run.frames(); frame++) {
      assertEquals(id, owners.getAndSet(frame, 0), "frame " + frame + " lost");
    }
    frames.free(run.first(), run.frames());
  }
}
