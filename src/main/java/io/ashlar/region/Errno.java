// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

/** Error numbers of the kernel, by name. Numbers below 35 are the same on Linux and macOS. */
final class Errno {

  static final int EPERM = 1;
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int EBADF = 9;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EFAULT = 14;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int EFBIG = 27;
  static final int ENOSPC = 28;

  /** {@code EAGAIN} on this system: the one number used here in which Linux and macOS differ. */
  static final int EAGAIN = PosixSystem.CURRENT == PosixSystem.MACOS ? 35 : 11;

  private static final int ENOSYS = PosixSystem.CURRENT == PosixSystem.MACOS ? 78 : 38;
  private static final int EOPNOTSUPP = PosixSystem.CURRENT == PosixSystem.MACOS ? 102 : 95;
  private static final int EOVERFLOW = PosixSystem.CURRENT == PosixSystem.MACOS ? 84 : 75;

  /** A page that the hardware has found broken; Linux only. */
  private static final int EHWPOISON = 133;

  private Errno() {}

  /** The name of an error number, or {@code errno 123} for one that memory calls do not give. */
  static String name(int errno) {
    // Not a switch: some of the numbers depend on the system.
    if (errno == EAGAIN) {
      return "EAGAIN";
    } else if (errno == ENOSYS) {
      return "ENOSYS";
    } else if (errno == EOPNOTSUPP) {
      return "EOPNOTSUPP";
    } else if (errno == EOVERFLOW) {
      return "EOVERFLOW";
    }
    return switch (errno) {
      case EPERM -> "EPERM";
      case EINTR -> "EINTR";
      case EIO -> "EIO";
      case EBADF -> "EBADF";
      case ENOMEM -> "ENOMEM";
      case EACCES -> "EACCES";
      case EFAULT -> "EFAULT";
      case EBUSY -> "EBUSY";
      case EEXIST -> "EEXIST";
      case ENODEV -> "ENODEV";
      case EINVAL -> "EINVAL";
      case ENFILE -> "ENFILE";
      case EMFILE -> "EMFILE";
      case EFBIG -> "EFBIG";
      case ENOSPC -> "ENOSPC";
      case EHWPOISON -> "EHWPOISON";
      default -> "errno " + errno;
    };
  }
}
