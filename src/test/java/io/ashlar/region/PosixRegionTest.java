// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.NativeCalls;
import io.ashlar.region.Region.Commitment;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The mapped region: the contract, what becomes resident when, and what lies beside it. */
class PosixRegionTest extends RegionContract {

  private static final long LARGE = 64L << 30;

  @BeforeAll
  static void needsPosix() {
    assumeTrue(PosixVirtualMemory.available(), "a system with mmap");
  }

  @Override
  Region reserve(long byteSize, long byteAlignment, Commitment commitment) {
    return Region.reserve(byteSize, byteAlignment, commitment);
  }

  /** A lazy region of which a touched page makes one page resident, whatever the system's habit. */
  private static Region reserveSmallPages(long byteSize) {
    Region region = Region.reserve(byteSize, PAGE, Commitment.LAZY);
    region.adviseHugePages(false);
    return region;
  }

  @Test
  void isMappedWhereThereIsMmap() {
    try (Region region = reserve()) {
      assertInstanceOf(PosixRegion.class, region);
      assertTrue(region.decommits());
    }
  }

  @Test
  void largeLazyRegionCostsNothingUntilTouched() {
    try (Region region = reserveSmallPages(LARGE)) {
      assertEquals(LARGE, region.byteSize());
      assertEquals(0, region.residentBytes(0, LARGE));
      // First and last page, and both sides of the seams between the slices mincore is asked in.
      long seam = PAGE << 16;
      for (long offset : new long[] {0, seam - PAGE, seam, LARGE - PAGE}) {
        region.segment().set(ValueLayout.JAVA_BYTE, offset, (byte) 1);
      }
      assertEquals(4 * PAGE, region.residentBytes(0, LARGE));
      assertEquals(2 * PAGE, region.residentBytes(seam - PAGE, 2 * PAGE));
      assertEquals(2 * PAGE, region.residentBytes(PAGE, LARGE - 2 * PAGE));
      region.decommit(0, LARGE);
      assertEquals(0, region.residentBytes(0, LARGE));
    }
  }

  @Test
  void eachTouchedPageIsCounted() {
    long pages = 100;
    try (Region region = reserveSmallPages(pages * PAGE)) {
      for (long page = 0; page < pages; page++) {
        assertEquals(page * PAGE, region.residentBytes(0, pages * PAGE));
        region.segment().set(ValueLayout.JAVA_BYTE, page * PAGE + page, (byte) 1);
        assertEquals(PAGE, region.residentBytes(page * PAGE, PAGE));
      }
      // Every length and every start: the vector's last word is filled in part.
      for (long page = 0; page < pages; page++) {
        assertEquals(page * PAGE, region.residentBytes(0, page * PAGE));
        assertEquals(
            (pages - page) * PAGE, region.residentBytes(page * PAGE, (pages - page) * PAGE));
      }
    }
  }

  @Test
  void decommittedPagesAreNotResident() {
    try (Region region = reserveSmallPages(SIZE)) {
      fill(region, 0, SIZE);
      assertEquals(SIZE, region.residentBytes(0, SIZE));
      region.decommit(3 * PAGE, 5 * PAGE);
      assertEquals(0, region.residentBytes(3 * PAGE, 5 * PAGE));
      assertEquals(SIZE - 5 * PAGE, region.residentBytes(0, SIZE));
      fill(region, 4 * PAGE, PAGE);
      assertEquals(PAGE, region.residentBytes(3 * PAGE, 5 * PAGE));
    }
  }

  @Test
  void populateMakesOnlyItsRangeResident() {
    try (Region region = reserveSmallPages(SIZE)) {
      region.populate(2 * PAGE, 7 * PAGE);
      assertEquals(7 * PAGE, region.residentBytes(0, SIZE));
    }
  }

  /** What populate does where the kernel has no call for it. */
  @Test
  void touchMakesResidentAndKeepsContents() {
    try (Region region = reserveSmallPages(SIZE)) {
      fill(region, PAGE, PAGE);
      PosixRegion.touch(region.segment().asSlice(0, 9 * PAGE));
      assertEquals(9 * PAGE, region.residentBytes(0, SIZE));
      assertTrue(isAll(0, region, 0, PAGE));
      assertTrue(isAll(0x5a, region, PAGE, PAGE));
    }
  }

  @Test
  void eagerBeyondAllMemoryIsRefusedAtOnce() throws IOException {
    Path policy = Path.of("/proc/sys/vm/overcommit_memory");
    assumeTrue(
        Files.exists(policy) && !Files.readString(policy).startsWith("1"),
        "a kernel that accounts for memory");
    long size = 1L << 46; // within the address space, beyond what machines have
    SystemCallException e =
        assertThrows(SystemCallException.class, () -> Region.reserve(size, PAGE, Commitment.EAGER));
    assertEquals("ENOMEM", e.errnoName());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void guardPagesLieOnBothSides() throws IOException {
    for (long alignment : new long[] {PAGE, 2L << 20, 32L << 20}) {
      try (Region region = reserve(SIZE, alignment, Commitment.LAZY)) {
        long start = region.address();
        long end = start + region.byteSize();
        List<Mapping> mappings = Mapping.all();
        assertEquals("---p", Mapping.at(start - 1, mappings).permissions());
        assertEquals("---p", Mapping.at(start - PAGE, mappings).permissions());
        assertEquals(new Mapping(start, end, "rw-p"), Mapping.at(start, mappings));
        assertEquals("---p", Mapping.at(end, mappings).permissions());
        assertEquals("---p", Mapping.at(end + PAGE - 1, mappings).permissions());
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void closeUnmapsTheGuardPagesToo() throws IOException {
    // Of no size that something else would map meanwhile.
    long size = 1L << 40;
    long start;
    try (Region region = reserve(size, 2L << 20, Commitment.LAZY)) {
      start = region.address();
    }
    long end = start + size;
    for (Mapping mapping : Mapping.all()) {
      boolean apart = mapping.end() <= start || mapping.start() >= end;
      assertTrue(apart || mapping.end() - mapping.start() < size / 2, mapping.toString());
    }
  }

  /** A failed reservation leaves no mapping behind. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void failedEagerReservationIsUnmapped() throws IOException {
    long size = 1L << 46;
    try {
      Region.reserve(size, PAGE, Commitment.EAGER).close();
      assumeTrue(false, "a kernel that accounts for memory");
    } catch (SystemCallException e) {
      assertTrue(Mapping.all().stream().allMatch(m -> m.end() - m.start() < size));
    }
  }

  /** Pages locked in memory cannot be given back, and still become zero. */
  @Test
  @SuppressWarnings("restricted")
  @EnabledOnOs(OS.LINUX)
  void lockedPagesBecomeZero() throws Throwable {
    try (Region region = reserveSmallPages(SIZE)) {
      fill(region, 0, SIZE);
      MethodHandle mlock =
          Linker.nativeLinker()
              .downcallHandle(
                  Linker.nativeLinker().defaultLookup().findOrThrow("mlock"),
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
      int result = (int) mlock.invokeExact(region.segment().asSlice(PAGE, PAGE), PAGE);
      assumeTrue(result == 0, "leave to lock a page");
      region.decommit(0, 4 * PAGE);
      assertTrue(isAll(0, region, 0, 4 * PAGE));
      assertTrue(isAll(0x5a, region, 4 * PAGE, PAGE));
    }
  }

  /** A native call that was given a part of the region keeps it from being unmapped. */
  @Test
  void closeFailsDuringACallAndChangesNothing() throws Throwable {
    Region region = reserve();
    fill(region, 0, SIZE);
    assertInstanceOf(
        IllegalStateException.class, NativeCalls.thrownDuring(region.segment(), region::close));
    assertTrue(isAll(0x5a, region, 0, SIZE));
    region.close();
    assertFalse(region.segment().scope().isAlive());
  }

  @Test
  void physicalMemoryIsPlausible() {
    assertTrue(Region.physicalMemory() >= 1L << 28);
    assertEquals(0, Region.physicalMemory() % PAGE);
    assertEquals(1, Long.bitCount(PAGE));
  }
}
