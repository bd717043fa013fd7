// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.faults;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.bench.subject.Designs;
import io.ashlar.bench.subject.Peer;
import io.ashlar.classic.Fragmentation;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.collections.LongArrayList;

/**
 * The faults of one design, each by a fixed pattern of calls, so that all figures but the times are
 * the same at every run. A figure that a design cannot have is {@link Double#NaN}: a stack, which
 * frees the newest block alone, has no holes.
 *
 * <p>All designs are measured in one JVM, and so at calls that are bound at run time: times are for
 * comparing one design's with each other, and with the others' only where they differ by much.
 *
 * @param peer the design
 * @param holes largest free range ÷ all that is free, in memory filled with blocks of 16 to 2,047
 *     bytes of which three in four were freed at random: external fragmentation
 * @param emptied the same after all blocks were freed: what is never merged
 * @param kept bytes kept for blocks of one size alone ÷ requested by a burst of small blocks that
 *     is over: lists that never shrink
 * @param usable usable bytes ÷ requested, each size from 16 to 1,023 bytes once: internal waste
 * @param small bytes of memory ÷ requested, memory filled with blocks of 8 bytes: what headers and
 *     the least size of a block cost
 * @param nanos time to replace a random block by a new one of 16 to 1,023 bytes among {@link #LIVE}
 *     live blocks; where only the newest can be freed, to allocate one and free it beside them
 */
public record Faults(
    Peer peer,
    double holes,
    double emptied,
    double kept,
    double usable,
    double small,
    List<Double> nanos) {

  /** Numbers of live blocks for {@link #nanos}. */
  static final List<Integer> LIVE = List.of(100, 1_000, 10_000);

  private static final long CAPACITY = 4L << 20;
  private static final long TIMED_CAPACITY = 64L << 20;
  private static final long SEED = 42;

  private static final int BURST = 10_000;
  private static final int BURST_BYTES = 64;
  private static final int SMALL_BYTES = 8;
  private static final int MIN_BYTES = 16;
  private static final int MAX_FILL_BYTES = 2047;
  private static final int MAX_BYTES = 1023;

  /** Time to warm up for each replacement in a batch: 0.2 s in all for batches of 1,000. */
  private static final long WARM_UP_NANOS = 200_000;

  /**
   * The same for an allocator to settle: its first blocks are new memory, which costs more. Not
   * long, as what is never merged uses up the region.
   */
  private static final long SETTLE_NANOS = 20_000;

  /** Batches timed, of which the median counts. */
  private static final int BATCHES = 5;

  /**
   * Measures a design.
   *
   * @param peer one that {@linkplain Designs#has is built here}
   * @param batch replacements in a batch that is timed, 1 or more
   * @return its figures
   */
  public static Faults of(Peer peer, int batch) {
    double[] fragmentation = fragmentation(peer);
    List<Double> nanos = LIVE.stream().map(live -> nanos(peer, live, batch)).toList();
    return new Faults(
        peer, fragmentation[0], fragmentation[1], kept(peer), usable(peer), small(peer), nanos);
  }

  /** Whether blocks other than the newest can be freed. */
  private static boolean freesAnyBlock(Peer peer) {
    return peer != Peer.STACK;
  }

  /** Whether what was freed amid other blocks is used again. */
  private static boolean reuses(Peer peer) {
    return peer.fit() == Peer.Fit.ALL;
  }

  // ---- fragmentation ---------------------------------------------------------------------------

  private static double[] fragmentation(Peer peer) {
    SplittableRandom random = new SplittableRandom(SEED);
    try (Allocator allocator = Designs.create(peer, CAPACITY)) {
      LongArrayList blocks = new LongArrayList();
      for (long block; (block = any(allocator, random, MAX_FILL_BYTES)) != Allocator.NULL; ) {
        blocks.addLong(block);
      }
      if (freesAnyBlock(peer)) {
        shuffle(blocks, random);
      }
      free(allocator, blocks, blocks.size() / 4);
      double holes = freesAnyBlock(peer) ? largestShare(allocator) : Double.NaN;
      free(allocator, blocks, 0);
      return new double[] {holes, largestShare(allocator)};
    }
  }

  private static long any(Allocator allocator, SplittableRandom random, int maxBytes) {
    return allocator.malloc(random.nextInt(MIN_BYTES, maxBytes + 1));
  }

  private static void shuffle(LongArrayList blocks, SplittableRandom random) {
    for (int i = blocks.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      long block = blocks.getLong(i);
      blocks.setLong(i, blocks.getLong(j));
      blocks.setLong(j, block);
    }
  }

  /** Frees the last blocks until some are left. */
  private static void free(Allocator allocator, LongArrayList blocks, int left) {
    while (blocks.size() > left) {
      allocator.free(blocks.removeAt(blocks.size() - 1));
    }
  }

  private static double largestShare(Allocator allocator) {
    if (allocator instanceof Fragmentation.Source source) {
      return source.fragmentation().largestShare();
    }
    return largestBlock(allocator) / (double) (CAPACITY - allocator.stats().liveBytes());
  }

  /** The largest block that can be had, to a multiple of 16 bytes: found by asking. */
  private static long largestBlock(Allocator allocator) {
    long had = 0;
    long tooLarge = CAPACITY + MIN_BYTES;
    while (tooLarge - had > MIN_BYTES) {
      long bytes = (had + tooLarge) / 2 / MIN_BYTES * MIN_BYTES;
      long block = allocator.malloc(bytes);
      if (block == Allocator.NULL) {
        tooLarge = bytes;
      } else {
        allocator.free(block);
        had = bytes;
      }
    }
    return had;
  }

  // ---- lists that never shrink -----------------------------------------------------------------

  private static double kept(Peer peer) {
    try (Allocator allocator = Designs.create(peer, CAPACITY)) {
      long before = listedBytes(allocator);
      long[] blocks = new long[BURST];
      if (allocator.mallocBatch(BURST_BYTES, blocks, 0, BURST) < BURST) {
        throw new IllegalStateException(peer + ": memory is out");
      }
      for (int i = BURST; i-- > 0; ) { // the newest first, as a stack wants it
        allocator.free(blocks[i]);
      }
      return (listedBytes(allocator) - before) / (double) (BURST * BURST_BYTES);
    }
  }

  /** Bytes of blocks that are cut for their size, and free. */
  private static long listedBytes(Allocator allocator) {
    long sum = 0;
    for (AllocatorStats.SizeClass sizeClass : allocator.stats().classes()) {
      sum += (sizeClass.capacityBlocks() - sizeClass.liveBlocks()) * sizeClass.blockBytes();
    }
    return sum;
  }

  // ---- waste inside of blocks ------------------------------------------------------------------

  private static double usable(Peer peer) {
    try (Allocator allocator = Designs.create(peer, CAPACITY)) {
      long usable = 0;
      long requested = 0;
      for (int bytes = MIN_BYTES; bytes <= MAX_BYTES; bytes++) {
        usable += allocator.usableSize(allocator.malloc(bytes));
        requested += bytes;
      }
      return usable / (double) requested;
    }
  }

  private static double small(Peer peer) {
    try (Allocator allocator = Designs.create(peer, CAPACITY)) {
      long blocks = 0;
      while (allocator.malloc(SMALL_BYTES) != Allocator.NULL) {
        blocks++;
      }
      return CAPACITY / (double) (blocks * SMALL_BYTES);
    }
  }

  // ---- cost against live blocks ----------------------------------------------------------------

  /**
   * Lets the compiler see a design's calls, on allocators of their own: of all designs before the
   * first is measured, or the code would be made anew at each.
   *
   * @param peer one that {@linkplain Designs#has is built here}
   * @param batch as for {@link #of}
   */
  public static void warmUp(Peer peer, int batch) {
    long begin = System.nanoTime();
    do {
      nanos(peer, LIVE.get(0), batch);
    } while (System.nanoTime() - begin < batch * WARM_UP_NANOS);
  }

  private static double nanos(Peer peer, int live, int batch) {
    SplittableRandom random = new SplittableRandom(SEED);
    try (Allocator allocator = Designs.create(peer, TIMED_CAPACITY)) {
      long[] blocks = new long[live];
      for (int i = 0; i < live; i++) {
        blocks[i] = any(allocator, random, MAX_BYTES);
      }
      boolean replaces = reuses(peer);
      long begin = System.nanoTime();
      while (System.nanoTime() - begin < batch * SETTLE_NANOS) {
        run(allocator, replaces, blocks, random, batch);
      }
      double[] nanos = new double[BATCHES];
      for (int i = 0; i < nanos.length; i++) {
        begin = System.nanoTime();
        run(allocator, replaces, blocks, random, batch);
        nanos[i] = (System.nanoTime() - begin) / (double) batch;
      }
      Arrays.sort(nanos);
      return nanos[BATCHES / 2];
    }
  }

  private static void run(
      Allocator allocator, boolean replaces, long[] blocks, SplittableRandom random, int times) {
    if (replaces) {
      replace(allocator, blocks, random, times);
    } else {
      pair(allocator, random, times);
    }
  }

  private static void replace(
      Allocator allocator, long[] blocks, SplittableRandom random, int times) {
    for (int n = 0; n < times; n++) {
      int i = random.nextInt(blocks.length);
      allocator.free(blocks[i]);
      blocks[i] = had(any(allocator, random, MAX_BYTES));
    }
  }

  private static void pair(Allocator allocator, SplittableRandom random, int times) {
    for (int n = 0; n < times; n++) {
      allocator.free(had(any(allocator, random, MAX_BYTES)));
    }
  }

  private static long had(long block) {
    if (block == Allocator.NULL) {
      throw new IllegalStateException("memory is out");
    }
    return block;
  }
}
