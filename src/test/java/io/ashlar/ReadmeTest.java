// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The sample of the README, run; and that it is the one in the README. */
class ReadmeTest {

  private static final Path HERE = Path.of("test/java/io/ashlar/ReadmeTest.java");
  private static final Path README = Path.of("../README.md");

  @Test
  void sampleRuns() {
    // sample begins
    try (Ashlar ashlar = Ashlar.create()) {
      long block = ashlar.malloc(64); // raw addresses, for hot code
      ashlar.free(block);

      MemorySegment segment = ashlar.allocate(ValueLayout.JAVA_LONG, 42L); // java.lang.foreign
      ashlar.free(segment);

      try (Arena scope = ashlar.arena()) { // freed at its close
        scope.allocateFrom("dressed stone");
      }
      // sample ends
      assertEquals(0, ashlar.stats().liveBlocks());
      ashlar.validate();
    }
  }

  @Test
  void sampleIsTheReadmes() throws IOException {
    String here = Files.readString(HERE);
    String sample =
        here.substring(here.indexOf("// sample begins") + 16, here.indexOf("      // sample ends"));
    String readme = Files.readString(README);
    assertTrue(unindented(readme).contains(unindented(sample)), "README.md has another sample");
  }

  private static String unindented(String text) {
    return text.lines().map(String::strip).collect(Collectors.joining("\n")).strip();
  }
}
