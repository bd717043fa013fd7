// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ashlar.frame.ContiguousAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.frame.PageMapper;
import io.ashlar.memory.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * More places than the process may have mappings: an error that says so, and nothing has changed.
 */
class MappingLimitTest {

  private static final long FRAME = FrameTable.FRAME_BYTES;

  @BeforeAll
  static void needsMemfd() {
    assumeTrue(Region.memfdAvailable(), "a system with memfd_create");
  }

  /** A mapper of every second frame of a region, and the allocator of those. */
  private record Fragmented(ContiguousAllocator frames, PageMapper mapper) {

    static Fragmented of(Region region, Metadata metadata) {
      int count = (int) (region.byteSize() / FRAME);
      ContiguousAllocator frames = new ContiguousAllocator(metadata, count);
      frames.allocate(count, 1);
      for (int frame = 0; frame < count; frame += 2) {
        frames.free(frame, 1);
      }
      return new Fragmented(frames, new PageMapper(region, frames));
    }

    /** Fails unless a call is refused for want of mappings, and leaves all as it is. */
    void assertRefused(Runnable call) {
      long mapped = mapper.mappedBytes();
      int blocks = mapper.blocks();
      int free = frames.freeFrames();
      SystemCallException e = assertThrows(SystemCallException.class, call::run);
      assertEquals("ENOMEM", e.errnoName());
      assertTrue(e.getMessage().contains("mappings"), e.getMessage());
      assertEquals(mapped, mapper.mappedBytes());
      assertEquals(blocks, mapper.blocks());
      assertEquals(free, frames.freeFrames());
      mapper.validate();
      frames.validate();
    }
  }

  /** Our own limit, which leaves the JVM its half. */
  @Test
  void ourLimitIsKept() {
    checkOurLimit();
  }

  private static void checkOurLimit() {
    try (Region region = MemfdRegion.reserve(1000 * FRAME, 1 << 20, Region.Commitment.LAZY, 102);
        Metadata metadata = new Metadata(1 << 20, false)) {
      Fragmented all = Fragmented.of(region, metadata);
      try (PageMapper mapper = all.mapper()) {
        long block = mapper.map(50 * FRAME, 1);
        Memory.putLong(block, 42);
        all.assertRefused(() -> mapper.map(50 * FRAME, 1));
        all.assertRefused(() -> mapper.resize(block, 51 * FRAME));
        assertEquals(42, Memory.getLong(block));
        long smaller = mapper.map(48 * FRAME, 1);
        all.assertRefused(() -> mapper.map(1, 1));
        assertNotEquals(0, mapper.unmap(block));
        assertTrue(mapper.map(50 * FRAME, 1) > 0);
        assertNotEquals(0, mapper.unmap(smaller));
        mapper.validate();
      }
    }
  }

  /**
   * The kernel's limit, in a JVM of its own: another thread of it that maps something meanwhile
   * could end it.
   */
  @Test
  void theKernelsLimitIsSurvived() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xint",
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-cp",
                System.getProperty("java.class.path"),
                MappingLimitTest.class.getName())
            .redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS"); // of which the JVM would speak
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertEquals("as it was\n", output);
  }

  /**
   * Maps single frames that are no neighbours until the kernel has had enough.
   *
   * @param args none
   * @throws IOException if {@code /proc} cannot be read
   */
  public static void main(String[] args) throws IOException {
    int limit = MemfdRegion.maxMapCount();
    if (limit > 1 << 20) {
      System.out.print("as it was\n"); // more than there are frames in a region of a size to be had
      return;
    }
    checkOurLimit(); // loads the classes that errors need: at the limit that could fail
    try (Region region =
            MemfdRegion.reserve(
                (limit + 100) * (2 * FRAME), 1 << 20, Region.Commitment.LAZY, Integer.MAX_VALUE);
        Metadata metadata = new Metadata(1 << 20, false)) {
      Fragmented all = Fragmented.of(region, metadata);
      try (PageMapper mapper = all.mapper()) {
        long block = mapper.map(100 * FRAME, 1);
        Memory.putLong(block + 99 * FRAME, 42);
        int before = Mapping.all().size();
        all.assertRefused(() -> mapper.map(limit * FRAME, 1));
        int after = Mapping.all().size();
        assertTrue(after <= before + 20, before + " mappings before, " + after + " after");
        long larger = mapper.resize(block, 1000 * FRAME);
        assertEquals(42, Memory.getLong(larger + 99 * FRAME));
      }
    }
    System.out.print("as it was\n");
  }
}
