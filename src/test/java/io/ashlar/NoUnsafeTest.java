// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/**
 * Runs the library in a JVM that denies {@code sun.misc.Unsafe}: neither it nor what it depends on
 * may call that, and nothing may be printed.
 */
class NoUnsafeTest {
  private static final int BLOCKS = 10_000;

  @Test
  void runsSilentlyWhereUnsafeIsDenied() throws IOException, InterruptedException {
    assertEquals(
        "",
        ChildJvm.run(
            NoUnsafeTest.class,
            "--sun-misc-unsafe-memory-access=deny",
            "--illegal-native-access=deny"));
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
