// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.memory.Padding;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.SizeClasses;
import org.junit.jupiter.api.Test;

class MagazinesTest {

  private static final long THREAD = 77;
  private static final int HOME_KEY = 0x1234;

  private final Magazines magazines = Magazines.ofClasses(THREAD, HOME_KEY);

  /**
   * Magazines full to the brim do not meet; and what is written of a record, which its thread alone
   * writes, is at least {@link Padding#BYTES} away from what lies beside it.
   */
  @Test
  void magazinesAndRecordsAreApart() {
    long[] record = magazines.record();
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      while (magazines.grow(sizeClass)) {
        assertTrue(magazines.capacity(sizeClass) <= Magazines.maxRounds(sizeClass));
      }
      while (push(sizeClass, 1000 + sizeClass)) {
        assertTrue(magazines.count(sizeClass) <= magazines.capacity(sizeClass));
      }
      assertEquals(Magazines.maxRounds(sizeClass), magazines.count(sizeClass));
      int remote = Magazines.remote(sizeClass);
      while (push(remote, 1000 + remote)) {
        assertTrue(magazines.count(remote) <= magazines.capacity(remote));
      }
      assertEquals(Magazines.maxRemoteRounds(sizeClass), magazines.count(remote));
    }
    assertEquals(THREAD, Magazines.threadId(record));
    assertEquals(HOME_KEY, Magazines.homeKey(record));
    for (int i = 0; i < Padding.BYTES / Long.BYTES; i++) {
      assertEquals(0, record[i]);
      assertEquals(0, record[record.length - 1 - i]);
    }
    for (int number = 1; number < 2 * SizeClasses.BOUND; number++) {
      for (int n = magazines.count(number); n > 0; n--) {
        long tally = Magazines.tally(record, number);
        assertEquals(1000 + number, Magazines.top(record, tally));
        Magazines.pop(record, number, tally);
      }
      assertEquals(0, magazines.newest(number));
    }
  }

  private boolean push(int number, long block) {
    boolean hasRoom = magazines.hasRoom(number);
    if (hasRoom) {
      magazines.push(number, block);
    }
    return hasRoom;
  }

  /** Bytes that a thread keeps in a magazine are bounded, as the documentation of Ashlar says. */
  @Test
  void roundsAreBoundedByBytes() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      int rounds = Magazines.maxRounds(sizeClass);
      int bytes = SizeClasses.blockBytes(sizeClass);
      assertTrue(bytes > 16 << 10 ? rounds == 8 : rounds * bytes <= 128 << 10);
      assertTrue(rounds >= 8);
      int remote = Magazines.maxRemoteRounds(sizeClass);
      assertTrue(bytes > 8 << 10 ? remote == 4 : remote * bytes <= 32 << 10);
      assertTrue(remote >= 4 && remote <= FreeBatch.CAPACITY, "all fit a batch");
    }
  }

  /** Last in, first out, in every class, beside each other; and what is counted meanwhile. */
  @Test
  void magazinesAreStacks() {
    long[] record = magazines.record();
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      assertFalse(push(sizeClass, 1), "no room at first");
      magazines.grow(sizeClass);
      for (long i = 0; i < 8; i++) {
        assertTrue(push(sizeClass, 100L * sizeClass + i));
      }
    }
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      magazines.unload(sizeClass, 3); // the oldest
      for (long i = 7; i >= 3; i--) {
        long tally = Magazines.tally(record, sizeClass);
        assertEquals(100L * sizeClass + i, Magazines.top(record, tally));
        Magazines.pop(record, sizeClass, tally);
      }
      assertEquals(0, magazines.newest(sizeClass));
      assertEquals(0, magazines.count(sizeClass));
      assertEquals(5, magazines.allocations(sizeClass));
      assertEquals(8, magazines.frees(sizeClass));
      assertFalse(magazines.isIdle(sizeClass, magazines.allocations(sizeClass)));
      assertTrue(magazines.isIdle(sizeClass, magazines.allocations(sizeClass)));
    }
  }

  /** Room that was given up is not used; what had the place of its end is, once it is back. */
  @Test
  void roomShrinksAndGrows() {
    int sizeClass = 9;
    while (magazines.grow(sizeClass)) {}
    int most = magazines.capacity(sizeClass);
    for (int capacity = most / 2; capacity > 0; capacity /= 2) {
      magazines.shrink(sizeClass);
      assertEquals(capacity, magazines.capacity(sizeClass));
    }
    magazines.shrink(sizeClass);
    assertFalse(push(sizeClass, 1));
    for (int rounds = 0; ; ) {
      boolean grown = magazines.grow(sizeClass);
      while (push(sizeClass, 100 + rounds)) {
        rounds++;
      }
      assertEquals(magazines.capacity(sizeClass), rounds);
      if (!grown) {
        assertEquals(most, rounds);
        break;
      }
    }
    assertEquals(100 + most - 1, magazines.newest(sizeClass));
  }

  /** Frees are counted when a block comes to the thread, not when it moves or leaves. */
  @Test
  void remoteMagazinesCountFrees() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      int remote = Magazines.remote(sizeClass);
      int n = Magazines.maxRemoteRounds(sizeClass);
      for (long i = 0; i < n; i++) {
        assertTrue(magazines.hasRoom(remote));
        if (i % 3 == 2) {
          magazines.receive(remote, 100L * sizeClass + i);
        } else {
          assertTrue(push(remote, 100L * sizeClass + i));
        }
      }
      assertFalse(magazines.hasRoom(remote));
      assertFalse(push(remote, 1));
      for (int i = 0; i < n; i++) {
        assertEquals(100L * sizeClass + i, magazines.record()[magazines.rounds(remote) + i]);
      }
      int frees = n - n / 3;
      assertEquals(frees, magazines.frees(remote));
      magazines.loaded(remote, -n);
      assertEquals(frees, magazines.frees(remote));
      assertEquals(0, magazines.count(remote));
      assertEquals(0, magazines.frees(sizeClass));
    }
  }
}
