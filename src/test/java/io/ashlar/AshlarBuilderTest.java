// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.region.Region;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options, by calls and by system properties. */
class AshlarBuilderTest {

  @AfterEach
  void clearProperties() {
    for (String option :
        new String[] {
          "capacity",
          "limit",
          "shards",
          "hardening",
          "purgeDelay",
          "hugePages",
          "portable",
          "memfd",
          "commitment",
        }) {
      System.clearProperty("ashlar." + option);
    }
  }

  private static long reserved(AshlarBuilder builder) {
    try (Ashlar allocator = builder.build()) {
      long block = allocator.malloc(100);
      allocator.free(block);
      allocator.validate();
      return allocator.stats().reservedBytes();
    }
  }

  @Test
  void capacityIsRoundedUp() {
    assertEquals(64 << 10, reserved(Ashlar.builder().capacity(1)));
    assertEquals(64 << 10, reserved(Ashlar.builder().capacity(64 << 10)));
    assertEquals(128 << 10, reserved(Ashlar.builder().capacity((64 << 10) + 1)));
    assertEquals(128 << 10, reserved(Ashlar.builder().capacity(100 << 10)));
  }

  @Test
  void defaultsReserveTwiceTheMemory() {
    assertThat(reserved(Ashlar.builder()))
        .isGreaterThanOrEqualTo(2 * Region.physicalMemory())
        .isGreaterThanOrEqualTo(16L << 30);
  }

  @Test
  void badOptionsAreRefused() {
    AshlarBuilder builder = Ashlar.builder();
    for (long bytes : new long[] {0, -1, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> builder.capacity(bytes));
      assertThrows(IllegalArgumentException.class, () -> builder.limit(bytes));
    }
    assertThrows(IllegalArgumentException.class, () -> builder.capacity((4L << 40) + 1));
    for (int shards : new int[] {0, -1, 1025}) {
      assertThrows(IllegalArgumentException.class, () -> builder.shards(shards));
    }
    assertThrows(IllegalArgumentException.class, () -> builder.purgeDelay(Duration.ofNanos(-1)));
    assertThrows(NullPointerException.class, () -> builder.hardening(null));
    assertThrows(NullPointerException.class, () -> builder.errorHandler(null));
    assertThrows(NullPointerException.class, () -> builder.commitment(null));
  }

  @ParameterizedTest
  @CsvSource({
    "1048576, 1048576",
    "64k, 65536",
    "1M, 1048576",
    "2m, 2097152",
    "1g, 1073741824",
    "1T, 1099511627776",
  })
  void sizesInProperties(String value, long bytes) {
    System.setProperty("ashlar.capacity", value);
    assertEquals(bytes, reserved(Ashlar.builder()));
  }

  @ParameterizedTest
  @CsvSource({
    "capacity, ''", "capacity, k", "capacity, 12q", "capacity, -1", "capacity, 99999999999t",
    "limit, 0", "shards, many", "shards, 0", "hardening, some", "purgeDelay, 1s",
    "commitment, never",
  })
  void badPropertiesAreNamed(String option, String value) {
    System.setProperty("ashlar." + option, value);
    assertThatIllegalArgumentException()
        .isThrownBy(Ashlar::builder)
        .withMessageContaining("ashlar." + option + "=" + value);
  }

  @Test
  void everyOptionHasAProperty() {
    System.setProperty("ashlar.capacity", "1m");
    System.setProperty("ashlar.limit", "128k");
    System.setProperty("ashlar.shards", "3");
    System.setProperty("ashlar.hardening", "strict");
    System.setProperty("ashlar.purgeDelay", "PT0.5S");
    System.setProperty("ashlar.hugePages", "true");
    System.setProperty("ashlar.portable", "true");
    System.setProperty("ashlar.commitment", "eager");
    try (Ashlar allocator = Ashlar.create()) {
      assertEquals(1 << 20, allocator.stats().reservedBytes());
      assertEquals(Allocator.NULL, allocator.malloc(200 << 10));
      allocator.free(allocator.malloc(100));
      allocator.validate();
    }
    // A call says more than a property.
    assertEquals(2 << 20, reserved(Ashlar.builder().capacity(2 << 20)));
  }

  @Test
  void aMemoryFileIsAskedForByCallOrProperty() {
    assumeTrue(Region.memfdAvailable(), "a system with memfd_create");
    System.setProperty("ashlar.memfd", "true");
    for (Region.Commitment commitment : Region.Commitment.values()) {
      AshlarBuilder builder = Ashlar.builder().capacity(4 << 20).commitment(commitment);
      try (Region region = builder.reserve()) {
        assertTrue(region.hasWindows());
      }
      assertEquals(4 << 20, reserved(builder.hugePages(true)));
      try (Region region = builder.memfd(false).reserve()) {
        assertFalse(region.hasWindows());
      }
    }
  }

  @Test
  void aMemoryFileIsRefusedWhereThereCanBeNone() {
    AshlarBuilder builder = Ashlar.builder().memfd(true).portable(true);
    UnsupportedOperationException e =
        assertThrows(UnsupportedOperationException.class, builder::build);
    assertThat(e).hasMessageContaining("memfd");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void hugePagesAndEagerCommitment(boolean portable) {
    AshlarBuilder builder =
        Ashlar.builder()
            .capacity(64 << 20)
            .hugePages(true)
            .portable(portable)
            .commitment(Region.Commitment.EAGER);
    try (Ashlar allocator = builder.build()) {
      assertTrue(allocator.stats().residentBytes() >= 0);
      long block = allocator.calloc(4 << 20);
      AllocatorFixture.assertZero(block, 4 << 20);
      AllocatorFixture.write(block, 4 << 20, 5);
      allocator.free(block);
      allocator.trim();
      block = allocator.calloc(8 << 20);
      AllocatorFixture.assertZero(block, 8 << 20);
      allocator.free(block);
      allocator.validate();
    }
  }

  /** What was committed eagerly is not given back unasked, unless that is asked for too. */
  @Test
  void eagerMemoryIsNotPurgedUnasked() {
    AshlarBuilder builder = Ashlar.builder();
    assertEquals(250_000_000, builder.purgeDelayNanos());
    builder.capacity(64 << 20).commitment(Region.Commitment.EAGER);
    assertEquals(Long.MAX_VALUE, builder.purgeDelayNanos());
    try (Ashlar allocator = builder.build()) {
      for (int i = 0; i < 4; i++) {
        allocator.free(allocator.malloc(30 << 20)); // Enough for a purge to be due.
      }
      long block = allocator.malloc(60_000);
      assertEquals(30 << 20, allocator.stats().residentBytes());
      allocator.free(block);
      allocator.trim();
      assertEquals(0, allocator.stats().residentBytes());
    }
    assertEquals(5, builder.purgeDelay(Duration.ofNanos(5)).purgeDelayNanos());
    try (Ashlar allocator = builder.build()) {
      allocator.free(allocator.malloc(30 << 20));
      // It is old at the next look at it.
      allocator.free(allocator.malloc(100_000));
      assertThat(allocator.stats().residentBytes()).isLessThan(1 << 20);
    }
  }
}
