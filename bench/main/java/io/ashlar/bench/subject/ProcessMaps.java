// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What is mapped into this process, as Linux lists it: proof of whose {@code malloc} is called. */
final class ProcessMaps {

  private ProcessMaps() {}

  static boolean contains(Path library) {
    String file = realPath(library);
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.anyMatch(line -> line.endsWith(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void requireInside(MemorySegment symbol, Path library) {
    String found = fileAt(symbol.address()).orElse("no file");
    if (!found.equals(realPath(library))) {
      throw new IllegalStateException("malloc lies in " + found + ", not in " + library);
    }
  }

  /**
   * The file mapped at an address.
   *
   * @param address any address
   * @return the file's path, if a file is mapped there
   */
  static Optional<String> fileAt(long address) {
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> covers(line, address))
          .filter(line -> line.indexOf('/') >= 0)
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean covers(String line, long address) {
    int dash = line.indexOf('-');
    int space = line.indexOf(' ');
    long from = Long.parseUnsignedLong(line, 0, dash, 16);
    long to = Long.parseUnsignedLong(line, dash + 1, space, 16);
    return Long.compareUnsigned(from, address) <= 0 && Long.compareUnsigned(address, to) < 0;
  }

  private static String realPath(Path library) {
    try {
      return library.toRealPath().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
