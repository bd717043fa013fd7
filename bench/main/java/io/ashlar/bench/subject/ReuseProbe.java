// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Finds out whether memory that is freed is used again. A block that {@code free} forgets is missed
 * by nobody, least of all by the books of an allocator that has none; but as long as no more than
 * so many blocks are live, one that forgets some has to give out addresses that it never gave out
 * before, for ever.
 */
final class ReuseProbe {

  private static final int BLOCKS = 128;

  /**
   * Rounds in which it may give out no more new blocks than are live: more than one in 256 is
   * noticed.
   */
  private static final int ROUNDS = 256;

  /**
   * How often it may go on for so many rounds: what was freed before is new here, and an allocator
   * that takes its slabs in turn has all of it to go through.
   */
  private static final int ATTEMPTS = 32;

  private static final int[] SIZES = {32, 1000};

  private final Subject subject;
  private final int bytes;
  private final long[] blocks;
  private final Set<Long> seen = new HashSet<>();
  private int fresh;

  private ReuseProbe(Subject subject, int bytes, int live) {
    this.subject = subject;
    this.bytes = bytes;
    blocks = new long[live];
  }

  /**
   * Tries an allocator of which nothing is live.
   *
   * @param peer what it is
   * @param subject as the calling thread should use it
   * @throws IllegalStateException if it forgets what is freed
   */
  static void run(Peer peer, Subject subject) {
    subject.trim();
    for (int bytes : SIZES) {
      switch (peer.fit()) {
        case ALL -> {
          new ReuseProbe(subject, bytes, BLOCKS).run(false);
          new ReuseProbe(subject, bytes, BLOCKS).run(true);
        }
        case PAIRS -> new ReuseProbe(subject, bytes, 1).run(false);
        case OBJECTS, PAGES, SCOPES -> {
          // These have no blocks of such sizes.
        }
      }
    }
  }

  /** The blocks are freed by other threads, if so wanted. */
  private void run(boolean remote) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      fresh = 0;
      round(ROUNDS, remote);
      if (fresh <= blocks.length) {
        return;
      }
    }
    throw new IllegalStateException(
        "self-check: free forgets blocks: of "
            + bytes
            + " bytes "
            + blocks.length
            + " at a time were live, and at last "
            + fresh
            + " new addresses given out in "
            + ROUNDS
            + " rounds"
            + (remote ? ", freed by another thread" : ""));
  }

  private void round(int rounds, boolean remote) {
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = subject.malloc(bytes);
        fresh += seen.add(blocks[i]) ? 1 : 0;
      }
      if (remote) {
        freeElsewhere();
      } else {
        freeHere(subject);
      }
    }
  }

  private void freeHere(Subject mine) {
    for (long block : blocks) {
      mine.free(block);
    }
  }

  /** In a thread that begins and ends for it. */
  private void freeElsewhere() {
    CompletableFuture.runAsync(
            () -> freeHere(subject.forThread()), task -> new Thread(task).start())
        .join();
  }
}
