// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.region.Region.Commitment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every region does. A subclass says how one is reserved. */
abstract class RegionContract {

  static final long PAGE = Region.osPageSize();
  static final long SIZE = 64 * PAGE;

  abstract Region reserve(long byteSize, long byteAlignment, Commitment commitment);

  final Region reserve() {
    return reserve(SIZE, PAGE, Commitment.LAZY);
  }

  /** Writes a byte other than zero to every one of a range's bytes. */
  static void fill(Region region, long byteOffset, long byteLength) {
    region.segment().asSlice(byteOffset, byteLength).fill((byte) 0x5a);
  }

  /** Whether all bytes of a range have one value. */
  static boolean isAll(int value, Region region, long byteOffset, long byteLength) {
    MemorySegment range = region.segment().asSlice(byteOffset, byteLength);
    for (long i = 0; i < byteLength; i++) {
      if (range.get(ValueLayout.JAVA_BYTE, i) != value) {
        return false;
      }
    }
    return true;
  }

  @ParameterizedTest
  @EnumSource(Commitment.class)
  void isZeroAndWritableFromEndToEnd(Commitment commitment) {
    try (Region region = reserve(SIZE, PAGE, commitment)) {
      assertTrue(isAll(0, region, 0, SIZE));
      fill(region, 0, SIZE);
      assertTrue(isAll(0x5a, region, 0, SIZE));
    }
  }

  @Test
  void sizeIsRoundedUpToWholePages() {
    for (long size : new long[] {1, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE}) {
      try (Region region = reserve(size, PAGE, Commitment.LAZY)) {
        long rounded = (size + PAGE - 1) / PAGE * PAGE;
        assertEquals(rounded, region.byteSize());
        assertEquals(rounded, region.segment().byteSize());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 16, 1L << 21, 1L << 25})
  void alignmentIsHonoured(long byteAlignment) {
    // Several at once, for one alone may be aligned by chance.
    try (Region a = reserve(3 * PAGE, byteAlignment, Commitment.LAZY);
        Region b = reserve(PAGE, byteAlignment, Commitment.LAZY);
        Region c = reserve(SIZE, byteAlignment, Commitment.LAZY)) {
      for (Region region : new Region[] {a, b, c}) {
        assertEquals(0, region.address() % byteAlignment);
        assertEquals(region.address(), region.segment().address());
        fill(region, 0, region.byteSize());
      }
    }
  }

  @Test
  void segmentIsAlwaysTheSame() {
    try (Region region = reserve()) {
      assertSame(region.segment(), region.segment());
    }
  }

  @Test
  void eagerIsAllResident() {
    try (Region region = reserve(SIZE, PAGE, Commitment.EAGER)) {
      assertEquals(SIZE, region.residentBytes(0, SIZE));
    }
  }

  @Test
  void decommitMakesItsRangeZeroAndNothingElse() {
    try (Region region = reserve()) {
      fill(region, 0, SIZE);
      region.decommit(2 * PAGE, 3 * PAGE);
      assertTrue(isAll(0x5a, region, 0, 2 * PAGE));
      assertTrue(isAll(0, region, 2 * PAGE, 3 * PAGE));
      assertTrue(isAll(0x5a, region, 5 * PAGE, SIZE - 5 * PAGE));
      fill(region, 2 * PAGE, 3 * PAGE);
      assertTrue(isAll(0x5a, region, 0, SIZE));
      region.decommit(0, SIZE);
      assertTrue(isAll(0, region, 0, SIZE));
    }
  }

  @Test
  void populateMakesResidentAndKeepsContents() {
    try (Region region = reserve()) {
      fill(region, PAGE, PAGE);
      region.populate(0, 10 * PAGE);
      assertEquals(10 * PAGE, region.residentBytes(0, 10 * PAGE));
      assertTrue(isAll(0, region, 0, PAGE));
      assertTrue(isAll(0x5a, region, PAGE, PAGE));
      assertTrue(isAll(0, region, 2 * PAGE, 8 * PAGE));
    }
  }

  @Test
  void hugePageAdviceKeepsContents() {
    try (Region region = reserve(4L << 20, 2L << 20, Commitment.LAZY)) {
      fill(region, 0, PAGE);
      boolean taken = region.adviseHugePages(true);
      assertEquals(taken, region.adviseHugePages(false), "on and off are taken alike");
      assertTrue(isAll(0x5a, region, 0, PAGE));
    }
  }

  @Test
  void emptyRangesDoNothing() {
    try (Region region = reserve()) {
      fill(region, 0, SIZE);
      for (long offset : new long[] {0, PAGE, SIZE}) {
        region.decommit(offset, 0);
        region.populate(offset, 0);
        assertEquals(0, region.residentBytes(offset, 0));
      }
      assertTrue(isAll(0x5a, region, 0, SIZE));
    }
  }

  @Test
  void badRangesAreRefused() {
    long[][] ranges = {
      {-PAGE, PAGE},
      {0, -PAGE},
      {0, SIZE + PAGE},
      {PAGE, SIZE},
      {SIZE, PAGE},
      {SIZE + PAGE, 0},
      {Long.MAX_VALUE & -PAGE, PAGE},
      {PAGE, Long.MAX_VALUE & -PAGE},
      {Long.MIN_VALUE, Long.MIN_VALUE},
      {1, PAGE},
      {PAGE / 2, PAGE},
      {0, PAGE + 1},
      {0, 1},
    };
    try (Region region = reserve()) {
      for (long[] range : ranges) {
        long offset = range[0];
        long length = range[1];
        assertThrows(IllegalArgumentException.class, () -> region.decommit(offset, length));
        assertThrows(IllegalArgumentException.class, () -> region.populate(offset, length));
        assertThrows(IllegalArgumentException.class, () -> region.residentBytes(offset, length));
      }
    }
  }

  @Test
  void badReservationsAreRefused() {
    for (long size : new long[] {0, -1, -PAGE, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> reserve(size, PAGE, Commitment.LAZY));
    }
    for (long alignment : new long[] {0, 1, -PAGE, PAGE / 2, 3 * PAGE, PAGE + 1, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> reserve(SIZE, alignment, Commitment.LAZY));
    }
    assertThrows(NullPointerException.class, () -> reserve(SIZE, PAGE, null));
  }

  @Test
  void impossibleReservationsNameTheError() {
    long[][] impossible = {
      {1L << 60, PAGE}, {Long.MAX_VALUE, PAGE}, {PAGE, 1L << 62}, {Long.MAX_VALUE, 1L << 62},
    };
    for (long[] each : impossible) {
      SystemCallException e =
          assertThrows(SystemCallException.class, () -> reserve(each[0], each[1], Commitment.LAZY));
      assertEquals("ENOMEM", e.errnoName());
      assertEquals(12, e.errno());
      assertTrue(e.getMessage().startsWith(e.call() + ": ENOMEM (errno 12): "), e.getMessage());
      String alignment = "%,d".formatted(each[1]);
      assertTrue(e.getMessage().contains(alignment), e.getMessage());
    }
  }

  @Test
  void closedRegionRefusesEverything() {
    Region region = reserve();
    MemorySegment segment = region.segment();
    segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    long address = region.address();
    region.close();
    region.close();
    assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, () -> segment.asSlice(PAGE, 8).fill((byte) 1));
    assertFalse(region.segment().scope().isAlive());
    assertThrows(IllegalStateException.class, () -> region.decommit(0, PAGE));
    assertThrows(IllegalStateException.class, () -> region.decommit(0, 0));
    assertThrows(IllegalStateException.class, () -> region.populate(0, PAGE));
    assertThrows(IllegalStateException.class, () -> region.residentBytes(0, PAGE));
    assertThrows(IllegalStateException.class, () -> region.adviseHugePages(true));
    assertEquals(address, region.address());
    assertEquals(SIZE, region.byteSize());
    assertNotNull(region.toString());
  }

  @Test
  void virtualThreadsCallAtTheSameTime() throws ExecutionException, InterruptedException {
    int threads = 200;
    try (Region region = reserve(threads * PAGE, PAGE, Commitment.LAZY);
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      region.adviseHugePages(false);
      var tasks =
          IntStream.range(0, threads)
              .<Future<?>>mapToObj(i -> executor.submit(() -> useOnePage(region, i * PAGE)))
              .toList();
      for (Future<?> task : tasks) {
        task.get();
      }
    }
  }

  private static void useOnePage(Region region, long byteOffset) {
    for (int i = 0; i < 20; i++) {
      fill(region, byteOffset, PAGE);
      assertEquals(PAGE, region.residentBytes(byteOffset, PAGE));
      region.populate(byteOffset, PAGE);
      assertTrue(isAll(0x5a, region, byteOffset, PAGE));
      region.decommit(byteOffset, PAGE);
      assertTrue(isAll(0, region, byteOffset, PAGE));
    }
  }
}
