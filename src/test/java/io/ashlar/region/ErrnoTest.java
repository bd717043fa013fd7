// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Names of errors and systems. */
class ErrnoTest {

  @Test
  @EnabledOnOs(OS.LINUX)
  void numbersOfLinuxHaveTheirNames() {
    Map<Integer, String> names =
        Map.ofEntries(
            Map.entry(1, "EPERM"),
            Map.entry(4, "EINTR"),
            Map.entry(5, "EIO"),
            Map.entry(9, "EBADF"),
            Map.entry(11, "EAGAIN"),
            Map.entry(12, "ENOMEM"),
            Map.entry(13, "EACCES"),
            Map.entry(14, "EFAULT"),
            Map.entry(16, "EBUSY"),
            Map.entry(17, "EEXIST"),
            Map.entry(19, "ENODEV"),
            Map.entry(22, "EINVAL"),
            Map.entry(23, "ENFILE"),
            Map.entry(24, "EMFILE"),
            Map.entry(27, "EFBIG"),
            Map.entry(28, "ENOSPC"),
            Map.entry(38, "ENOSYS"),
            Map.entry(75, "EOVERFLOW"),
            Map.entry(95, "EOPNOTSUPP"),
            Map.entry(133, "EHWPOISON"));
    names.forEach((errno, name) -> assertEquals(name, Errno.name(errno)));
  }

  @Test
  void otherNumbersAreGivenAsTheyAre() {
    assertEquals("errno 4095", Errno.name(4095));
  }

  @Test
  void exceptionKeepsItsCause() {
    OutOfMemoryError cause = new OutOfMemoryError("direct");
    SystemCallException e = new SystemCallException("call", 12, "7 bytes", cause);
    assertSame(cause, e.getCause());
    assertEquals("call: ENOMEM (errno 12): 7 bytes", e.getMessage());
    assertNull(new SystemCallException("call", 12, "7 bytes").getCause());
  }

  @Test
  void systemsAreTold() {
    assertEquals(PosixSystem.LINUX, PosixSystem.of("Linux", "amd64"));
    assertEquals(PosixSystem.LINUX, PosixSystem.of("Linux", "aarch64"));
    assertEquals(PosixSystem.MACOS, PosixSystem.of("Mac OS X", "aarch64"));
    assertEquals(PosixSystem.MACOS, PosixSystem.of("Mac OS X", "x86_64"));
    assertEquals(PosixSystem.OTHER, PosixSystem.of("Windows 11", "amd64"));
    assertEquals(PosixSystem.OTHER, PosixSystem.of("Linux", "arm"));
    assertEquals(PosixSystem.OTHER, PosixSystem.of("Linux", "ppc64le"));
    assertEquals(PosixSystem.OTHER, PosixSystem.of("", ""));
  }
}
