// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryTest {

  private final Arena arena = Arena.ofShared();
  private final long address = arena.allocate(1024, 64).address();

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void bytesAndWords() {
    Memory.putByte(address, (byte) -3);
    assertEquals(-3, Memory.getByte(address));
    Memory.putLong(address + 3, 0x0123456789abcdefL);
    assertEquals(0x0123456789abcdefL, Memory.getLong(address + 3));
    Memory.putLong(address + 8, 5);
    assertEquals(5, Memory.getLongAcquire(address + 8));
    assertFalse(Memory.casLong(address + 8, 4, 9));
    assertEquals(5, Memory.getLong(address + 8));
    assertTrue(Memory.casLong(address + 8, 5, 9));
    assertEquals(9, Memory.getAndOrLong(address + 8, 6));
    assertEquals(15, Memory.getAndAndLong(address + 8, ~8L));
    assertEquals(7, Memory.getLong(address + 8));
  }

  /** Up to a multiple of 16 bytes, and nothing before or behind it. */
  @Test
  void clearZeroesPairsOfWords() {
    for (int length : new int[] {0, 1, 15, 16, 17, 255, 256, 257, 400}) {
      Memory.fill(address, 512, (byte) 7);
      Memory.clear(address + 32, length);
      int cleared = length > 256 ? length : (length + 15) / 16 * 16;
      for (int i = 0; i < 512; i++) {
        int expected = i >= 32 && i < 32 + cleared ? 0 : 7;
        assertEquals(expected, Memory.getByte(address + i), "of " + length + " at " + i);
      }
    }
  }

  /** Every value at every place in a word, with neighbours of every kind. */
  @Test
  void casByteChangesItsByteAlone() {
    for (int place = 0; place < 8; place++) {
      for (long background : new long[] {0, -1, 0x8000_7fff_80ff_7f00L}) {
        for (int value = 0; value < 256; value++) {
          Memory.putLong(address, background);
          byte before = Memory.getByte(address + place);
          assertFalse(Memory.casByte(address + place, (byte) (before + 1), (byte) value));
          assertEquals(background, Memory.getLong(address));
          assertTrue(Memory.casByte(address + place, before, (byte) value));
          assertEquals((byte) value, Memory.getByte(address + place));
          Memory.putByte(address + place, before);
          assertEquals(background, Memory.getLong(address));
        }
      }
    }
  }

  /** Threads that each count in a byte of the same word do not lose each other's counts. */
  @Test
  void casByteBesideOthersLosesNothing() throws InterruptedException, ExecutionException {
    int rounds = 100_000;
    Future<?>[] counting = new Future<?>[4];
    try (ExecutorService threads = Executors.newFixedThreadPool(counting.length)) {
      for (int place = 0; place < counting.length; place++) {
        long at = address + place;
        counting[place] =
            threads.submit(
                () -> {
                  for (int i = 0; i < rounds; i++) {
                    if (!Memory.casByte(at, (byte) i, (byte) (i + 1))) {
                      throw new AssertionError("lost at " + i);
                    }
                  }
                });
      }
      for (Future<?> each : counting) {
        each.get();
      }
    }
    for (int place = 0; place < counting.length; place++) {
      assertEquals((byte) rounds, Memory.getByte(address + place));
    }
  }

  /** Of threads that race for the same byte, one wins each round. */
  @Test
  void casByteHasOneWinner() throws InterruptedException, ExecutionException {
    int rounds = 50_000;
    AtomicInteger wins = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Runnable race =
          () -> {
            int won = 0;
            for (int i = 0; i < rounds; i++) {
              won += Memory.casByte(address, (byte) i, (byte) (i + 1)) ? 1 : 0;
            }
            wins.addAndGet(won);
          };
      Future<?> first = threads.submit(race);
      Future<?> second = threads.submit(race);
      first.get();
      second.get();
    }
    // The byte's value counts all that was won, whoever won it.
    assertEquals((byte) wins.get(), Memory.getByte(address));
  }

  @Test
  void fillAndCopy() {
    Memory.fill(address, 100, (byte) 7);
    assertEquals(7, Memory.getByte(address + 99));
    assertEquals(0, Memory.getByte(address + 100));
    for (int i = 0; i < 50; i++) {
      Memory.putByte(address + i, (byte) i);
    }
    Memory.copy(address, address + 10, 40);
    for (int i = 0; i < 40; i++) {
      assertEquals(i, Memory.getByte(address + 10 + i));
    }
    Memory.copy(address + 10, address, 40);
    for (int i = 0; i < 40; i++) {
      assertEquals(i, Memory.getByte(address + i));
    }
  }

  @Test
  void basesArePackedWithoutLoss() {
    for (long base : new long[] {0, 1L << 16, 0x7fff_0000L, 0x8000_0000L, 0xffff_ffff_0000L}) {
      assertEquals(base, Memory.base(Memory.packBase(base)));
    }
    for (long base : new long[] {1, 8, 1L << 15, 1L << 48, -1L << 16}) {
      assertThrows(IllegalArgumentException.class, () -> Memory.packBase(base));
    }
  }
}
