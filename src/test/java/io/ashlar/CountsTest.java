// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.classic.Baseline;
import io.ashlar.frame.BumpFrameAllocator;
import io.ashlar.memory.Counts;
import io.ashlar.memory.Counts.Event;
import io.ashlar.memory.Memory;
import io.ashlar.memory.SpinLock;
import io.ashlar.slab.FreeBatch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Each event is counted where it happens: known steps, in a JVM that counts and in one that not.
 */
class CountsTest {

  private static final int CHAINS = 2;
  private static final int BATCHES = CHAINS * FreeBatch.CHAIN;
  private static final int BATCH_BLOCKS = 64;
  private static final int BLOCK_BYTES = 64;
  private static final int PAIRS = 10_000;

  /** What the child counted, by step; without what was 0. */
  private static Map<String, Map<Event, Long>> counted;

  @BeforeAll
  static void countInChild() throws IOException, InterruptedException {
    counted = new LinkedHashMap<>();
    for (String line : ChildJvm.run(Steps.class, "-Dashlar.counts=true").lines().toList()) {
      String[] words = line.split(" ", -1);
      Map<Event, Long> counts = new EnumMap<>(Event.class);
      for (int i = 1; i < words.length; i += 2) {
        counts.put(Event.valueOf(words[i]), Long.valueOf(words[i + 1]));
      }
      counted.put(words[0], counts);
    }
  }

  @Test
  void locks() {
    assertThat(counted.get("locks"))
        .isEqualTo(Map.of(Event.LOCK, 2L, Event.LOCK_FAILED, 1L, Event.LOCK_WRITE, 4L));
  }

  @Test
  void atomicOperations() {
    assertThat(counted.get("atomics"))
        .isEqualTo(Map.of(Event.CAS, 6L, Event.CAS_FAILED, 1L, Event.ATOMIC_WRITE, 6L));
  }

  @Test
  void eachCallOfTheBaseline() {
    long pairs = PAIRS;
    assertThat(counted.get("baseline"))
        .isEqualTo(
            Map.of(
                Event.LOCK, 2 * pairs, Event.LOCK_WRITE, 4 * pairs, Event.BOOK_WRITE, 5 * pairs));
  }

  /** The thread's own, and nobody else's: that no step is shared is what the design is for. */
  @Test
  void nothingWhereAThreadUsesItsOwn() {
    assertThat(counted.get("local")).isEmpty();
  }

  /** Whole batches go home, and no lock is taken but the registry's, once for a new thread. */
  @Test
  void eachChainSentHome() {
    Map<Event, Long> remote = new EnumMap<>(counted.get("remote"));
    long batches = BATCHES;
    // States of 64 blocks to a line, written before by the thread that allocated the blocks.
    assertThat(remote.remove(Event.STATE_WRITE)).isBetween(batches, batches + 3);
    assertThat(remote)
        .isEqualTo(
            Map.of(
                Event.LOCK,
                1L,
                Event.LOCK_WRITE,
                2L,
                Event.BATCH,
                batches,
                Event.BLOCK,
                batches * BATCH_BLOCKS,
                Event.OFFER,
                (long) CHAINS,
                Event.QUEUE_WRITE,
                2L * CHAINS,
                Event.BATCH_WRITE,
                batches * (1 + BATCH_BLOCKS / 8)));
  }

  @Test
  void eachChainReceived() {
    assertThat(counted.get("received"))
        .containsEntry(Event.POLL, (long) CHAINS)
        .containsKeys(Event.LOCK, Event.BOOK_WRITE, Event.OFFER)
        .doesNotContainKeys(Event.BATCH, Event.BLOCK, Event.LOCK_FAILED);
  }

  @Test
  void nothingWhenOff() throws InterruptedException {
    assertThat(Counts.ON).isFalse();
    assertThat(Steps.all().values()).hasSameSizeAs(counted.values()).allMatch(Map::isEmpty);
  }

  /** What the child runs; by itself, since the child has no library of tests. */
  static final class Steps {

    private final Map<String, Map<Event, Long>> counts = new LinkedHashMap<>();
    private Map<Event, Long> before = Counts.sums();

    private Steps() {}

    /** Prints a line for each step. */
    public static void main(String[] arguments) throws InterruptedException {
      all()
          .forEach(
              (name, counts) -> {
                StringBuilder line = new StringBuilder(name);
                counts.forEach((event, count) -> line.append(" " + event.name() + " " + count));
                System.out.println(line);
              });
    }

    static Map<String, Map<Event, Long>> all() throws InterruptedException {
      Steps steps = new Steps();
      steps.locksAndAtomics();
      steps.baseline();
      steps.ashlar();
      return steps.counts;
    }

    private void begin() {
      before = Counts.sums();
    }

    private void end(String name) {
      Map<Event, Long> after = Counts.sums();
      before.forEach((event, count) -> after.merge(event, -count, Long::sum));
      after.values().removeIf(count -> count == 0);
      counts.put(name, after);
    }

    private void locksAndAtomics() {
      begin();
      SpinLock lock = new SpinLock();
      lock.lock();
      lock.tryLock();
      lock.unlock();
      lock.tryLock();
      lock.unlock();
      end("locks");

      try (Arena arena = Arena.ofConfined()) {
        long word = arena.allocate(Long.BYTES, Long.BYTES).address();
        BumpFrameAllocator frames = new BumpFrameAllocator(2);
        begin();
        Memory.casLong(word, 0, 1);
        Memory.casLong(word, 0, 2);
        Memory.getAndOrLong(word, 2);
        Memory.casByte(word, (byte) 3, (byte) 4);
        frames.free(frames.allocate(1, 1), 1);
        end("atomics");
      }
    }

    private void baseline() {
      try (Allocator allocator = Baseline.create()) {
        allocator.free(allocator.malloc(BLOCK_BYTES)); // cuts a frame
        begin();
        pairs(allocator);
        end("baseline");
      }
    }

    private void ashlar() throws InterruptedException {
      try (Allocator allocator = Ashlar.builder().shards(2).build()) {
        allocator.free(allocator.malloc(BLOCK_BYTES)); // makes a slab
        begin();
        pairs(allocator);
        end("local");

        // A batch and a block more, so that the last of the chains has to make room.
        long[] blocks = new long[(BATCHES + 1) * BATCH_BLOCKS + 1];
        Arrays.setAll(blocks, i -> allocator.malloc(BLOCK_BYTES));
        Thread other = new Thread(() -> Arrays.stream(blocks).forEach(allocator::free));
        begin();
        other.start();
        other.join();
        end("remote");

        begin();
        Arrays.setAll(blocks, i -> allocator.malloc(BLOCK_BYTES));
        end("received");
      }
    }

    private static void pairs(Allocator allocator) {
      for (int i = 0; i < PAIRS; i++) {
        allocator.free(allocator.malloc(BLOCK_BYTES));
      }
    }
  }
}
