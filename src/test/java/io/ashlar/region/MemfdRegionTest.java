// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.memory.Memory;
import io.ashlar.region.Region.Commitment;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The region on a memory file: the contract, what becomes resident when, and its windows. */
class MemfdRegionTest extends RegionContract {

  @BeforeAll
  static void needsMemfd() {
    assumeTrue(Region.memfdAvailable(), "a system with memfd_create");
  }

  @Override
  Region reserve(long byteSize, long byteAlignment, Commitment commitment) {
    return Region.reserveMemfd(byteSize, byteAlignment, commitment);
  }

  /** A lazy region of which a touched page makes one page resident, whatever the system's habit. */
  private static Region reserveSmallPages(long byteSize) {
    Region region = Region.reserveMemfd(byteSize, PAGE, Commitment.LAZY);
    region.adviseHugePages(false);
    return region;
  }

  private static long filesOpen() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.filter(MemfdRegionTest::isOurs).count();
    }
  }

  private static boolean isOurs(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("/memfd:ashlar");
    } catch (IOException e) {
      return false; // the one by which the folder is listed is gone
    }
  }

  @Test
  void touchedPagesAreResidentAndPunchedOnesAreNot() {
    long large = 64L << 30;
    try (Region region = reserveSmallPages(large)) {
      assertTrue(region.decommits());
      assertEquals(0, region.residentBytes(0, large));
      long seam = PAGE << 16;
      for (long offset : new long[] {0, seam - PAGE, seam, large - PAGE}) {
        region.segment().set(ValueLayout.JAVA_BYTE, offset, (byte) 1);
      }
      assertEquals(4 * PAGE, region.residentBytes(0, large));
      region.decommit(seam, large - seam);
      assertEquals(2 * PAGE, region.residentBytes(0, large));
      assertEquals(0, region.segment().get(ValueLayout.JAVA_BYTE, seam));
      assertEquals(3 * PAGE, region.residentBytes(0, large), "reading makes resident, too");
      region.decommit(0, large);
      assertEquals(0, region.residentBytes(0, large));
    }
  }

  @Test
  void theFileIsClosedWithTheRegion() throws IOException {
    long before = filesOpen();
    try (Region region = reserve()) {
      assertEquals(before + 1, filesOpen(), region::toString);
    }
    assertEquals(before, filesOpen());
    assertThrows(
        SystemCallException.class, () -> reserve(1L << 60, PAGE, Commitment.LAZY), "no such space");
    assertEquals(before, filesOpen());
  }

  @Test
  void eagerBeyondAllMemoryIsRefusedAtOnce() throws IOException {
    assumeTrue(
        !Files.readString(Path.of("/proc/sys/vm/overcommit_memory")).startsWith("1"),
        "a kernel that accounts for memory");
    long before = filesOpen();
    SystemCallException e =
        assertThrows(SystemCallException.class, () -> reserve(1L << 46, PAGE, Commitment.EAGER));
    assertEquals("ENOMEM", e.errnoName());
    assertEquals(before, filesOpen());
  }

  @Test
  void aWindowShowsPartsOfTheRegionInAnyOrder() {
    try (Region region = reserveSmallPages(SIZE);
        Window window = region.window(4 * PAGE, PAGE, 3)) {
      assertEquals(4 * PAGE, window.byteSize());
      window.place(0, 9 * PAGE, PAGE);
      window.place(PAGE, 2 * PAGE, 2 * PAGE);
      window.place(3 * PAGE, 0, PAGE);
      long[] pages = {9, 2, 3, 0};
      for (int i = 0; i < pages.length; i++) {
        Memory.putLong(window.address() + i * PAGE + 8, 100 + i);
        assertEquals(100 + i, region.segment().get(ValueLayout.JAVA_LONG, pages[i] * PAGE + 8));
      }
      assertEquals(4 * PAGE, region.residentBytes(0, SIZE));
      region.decommit(2 * PAGE, PAGE);
      assertEquals(0, Memory.getLong(window.address() + PAGE + 8), "punched in both places");
      assertEquals(102, Memory.getLong(window.address() + 2 * PAGE + 8));
      window.place(PAGE, 3 * PAGE, PAGE);
      assertEquals(102, Memory.getLong(window.address() + PAGE + 8), "the same page twice");
    }
  }

  @Test
  void guardsLieAroundAWindowAndWhereNothingIsPlaced() throws IOException {
    for (long alignment : new long[] {PAGE, 2L << 20, 64L << 20}) {
      try (Region region = reserve();
          Window window = region.window(8 * PAGE, alignment, 4)) {
        long start = window.address();
        assertEquals(0, start % alignment);
        window.place(0, 8 * PAGE, 2 * PAGE);
        window.place(6 * PAGE, 0, 2 * PAGE);
        List<Mapping> mappings = Mapping.all();
        assertEquals("---s", Mapping.at(start - 1, mappings).permissions());
        assertEquals("---s", Mapping.at(start - PAGE, mappings).permissions());
        assertEquals(new Mapping(start, start + 2 * PAGE, "rw-s"), Mapping.at(start, mappings));
        assertEquals("---s", Mapping.at(start + 2 * PAGE, mappings).permissions());
        assertEquals("---s", Mapping.at(start + 6 * PAGE - 1, mappings).permissions());
        assertEquals("rw-s", Mapping.at(start + 8 * PAGE - 1, mappings).permissions());
        assertEquals("---s", Mapping.at(start + 8 * PAGE, mappings).permissions());
        assertEquals("---s", Mapping.at(start + 9 * PAGE - 1, mappings).permissions());
        window.shrink(7 * PAGE);
        mappings = Mapping.all();
        assertEquals("rw-s", Mapping.at(start + 7 * PAGE - 1, mappings).permissions());
        assertEquals("---s", Mapping.at(start + 7 * PAGE, mappings).permissions());
        // Around the region itself as well.
        long end = region.address() + region.byteSize();
        assertEquals("---p", Mapping.at(region.address() - 1, mappings).permissions());
        assertEquals("rw-s", Mapping.at(region.address(), mappings).permissions());
        assertEquals("---p", Mapping.at(end, mappings).permissions());
      }
    }
  }

  @Test
  void aWindowOutlivesTheRegion() {
    Region region = reserve();
    Window window = region.window(2 * PAGE, PAGE, 2);
    window.place(0, PAGE, PAGE);
    Memory.putLong(window.address(), 42);
    region.close();
    assertEquals(42, Memory.getLong(window.address()));
    assertThrows(IllegalStateException.class, () -> window.place(PAGE, 0, PAGE));
    assertThrows(IllegalStateException.class, () -> window.shrink(PAGE));
    assertThrows(IllegalStateException.class, () -> region.window(PAGE, PAGE, 1));
    window.close();
    window.close();
    assertThrows(IllegalStateException.class, () -> window.place(0, 0, PAGE));
  }

  @Test
  void badWindowsAndPlacesAreRefused() {
    try (Region region = reserve();
        Window window = region.window(4 * PAGE, PAGE, 1)) {
      for (long size : new long[] {0, -1, Long.MIN_VALUE}) {
        assertThrows(IllegalArgumentException.class, () -> region.window(size, PAGE, 1));
        assertThrows(IllegalArgumentException.class, () -> window.place(0, 0, size));
        assertThrows(IllegalArgumentException.class, () -> window.shrink(size));
      }
      assertThrows(IllegalArgumentException.class, () -> region.window(PAGE, PAGE / 2, 1));
      assertThrows(IllegalArgumentException.class, () -> region.window(PAGE, 3 * PAGE, 1));
      assertThrows(IllegalArgumentException.class, () -> region.window(PAGE, PAGE, 0));
      long[][] places = {
        {-PAGE, 0, PAGE}, {0, -PAGE, PAGE}, {0, 0, 5 * PAGE}, {4 * PAGE, 0, PAGE},
        {0, SIZE, PAGE}, {1, 0, PAGE}, {0, 1, PAGE}, {0, 0, PAGE + 1},
      };
      for (long[] p : places) {
        assertThrows(IllegalArgumentException.class, () -> window.place(p[0], p[1], p[2]));
      }
      assertThrows(IllegalArgumentException.class, () -> window.shrink(5 * PAGE));
      for (long size : new long[] {1L << 60, Long.MAX_VALUE}) {
        SystemCallException e =
            assertThrows(SystemCallException.class, () -> region.window(size, PAGE, 1));
        assertEquals("ENOMEM", e.errnoName());
      }
    }
  }

  @Test
  void otherRegionsHaveNoWindows() {
    try (Region posix = Region.reserve(SIZE, PAGE, Commitment.LAZY);
        Region portable = Region.reservePortable(SIZE, PAGE, Commitment.LAZY)) {
      for (Region region : new Region[] {posix, portable}) {
        assertFalse(region.hasWindows());
        UnsupportedOperationException e =
            assertThrows(UnsupportedOperationException.class, () -> region.window(PAGE, PAGE, 1));
        assertTrue(e.getMessage().contains("reserveMemfd"), e.getMessage());
        assertTrue(e.getMessage().contains(region.toString()), e.getMessage());
      }
    }
  }

  @Test
  void theSystemsLimitIsRead() {
    assertTrue(MemfdRegion.maxMapCount() >= 1 << 10, "plausible: " + MemfdRegion.maxMapCount());
  }

  /** Half of what the process may have is the JVM's. */
  @Test
  void windowsHaveALimitOfMappings() {
    try (Region region = MemfdRegion.reserve(SIZE, PAGE, Commitment.LAZY, 10)) {
      Window first = region.window(SIZE, PAGE, 3);
      Window second = region.window(SIZE, PAGE, 3);
      SystemCallException e =
          assertThrows(SystemCallException.class, () -> region.window(SIZE, PAGE, 1));
      assertEquals("ENOMEM", e.errnoName());
      assertTrue(e.getMessage().contains("vm.max_map_count"), e.getMessage());
      assertThrows(SystemCallException.class, () -> region.window(SIZE, PAGE, Integer.MAX_VALUE));
      first.close();
      region.window(SIZE, PAGE, 3).close();
      second.close();
      assertThrows(SystemCallException.class, () -> region.window(SIZE, PAGE, 9));
      region.window(SIZE, PAGE, 8).close();
    }
  }

  /** No call gets to a file that came to have the number of the region's. */
  @Test
  void closeAndCallsAtTheSameTime() throws InterruptedException, ExecutionException {
    try (var executor = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 50; round++) {
        Region region = reserve();
        Future<?> caller =
            executor.submit(
                () -> {
                  assertThrows(
                      IllegalStateException.class,
                      () -> {
                        while (true) {
                          region.decommit(0, PAGE);
                          region.window(PAGE, PAGE, 1).close();
                        }
                      });
                });
        Future<?> closer = executor.submit(() -> closeByForce(region));
        closer.get();
        caller.get();
      }
    }
  }

  private static void closeByForce(Region region) {
    while (region.segment().scope().isAlive()) {
      try {
        region.close();
      } catch (IllegalStateException e) {
        assertTrue(region.segment().scope().isAlive(), "nothing has changed");
      }
    }
  }
}
