// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Linux' calls on files that lie in memory and have no name. As {@link PosixCalls} they return a
 * failed call's error number made negative.
 *
 * <p>To be touched only where {@link #available} says so; the check is in a class of its own.
 */
final class MemfdCalls {

  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_NOEXEC_SEAL = 8;
  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int MAP_SHARED = 1;
  private static final int MAP_FIXED = 0x10;

  private static final MethodHandle MEMFD_CREATE =
      PosixCalls.link("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle FTRUNCATE =
      PosixCalls.link("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle FALLOCATE =
      PosixCalls.link("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLOSE = PosixCalls.link("close", JAVA_INT, JAVA_INT);

  private MemfdCalls() {}

  /** Whether the system and its C library have these calls. */
  static boolean available() {
    return Availability.KNOWN;
  }

  private static final class Availability {
    static final boolean KNOWN =
        PosixSystem.CURRENT == PosixSystem.LINUX
            && Linker.nativeLinker().defaultLookup().find("memfd_create").isPresent()
            && Linker.nativeLinker().defaultLookup().find("fallocate").isPresent();
  }

  /**
   * Makes an empty file that is not inherited by programs that this one starts: its descriptor, or
   * −errno.
   */
  static long memfdCreate(String name) {
    long file = memfdCreate(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    // The second flag, which systems may be set to insist on, is known since Linux 6.3.
    return file == -Errno.EINVAL ? memfdCreate(name, MFD_CLOEXEC) : file;
  }

  private static long memfdCreate(String name, int flags) {
    try (CallState state = CallState.take();
        Arena temporary = Arena.ofConfined()) {
      MemorySegment text = temporary.allocateFrom(name);
      return state.result((int) MEMFD_CREATE.invokeExact(state.segment(), text, flags));
    } catch (Throwable e) {
      throw PosixCalls.rethrow(e);
    }
  }

  /** Sets the size of a file: 0 or −errno. */
  static long ftruncate(int file, long byteSize) {
    try (CallState state = CallState.take()) {
      return state.result((int) FTRUNCATE.invokeExact(state.segment(), file, byteSize));
    } catch (Throwable e) {
      throw PosixCalls.rethrow(e);
    }
  }

  /** Gives back the memory of a part of a file, which reads as zero then: 0 or −errno. */
  static long punchHole(int file, long byteOffset, long byteLength) {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    try (CallState state = CallState.take()) {
      return state.result(
          (int) FALLOCATE.invokeExact(state.segment(), file, mode, byteOffset, byteLength));
    } catch (Throwable e) {
      throw PosixCalls.rethrow(e);
    }
  }

  /** Maps a part of a file, to be seen by all who map it: its address, or −errno. */
  static long map(int file, long byteOffset, long byteLength, int protection) {
    return PosixCalls.mmap(
        0, byteLength, protection, MAP_SHARED | PosixCalls.MAP_NORESERVE, file, byteOffset);
  }

  /** The same, in the place of whatever lies at an address. */
  static long mapOver(long address, int file, long byteOffset, long byteLength, int protection) {
    int flags = MAP_FIXED | MAP_SHARED | PosixCalls.MAP_NORESERVE;
    return PosixCalls.mmap(address, byteLength, protection, flags, file, byteOffset);
  }

  /** Closes a file: 0 or −errno. */
  static long close(int file) {
    try (CallState state = CallState.take()) {
      return state.result((int) CLOSE.invokeExact(state.segment(), file));
    } catch (Throwable e) {
      throw PosixCalls.rethrow(e);
    }
  }
}
