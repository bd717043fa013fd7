// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;
import io.ashlar.memory.Padding;
import io.ashlar.region.Region;
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
          assertEquals(100L * sizeClass + i, Magazines.top(record, sizeClass, tally));
          Magazines.pop(record, sizeClass, tally);
        }
        long tally = Magazines.tally(record, sizeClass);
        assertEquals(0, Magazines.top(record, sizeClass, tally));
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
}
