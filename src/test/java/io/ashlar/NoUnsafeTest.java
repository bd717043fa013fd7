// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Runs the library in a JVM that denies {@code sun.misc.Unsafe}: neither it nor what it depends on
 * may call that, and nothing may be printed.
 */
class NoUnsafeTest {
  private static final int BLOCKS = 10_000;

  /** The library, its dependencies and this class, without the tests' own tools. */
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(
            entry ->
                entry.contains("jctools") || entry.contains("agrona") || !entry.endsWith(".jar"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  @Test
  void runsSilentlyWhereUnsafeIsDenied() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=deny",
                "--illegal-native-access=deny",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                NoUnsafeTest.class.getName())
            .redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS"); // of which the JVM would speak
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertEquals("", output);
  }

  /**
   * Small, large and remote blocks, the statistics, and the ends of threads and of the allocator.
   *
   * @param args none
   * @throws InterruptedException if something interrupts the wait for the other thread
   */
  public static void main(String[] args) throws InterruptedException {
    try (Ashlar allocator = Ashlar.create();
        Arena arena = allocator.arena()) {
      long[] blocks = new long[BLOCKS];
      for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = allocator.malloc(1 + i * 7L);
      }
      arena.allocate(100);
      Thread remote =
          Thread.ofPlatform()
              .start(
                  () -> {
                    allocator.free(allocator.malloc(100));
                    allocator.freeBatch(blocks, 0, BLOCKS);
                  });
      remote.join();
      Thread.ofVirtual().start(() -> allocator.free(allocator.malloc(64))).join();
      allocator.free(allocator.malloc(100L << 20));
      allocator.stats();
      allocator.trim();
      allocator.validate();
    }
  }
}
