// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.InvalidFreeException;
import io.ashlar.classic.HeaderOptions.Fit;
import io.ashlar.classic.HeaderOptions.Frees;
import io.ashlar.memory.Memory;
import io.ashlar.region.PosixVirtualMemory;
import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is this design's own: where blocks come from, when they merge, when frees are done. */
class HeaderAllocatorTest {

  private static final long CAPACITY = 1 << 20;
  private static final int HEADER = 16;

  private static HeaderAllocator create(HeaderOptions options) {
    return HeaderAllocator.create(CAPACITY, options);
  }

  // ---- layout ----------------------------------------------------------------------------------

  @Test
  void blocksAreMultiplesOfALineAtMultiplesOfALine() {
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      long last = allocator.malloc(0);
      for (int size = 1; size < 1000; size++) {
        long block = allocator.malloc(size);
        assertThat(block % 64).isZero();
        assertThat((block - last) % 64).isZero();
        assertThat(allocator.usableSize(block)).isBetween((long) size, size + 63L);
        last = block;
      }
      assertThat(allocator.usableSize(allocator.malloc(48))).isEqualTo(48);
      assertThat(allocator.usableSize(allocator.malloc(49))).isEqualTo(112);
      allocator.validate();
    }
  }

  @Test
  void theLargestBlockIsAnErrorToExceed() {
    try (HeaderAllocator allocator = create(HeaderOptions.defaults().maxBlockBytes(1000))) {
      long block = allocator.malloc(1000);
      assertThat(block).isNotZero();
      assertThatThrownBy(() -> allocator.malloc(1001))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1,001")
          .hasMessageContaining("1,000");
      assertThatThrownBy(() -> allocator.fastAllocate(1001))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> allocator.realloc(block, 1001))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> allocator.allocate(1001, 64))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(allocator.stats().liveBlocks()).isEqualTo(1);
      allocator.free(block);
      allocator.validate();
    }
  }

  // ---- search ----------------------------------------------------------------------------------

  /** Holes of these usable sizes, each behind a live block; the last is freed last. */
  private static long[] holes(Allocator allocator, long... sizes) {
    long[] blocks = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      blocks[i] = allocator.malloc(sizes[i]);
      allocator.malloc(48);
    }
    for (long block : blocks) {
      allocator.free(block);
    }
    return blocks;
  }

  @Test
  void firstFitTakesWhatWasFreedLast() {
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      long[] holes = holes(allocator, 496, 1008, 240, 2032, 48);
      assertThat(allocator.malloc(496)).isEqualTo(holes[3]);
      assertThat(allocator.malloc(48)).as("the rest of it is the newest").isEqualTo(holes[3] + 512);
      allocator.validate();
    }
  }

  @Test
  void bestFitTakesTheSmallest() {
    try (Allocator allocator = create(HeaderOptions.defaults().fit(Fit.BEST))) {
      long[] holes = holes(allocator, 1008, 560, 2032, 240);
      assertThat(allocator.malloc(496)).isEqualTo(holes[1]);
      assertThat(allocator.malloc(48)).as("its rest fits exactly").isEqualTo(holes[1] + 512);
      assertThat(allocator.malloc(900)).isEqualTo(holes[0]);
      assertThat(allocator.malloc(900)).isEqualTo(holes[2]);
      allocator.validate();
    }
  }

  @Test
  void goodEnoughLeavesAnEighthAtMostWhereItCan() {
    try (Allocator allocator = create(HeaderOptions.defaults().fit(Fit.GOOD_ENOUGH))) {
      long[] holes = holes(allocator, 1008, 1136, 1200, 2032);
      assertThat(allocator.malloc(1008)).as("1,152 are 1,024 and an eighth").isEqualTo(holes[1]);
      assertThat(allocator.malloc(560)).as("none is: the smallest").isEqualTo(holes[0]);
      allocator.validate();
    }
  }

  @ParameterizedTest
  @EnumSource(Fit.class)
  void neighboursMergeAtSearchTime(Fit fit) {
    for (HeaderOptions options :
        List.of(
            HeaderOptions.defaults().fit(fit),
            HeaderOptions.defaults().fit(fit).withoutFreeList())) {
      try (Allocator allocator = create(options)) {
        List<Long> blocks = fill(allocator, 48);
        int n = blocks.size();
        // All but every eighth, in an order that is neither's.
        for (int i = 0; i < n; i++) {
          int at = (int) (i * 7919L % n);
          if (at % 8 != 7) {
            allocator.free(blocks.get(at));
          }
        }
        assertThat(n % 8).as("those behind the last one kept").isEqualTo(7);
        assertThat(fill(allocator, 7 * 64 - HEADER)).hasSize((n + 1) / 8);
        allocator.validate();
      }
    }
  }

  private static List<Long> fill(Allocator allocator, long size) {
    List<Long> blocks = new ArrayList<>();
    for (long block; (block = allocator.malloc(size)) != Allocator.NULL; ) {
      blocks.add(block);
    }
    return blocks;
  }

  @Test
  void afterAllFreesAllIsOneBlock() {
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      List<Long> blocks = fill(allocator, 100);
      for (int i = 0; i < blocks.size(); i++) {
        allocator.free(blocks.get((int) (i * 7919L % blocks.size())));
      }
      assertThat(allocator.malloc(CAPACITY - 80)).isNotZero();
      allocator.validate();
    }
  }

  @Test
  void whatIsFreeIsCountedAsASearchWouldMergeIt() {
    try (HeaderAllocator allocator = create(HeaderOptions.defaults())) {
      long all = CAPACITY - 64;
      assertThat(allocator.fragmentation()).isEqualTo(new Fragmentation(all, all - HEADER, 1));
      long[] blocks = new long[10];
      allocator.mallocBatch(48, blocks, 0, 10);
      assertThat(allocator.fragmentation())
          .isEqualTo(new Fragmentation(all - 640, all - 640 - HEADER, 1));
      for (int freed : new int[] {1, 3, 2, 9}) {
        allocator.free(blocks[freed]);
      }
      Fragmentation end = new Fragmentation(all - 384, all - 576 - HEADER, 2);
      assertThat(allocator.fragmentation()).as("three, and one before the end").isEqualTo(end);
      List<Long> filling = fill(allocator, 48);
      assertThat(allocator.fragmentation()).isEqualTo(new Fragmentation(0, 0, 0));
      allocator.free(blocks[5]);
      assertThat(allocator.fragmentation()).isEqualTo(new Fragmentation(64, 48, 1));
      allocator.free(filling.get(filling.size() - 1));
      assertThat(allocator.fragmentation().freeRanges()).isEqualTo(2);
    }
  }

  @Test
  void reallocTakesTheFreeBlocksBehind() {
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      long block = allocator.malloc(48);
      long behind = allocator.malloc(48);
      long further = allocator.malloc(176);
      allocator.malloc(48);
      allocator.free(further);
      allocator.free(behind);
      assertThat(allocator.realloc(block, 200)).isEqualTo(block);
      assertThat(allocator.usableSize(block)).isEqualTo(240);
      assertThat(allocator.malloc(48)).as("what is left of them").isEqualTo(block + 256);
      assertThat(allocator.realloc(block, 20)).isEqualTo(block);
      assertThat(allocator.usableSize(block)).isEqualTo(48);
      allocator.validate();
      long last = allocator.malloc(1000);
      assertThat(allocator.realloc(last, 100_000)).as("into the room behind").isEqualTo(last);
      allocator.validate();
    }
  }

  @Test
  void fastAllocateOnlyAppends() {
    try (HeaderAllocator allocator = create(HeaderOptions.defaults())) {
      long last = allocator.malloc(48);
      for (int i = 0; i < 100; i++) {
        allocator.free(last);
        long next = allocator.fastAllocate(48);
        assertThat(next).isEqualTo(last + 64);
        last = next;
      }
      assertThat(allocator.malloc(48)).as("a free block").isLessThan(last);
      fill(allocator, 48);
      allocator.free(last);
      assertThat(allocator.fastAllocate(48)).isZero();
      assertThat(allocator.malloc(48)).isEqualTo(last);
      allocator.validate();
    }
  }

  // ---- damage ----------------------------------------------------------------------------------

  @Test
  void aHeaderThatWasWrittenOverIsFound() {
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      long block = allocator.malloc(48);
      long next = allocator.malloc(48);
      long size = Memory.getLong(next - HEADER);
      Memory.putLong(next - HEADER, size + 64);
      assertThatThrownBy(() -> allocator.free(next))
          .isInstanceOf(InvalidFreeException.class)
          .hasMessageContaining("written over");
      allocator.free(block);
      assertThatThrownBy(() -> allocator.malloc(100)).hasMessageContaining("written over");
      assertThatThrownBy(allocator::validate).hasMessageContaining("written over");
      Memory.putLong(next - HEADER, size);
      allocator.validate();
      allocator.free(next);
    }
  }

  /** Where a header was a user may write a word that looks like the first of one. */
  @Test
  void headersThatAreNoMoreAreErased() {
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      long[] merged = new long[3];
      long[] absorbed = new long[3];
      long[] cutOff = new long[3];
      allocator.mallocBatch(48, merged, 0, 3);
      allocator.malloc(48);
      allocator.mallocBatch(48, absorbed, 0, 3);
      allocator.malloc(48);
      allocator.mallocBatch(48, cutOff, 0, 3);
      allocator.freeBatch(merged, 0, 3);
      assertThat(allocator.malloc(176)).isEqualTo(merged[0]);
      allocator.freeBatch(absorbed, 1, 2);
      assertThat(allocator.realloc(absorbed[0], 176)).isEqualTo(absorbed[0]);
      allocator.freeBatch(cutOff, 0, 3);
      assertThat(allocator.malloc(1000)).isEqualTo(cutOff[0]);
      for (long[] blocks : new long[][] {merged, absorbed, cutOff}) {
        for (int i = 1; i < 3; i++) {
          long inside = blocks[i];
          Memory.putLong(inside - HEADER, 64 | 1);
          assertThatThrownBy(() -> allocator.free(inside)).isInstanceOf(InvalidFreeException.class);
        }
      }
      allocator.validate();
    }
  }

  @Test
  void aWriteToAFreedBlockIsFound() {
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      long[] holes = holes(allocator, 48, 48);
      Memory.putLong(holes[1], 0x1234_5678_9abcL);
      assertThatThrownBy(() -> allocator.malloc(10))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("after it was freed");
      assertThatThrownBy(allocator::validate).isInstanceOf(IllegalStateException.class);
    }
  }

  // ---- deferred frees --------------------------------------------------------------------------

  @Test
  void aBatchIsCarriedOutAtTheThreshold() {
    try (HeaderAllocator allocator =
        create(HeaderOptions.defaults().frees(Frees.AT_THRESHOLD, 4))) {
      long[] blocks = new long[4];
      allocator.mallocBatch(48, blocks, 0, 4);
      for (int i = 0; i < 3; i++) {
        allocator.free(blocks[i]);
        long block = blocks[i];
        assertThatThrownBy(() -> allocator.free(block)).isInstanceOf(InvalidFreeException.class);
      }
      assertThat(allocator.waiting()).isEqualTo(3);
      assertThat(allocator.malloc(48)).as("nothing is free yet").isGreaterThan(blocks[3]);
      allocator.free(blocks[3]);
      assertThat(allocator.waiting()).isZero();
      assertThat(allocator.malloc(48)).isBetween(blocks[0], blocks[3]);
      allocator.validate();
    }
  }

  @Test
  void whatWaitsIsCarriedOutBeforeMemoryIsOut() {
    try (HeaderAllocator allocator =
        create(HeaderOptions.defaults().frees(Frees.AT_THRESHOLD, Integer.MAX_VALUE))) {
      List<Long> blocks = fill(allocator, 1000);
      blocks.forEach(allocator::free);
      assertThat(allocator.waiting()).isEqualTo(blocks.size());
      assertThat(fill(allocator, 1000)).hasSameSizeAs(blocks);
      assertThat(allocator.waiting()).isZero();
      allocator.validate();
    }
  }

  @Test
  @Timeout(60)
  void theAgentCarriesOutWhatWaits() {
    try (HeaderAllocator allocator =
        create(HeaderOptions.defaults().frees(Frees.IN_BACKGROUND, 16))) {
      for (int round = 0; round < 20; round++) {
        List<Long> blocks = fill(allocator, 1000);
        blocks.forEach(allocator::free);
        while (allocator.waiting() > 0) {
          Thread.onSpinWait();
        }
        long whole = allocator.malloc(CAPACITY - 80);
        assertThat(whole).isNotZero();
        assertThat(allocator.stats().liveBlocks()).isEqualTo(1);
        allocator.validate();
        allocator.free(whole);
      }
    }
  }

  @Test
  @Timeout(60)
  void whatGoesWrongInTheBackgroundIsTold() {
    AtomicReference<Throwable> told = new AtomicReference<>();
    try (HeaderAllocator allocator =
        create(HeaderOptions.defaults().frees(Frees.IN_BACKGROUND, 16).errorHandler(told::set))) {
      long block = allocator.malloc(48);
      allocator.enter();
      try {
        allocator.free(block);
        Memory.putLong(block - 8, 0);
      } finally {
        allocator.leave();
      }
      while (told.get() == null) {
        Thread.onSpinWait();
      }
      assertThat(told.get())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("written over");
      assertThatThrownBy(allocator::validate).hasMessageContaining("written over");
    }
  }

  /** Threads that hand blocks on: each frees what the one before allocated. */
  @ParameterizedTest
  @EnumSource(
      value = Frees.class,
      names = {"AT_THRESHOLD", "IN_BACKGROUND"})
  void anyThreadFrees(Frees frees) throws InterruptedException, ExecutionException {
    int threads = 4;
    try (HeaderAllocator allocator =
            HeaderAllocator.create(16 << 20, HeaderOptions.defaults().frees(frees, 32));
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<AtomicReference<long[]>> boxes = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        boxes.add(new AtomicReference<>(new long[0]));
      }
      List<Future<Integer>> done = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int own = t;
        done.add(
            pool.submit(
                () -> handOn(allocator, boxes.get(own), boxes.get((own + 1) % threads), own)));
      }
      for (Future<Integer> each : done) {
        assertThat(each.get()).as("blocks whose contents changed").isZero();
      }
      for (AtomicReference<long[]> box : boxes) {
        allocator.freeBatch(box.get(), 0, box.get().length);
      }
      allocator.validate();
      assertThat(allocator.stats().liveBlocks()).isZero();
    }
  }

  private static int handOn(
      HeaderAllocator allocator,
      AtomicReference<long[]> from,
      AtomicReference<long[]> to,
      int thread) {
    int changed = 0;
    for (int round = 0; round < 2000; round++) {
      long[] blocks = new long[1 + round % 13];
      for (int i = 0; i < blocks.length; i++) {
        long size = 16 + ((round * 31L + i * 7L + thread) & 511);
        blocks[i] = allocator.malloc(size);
        Memory.putLong(blocks[i], ~blocks[i]);
        Memory.putLong(blocks[i] + size - 8, ~blocks[i]);
      }
      for (long block : to.getAndSet(blocks)) {
        changed += Memory.getLong(block) == ~block ? 0 : 1;
        allocator.free(block);
      }
      for (long block : from.getAndSet(new long[0])) {
        changed += Memory.getLong(block) == ~block ? 0 : 1;
        allocator.free(block);
      }
    }
    return changed;
  }

  /** Of two threads that free one block at the same moment exactly one is refused. */
  @Test
  @Timeout(60)
  void twoFreesOfABlockByTwoThreads() throws InterruptedException {
    try (HeaderAllocator allocator =
        HeaderAllocator.create(8 << 20, HeaderOptions.defaults().frees(Frees.AT_THRESHOLD, 64))) {
      long[] blocks = new long[50_000];
      assertThat(allocator.mallocBatch(100, blocks, 0, blocks.length)).isEqualTo(blocks.length);
      AtomicInteger refused = new AtomicInteger();
      AtomicInteger arrived = new AtomicInteger();
      Runnable freeAll =
          () -> {
            for (int i = 0; i < blocks.length; i++) {
              arrived.incrementAndGet();
              while (arrived.get() < 2 * i + 2) {
                Thread.onSpinWait();
              }
              try {
                allocator.free(blocks[i]);
              } catch (InvalidFreeException e) {
                refused.incrementAndGet();
              }
            }
          };
      Thread other = Thread.ofPlatform().start(freeAll);
      freeAll.run();
      other.join();
      assertThat(refused).hasValue(blocks.length);
      assertThat(allocator.stats().liveBlocks()).isZero();
      allocator.validate();
    }
  }

  // ---- commitment ------------------------------------------------------------------------------

  /** What is resident, lazily and eagerly: nothing against everything, before a byte is written. */
  @Test
  void residentSizeLazyAndEager() {
    Assumptions.assumeTrue(PosixVirtualMemory.available());
    long page = Region.osPageSize();
    long capacity = 16 << 20;
    try (Allocator lazy = HeaderAllocator.create(capacity, HeaderOptions.defaults());
        Allocator eager =
            HeaderAllocator.create(
                capacity, HeaderOptions.defaults().commitment(Region.Commitment.EAGER))) {
      System.out.printf(
          "resident of %,d bytes reserved: lazy %,d, eager %,d%n",
          capacity, lazy.stats().residentBytes(), eager.stats().residentBytes());
      assertThat(lazy.stats().residentBytes()).isZero();
      assertThat(eager.stats().residentBytes()).isEqualTo(capacity);
      long block = lazy.malloc(1 << 20);
      assertThat(lazy.stats().residentBytes()).as("its header").isEqualTo(page);
      Memory.fill(block, 1 << 20, (byte) 1);
      assertThat(lazy.stats().residentBytes()).isEqualTo((1 << 20) + page);
      Memory.fill(eager.malloc(1 << 20), 1 << 20, (byte) 1);
      assertThat(eager.stats().residentBytes()).isEqualTo(capacity);
      lazy.free(block);
      assertThat(lazy.stats().residentBytes()).isEqualTo((1 << 20) + page);
      assertThat(lazy.trim()).isEqualTo(1 << 20);
      assertThat(lazy.stats().residentBytes()).isEqualTo(page);
      lazy.validate();
      eager.validate();
    }
  }

  @Test
  void trimGivesBackPagesInsideOfFreeBlocks() {
    Assumptions.assumeTrue(PosixVirtualMemory.available());
    try (Allocator allocator = create(HeaderOptions.defaults())) {
      long[] blocks = new long[8];
      allocator.mallocBatch(100_000, blocks, 0, 8);
      for (long block : blocks) {
        Memory.fill(block, 100_000, (byte) 7);
      }
      long resident = allocator.stats().residentBytes();
      allocator.free(blocks[2]);
      allocator.free(blocks[3]);
      long given = allocator.trim();
      assertThat(given).isBetween(180_000L, 200_128L);
      assertThat(allocator.stats().residentBytes()).isEqualTo(resident - given);
      assertThat(allocator.trim()).isZero();
      allocator.validate();
      long again = allocator.calloc(150_000);
      assertThat(again).isEqualTo(blocks[2]);
      for (long at = 0; at < 150_000; at += 8) {
        assertThat(Memory.getLong(again + at)).isZero();
      }
      assertThat(Memory.getByte(blocks[4])).isEqualTo((byte) 7);
    }
  }
}
