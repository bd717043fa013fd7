// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.util.Locale;
import java.util.Set;

/**
 * The systems whose virtual-memory calls are known here, with the constants in which they differ.
 * {@link #OTHER} stands for all that have no {@code mmap} or whose constants are not known: they
 * get the portable region.
 */
enum PosixSystem {
  LINUX(0x20, 0x4000, 85),
  MACOS(0x1000, 0x40, 200),
  OTHER(0, 0, 0);

  /** The system that this JVM runs on. */
  static final PosixSystem CURRENT =
      of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));

  /** {@code MAP_ANONYMOUS}. */
  final int mapAnonymous;

  /** {@code MAP_NORESERVE}. */
  final int mapNoReserve;

  /** {@code _SC_PHYS_PAGES}. */
  final int scPhysPages;

  PosixSystem(int mapAnonymous, int mapNoReserve, int scPhysPages) {
    this.mapAnonymous = mapAnonymous;
    this.mapNoReserve = mapNoReserve;
    this.scPhysPages = scPhysPages;
  }

  /**
   * The system of a name and an architecture as the properties {@code os.name} and {@code os.arch}
   * give them. The architecture matters because Linux gives its constants other values on some
   * (PowerPC, MIPS, SPARC, Alpha), and because an address must fill a {@code long}.
   */
  static PosixSystem of(String osName, String osArch) {
    boolean known =
        Set.of("amd64", "x86_64", "aarch64", "riscv64", "s390x", "loongarch64").contains(osArch);
    String name = osName.toLowerCase(Locale.ROOT);
    if (known && name.startsWith("linux")) {
      return LINUX;
    }
    return known && name.startsWith("mac os") ? MACOS : OTHER;
  }
}
