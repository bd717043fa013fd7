// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much of it this process has. */
public final class AddressSpace {

  private static final Path STATM = Path.of("/proc/self/statm");
  private static final int PAGE_SHIFT = 12;

  private AddressSpace() {}

  /**
   * Asks the system.
   *
   * @return bytes; always 0 where the system does not tell
   * @throws IOException if it cannot be read
   */
  public static long bytes() throws IOException {
    if (!Files.exists(STATM)) {
      return 0;
    }
    return Long.parseLong(Files.readString(STATM).split(" ", 2)[0]) << PAGE_SHIFT;
  }
}
