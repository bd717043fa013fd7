// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mappings by raw address. */
class PosixVirtualMemoryTest {

  private static final long PAGE = Region.osPageSize();
  private static final long MIB = 1L << 20;

  @BeforeAll
  static void needsPosix() {
    assumeTrue(PosixVirtualMemory.available(), "a system with mmap");
  }

  @SuppressWarnings("restricted") // the mapping is the test's own
  private static MemorySegment at(long address, long byteSize) {
    return MemorySegment.ofAddress(address).reinterpret(byteSize);
  }

  /** Writes to each word what tells its place. */
  private static void writeWords(MemorySegment words) {
    for (long i = 0; i < words.byteSize(); i += Long.BYTES) {
      words.set(ValueLayout.JAVA_LONG, i, i + 1);
    }
  }

  private static void assertWords(MemorySegment words) {
    for (long i = 0; i < words.byteSize(); i += Long.BYTES) {
      assertEquals(i + 1, words.get(ValueLayout.JAVA_LONG, i));
    }
  }

  private static void assertZero(MemorySegment bytes) {
    assertEquals(-1, bytes.mismatch(MemorySegment.ofArray(new byte[(int) bytes.byteSize()])));
  }

  @Test
  void mapsZeroedWritablePages() {
    long address = PosixVirtualMemory.map(3 * PAGE + 1);
    assertNotEquals(0, address);
    assertEquals(0, address % PAGE);
    assertZero(at(address, 4 * PAGE));
    writeWords(at(address, 4 * PAGE));
    assertWords(at(address, 4 * PAGE));
    PosixVirtualMemory.unmap(address, 3 * PAGE + 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 16, 1L << 21, 1L << 25})
  void alignsMappings(long byteAlignment) {
    long[] addresses = new long[5];
    for (int i = 0; i < addresses.length; i++) {
      addresses[i] = PosixVirtualMemory.mapAligned((i + 1) * PAGE, byteAlignment);
      assertNotEquals(0, addresses[i]);
      assertEquals(0, addresses[i] % byteAlignment);
      writeWords(at(addresses[i], (i + 1) * PAGE));
    }
    for (int i = 0; i < addresses.length; i++) {
      assertWords(at(addresses[i], (i + 1) * PAGE));
      PosixVirtualMemory.unmap(addresses[i], (i + 1) * PAGE);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void remapKeepsContentsUpAndDown() {
    long address = PosixVirtualMemory.map(MIB);
    writeWords(at(address, MIB));
    long grown = PosixVirtualMemory.remap(address, MIB, 16 * MIB);
    assertNotEquals(0, grown);
    assertWords(at(grown, MIB));
    assertZero(at(grown + MIB, 15 * MIB));
    at(grown + MIB, 15 * MIB).fill((byte) 1);
    long shrunk = PosixVirtualMemory.remap(grown, 16 * MIB, 2 * PAGE);
    assertEquals(grown, shrunk, "shrinks where it is");
    assertWords(at(shrunk, 2 * PAGE));
    long again = PosixVirtualMemory.remap(shrunk, 2 * PAGE, MIB);
    assertWords(at(again, 2 * PAGE));
    assertZero(at(again + 2 * PAGE, MIB - 2 * PAGE));
    PosixVirtualMemory.unmap(again, MIB);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void remapWithinThePagesStays() {
    long address = PosixVirtualMemory.map(PAGE + 1);
    assertEquals(address, PosixVirtualMemory.remap(address, PAGE + 1, 2 * PAGE));
    PosixVirtualMemory.unmap(address, 2 * PAGE);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void remapThatCannotBeChangesNothing() {
    long address = PosixVirtualMemory.map(PAGE);
    writeWords(at(address, PAGE));
    assertEquals(0, PosixVirtualMemory.remap(address, PAGE, 1L << 60));
    assertEquals(0, PosixVirtualMemory.remap(address, PAGE, Long.MAX_VALUE));
    assertWords(at(address, PAGE));
    PosixVirtualMemory.unmap(address, PAGE);
  }

  @Test
  void outOfMemoryIsZero() {
    assertEquals(0, PosixVirtualMemory.map(1L << 60));
    assertEquals(0, PosixVirtualMemory.map(Long.MAX_VALUE));
    assertEquals(0, PosixVirtualMemory.mapAligned(1L << 60, 1L << 21));
    assertEquals(0, PosixVirtualMemory.mapAligned(PAGE, 1L << 62));
  }

  @Test
  void badArgumentsAreRefused() {
    for (long size : new long[] {0, -1, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> PosixVirtualMemory.map(size));
      assertThrows(IllegalArgumentException.class, () -> PosixVirtualMemory.mapAligned(size, PAGE));
      assertThrows(IllegalArgumentException.class, () -> PosixVirtualMemory.unmap(PAGE, size));
      assertThrows(IllegalArgumentException.class, () -> PosixVirtualMemory.remap(PAGE, size, 1));
      assertThrows(IllegalArgumentException.class, () -> PosixVirtualMemory.remap(PAGE, 1, size));
    }
    for (long alignment : new long[] {0, 8, PAGE + 1, -PAGE}) {
      assertThrows(
          IllegalArgumentException.class, () -> PosixVirtualMemory.mapAligned(PAGE, alignment));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void remapOfAnAddressWithinAPageIsRefused() {
    long address = PosixVirtualMemory.map(2 * PAGE);
    SystemCallException e =
        assertThrows(
            SystemCallException.class, () -> PosixVirtualMemory.remap(address + 8, PAGE, 3 * PAGE));
    assertEquals("mremap", e.call());
    assertEquals("EINVAL", e.errnoName());
    PosixVirtualMemory.unmap(address, 2 * PAGE);
  }

  /** An address within a page is one thing that the kernel itself refuses. */
  @Test
  void refusalNamesCallErrorAndRequest() {
    SystemCallException e =
        assertThrows(SystemCallException.class, () -> PosixVirtualMemory.unmap(PAGE + 1, PAGE));
    assertEquals("munmap", e.call());
    assertEquals("EINVAL", e.errnoName());
    assertEquals(22, e.errno());
    assertTrue(e.getMessage().contains("0x" + Long.toHexString(PAGE + 1)), e.getMessage());
  }
}
