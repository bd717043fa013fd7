// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A line of {@code /proc/self/maps}.
 *
 * @param start its first address
 * @param end one behind its last address
 * @param permissions such as {@code rw-p}
 */
public record Mapping(long start, long end, String permissions) {

  /**
   * The mappings that the process has.
   *
   * @return all of them, by address
   * @throws IOException if they cannot be read
   */
  public static List<Mapping> all() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream().map(Mapping::of).toList();
  }

  private static Mapping of(String line) {
    String[] fields = line.split("[- ]", 4);
    return new Mapping(
        Long.parseUnsignedLong(fields[0], 16),
        Long.parseUnsignedLong(fields[1], 16),
        line.split(" ", 3)[1]);
  }

  /**
   * The mapping around an address.
   *
   * @param address an address that is mapped
   * @param mappings what {@link #all} returned
   * @return the one
   */
  public static Mapping at(long address, List<Mapping> mappings) {
    return mappings.stream()
        .filter(m -> m.start() <= address && address < m.end())
        .findFirst()
        .orElseThrow();
  }
}
