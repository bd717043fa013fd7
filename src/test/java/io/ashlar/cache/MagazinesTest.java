// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;
import io.ashlar.memory.Padding;
import io.ashlar.region.Region;
import io.ashlar.slab.FreeBatch;
import io.ashlar.slab.SizeClasses;
import org.junit.jupiter.api.Test;

class MagazinesTest {

  private static final long RECORD = Magazines.recordBytes(Region.osPageSize());

  /**
   * A record is written by its thread alone: what it uses ends at least {@link Padding#BYTES}
   * before the next begins.
   */
  @Test
  void recordsAreApart() {
    try (Metadata metadata = new Metadata(Metadata.footprint(2 * RECORD), false)) {
      long address = metadata.allocate(2 * RECORD);
      Memory.fill(address, 2 * RECORD, (byte) 0x5a);
      int record = Magazines.create(address);
      for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
        while (Magazines.grow(record, sizeClass)) {
          assertTrue(Magazines.capacity(record, sizeClass) <= Magazines.maxRounds(sizeClass));
        }
        while (Magazines.push(record, sizeClass, -1)) {
          assertTrue(Magazines.count(record, sizeClass) <= Magazines.capacity(record, sizeClass));
        }
        assertEquals(Magazines.maxRounds(sizeClass), Magazines.count(record, sizeClass));
        int remote = Magazines.remote(sizeClass);
        while (Magazines.push(record, remote, -1)) {
          assertTrue(Magazines.count(record, remote) <= Magazines.capacity(record, remote));
        }
        assertEquals(Magazines.maxRemoteRounds(sizeClass), Magazines.count(record, remote));
      }
      for (long at = RECORD - Padding.BYTES; at < 2 * RECORD; at++) {
        assertEquals(0x5a, Memory.getByte(address + at));
      }
      assertEquals(address, Magazines.address(record));
    }
  }

  /** Bytes that a thread keeps in a magazine are bounded, as the documentation of Ashlar says. */
  @Test
  void roundsAreBoundedByBytes() {
    for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
      int rounds = Magazines.maxRounds(sizeClass);
      int bytes = SizeClasses.blockBytes(sizeClass);
      assertTrue(bytes > 8 << 10 ? rounds == 8 : rounds * bytes <= 64 << 10);
      assertTrue(rounds >= 8);
      int remote = Magazines.maxRemoteRounds(sizeClass);
      assertTrue(remote == 1 || remote * bytes <= 8 << 10);
      assertTrue(remote >= 1 && remote <= FreeBatch.CAPACITY, "all fit a batch");
    }
  }

  /** Last in, first out, in every class, beside each other; and what is counted meanwhile. */
  @Test
  void magazinesAreStacks() {
    try (Metadata metadata = new Metadata(Metadata.footprint(RECORD), false)) {
      int record = Magazines.create(metadata.allocate(RECORD));
      for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
        assertFalse(Magazines.push(record, sizeClass, 1), "no room at first");
        Magazines.grow(record, sizeClass);
        for (long i = 0; i < 8; i++) {
          assertTrue(Magazines.push(record, sizeClass, 100L * sizeClass + i));
        }
      }
      for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
        Magazines.unload(record, sizeClass, 3); // the oldest
        for (long i = 7; i >= 3; i--) {
          long tally = Magazines.tally(record, sizeClass);
          assertEquals(100L * sizeClass + i, Magazines.top(record, tally));
          Magazines.pop(record, sizeClass, tally);
        }
        long tally = Magazines.tally(record, sizeClass);
        assertEquals(0, Magazines.top(record, tally));
        assertEquals(0, Magazines.count(record, sizeClass));
        assertEquals(5, Magazines.allocations(record, sizeClass));
        assertEquals(8, Magazines.frees(record, sizeClass));
        assertFalse(Magazines.isIdle(record, sizeClass));
        assertTrue(Magazines.isIdle(record, sizeClass));
        Magazines.shrink(record, sizeClass);
        assertEquals(4, Magazines.capacity(record, sizeClass));
      }
    }
  }

  /** Frees are counted when a block comes to the thread, not when it moves or leaves. */
  @Test
  void remoteMagazinesCountFrees() {
    try (Metadata metadata = new Metadata(Metadata.footprint(RECORD), false)) {
      int record = Magazines.create(metadata.allocate(RECORD));
      for (int sizeClass = 1; sizeClass < SizeClasses.BOUND; sizeClass++) {
        int remote = Magazines.remote(sizeClass);
        int n = Magazines.maxRemoteRounds(sizeClass);
        for (long i = 0; i < n; i++) {
          assertTrue(Magazines.hasRoom(record, remote));
          if (i % 3 == 2) {
            Magazines.receive(record, remote, 100L * sizeClass + i);
          } else {
            assertTrue(Magazines.push(record, remote, 100L * sizeClass + i));
          }
        }
        assertFalse(Magazines.hasRoom(record, remote));
        assertFalse(Magazines.push(record, remote, 1));
        for (long i = 0; i < n; i++) {
          long round = Magazines.rounds(record, remote) + 8 * i;
          assertEquals(100L * sizeClass + i, Memory.getLong(round));
        }
        int frees = n - n / 3;
        assertEquals(frees, Magazines.frees(record, remote));
        Magazines.loaded(record, remote, -n);
        assertEquals(frees, Magazines.frees(record, remote));
        assertEquals(0, Magazines.count(record, remote));
        assertEquals(0, Magazines.frees(record, sizeClass));
      }
    }
  }
}
