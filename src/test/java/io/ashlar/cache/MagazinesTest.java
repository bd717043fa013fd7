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
    try (Metadata metadata = new Metadata(2 * RECORD, false)) {
      long address = metadata.allocate(2 * RECORD);
      Memory.fill(address, 2 * RECORD, (byte) 0x5a);
      Magazines magazines = new Magazines(address);
      for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
        while (magazines.grow(sizeClass)) {
          assertTrue(magazines.capacity(sizeClass) <= Magazines.maxRounds(sizeClass));
        }
        while (magazines.push(sizeClass, -1)) {
          assertTrue(magazines.count(sizeClass) <= magazines.capacity(sizeClass));
        }
        assertEquals(Magazines.maxRounds(sizeClass), magazines.count(sizeClass));
      }
      for (long at = RECORD - Padding.BYTES; at < 2 * RECORD; at++) {
        assertEquals(0x5a, Memory.getByte(address + at));
      }
      assertEquals(address, magazines.address());
    }
  }

  /** Bytes that a thread keeps in a magazine are bounded, as the documentation of Ashlar says. */
  @Test
  void roundsAreBoundedByBytes() {
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      int rounds = Magazines.maxRounds(sizeClass);
      int bytes = SizeClasses.blockBytes(sizeClass);
      assertTrue(bytes > 8 << 10 ? rounds == 8 : rounds * bytes <= 64 << 10);
      assertTrue(rounds >= 8);
    }
  }

  /** Last in, first out, in every class, beside each other; and what is counted meanwhile. */
  @Test
  void magazinesAreStacks() {
    try (Metadata metadata = new Metadata(RECORD, false)) {
      Magazines magazines = new Magazines(metadata.allocate(RECORD));
      for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
        assertFalse(magazines.push(sizeClass, 1), "no room at first");
        magazines.grow(sizeClass);
        for (long i = 0; i < 8; i++) {
          assertTrue(magazines.push(sizeClass, 100L * sizeClass + i));
        }
      }
      for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
        magazines.unload(sizeClass, 3); // the oldest
        for (long i = 7; i >= 3; i--) {
          assertEquals(100L * sizeClass + i, magazines.pop(sizeClass, magazines.tally(sizeClass)));
        }
        assertEquals(0, magazines.count(sizeClass));
        assertEquals(5, magazines.allocations(sizeClass));
        assertEquals(8, magazines.frees(sizeClass));
        assertFalse(magazines.isIdle(sizeClass));
        assertTrue(magazines.isIdle(sizeClass));
        magazines.shrink(sizeClass);
        assertEquals(4, magazines.capacity(sizeClass));
      }
    }
  }
}
