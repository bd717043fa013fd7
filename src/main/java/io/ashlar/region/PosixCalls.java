// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The kernel's calls on memory, as they are in C, but that a failed call returns its error number
 * made negative, as the kernel itself does. Addresses of user space are positive.
 *
 * <p>Calls on a part of a region take it as a {@link MemorySegment}, not as an address: the linker
 * then holds the region's scope open for the time of the call, so that no other thread can unmap
 * the range under it and let the call hit a mapping that has come in its place.
 *
 * <p>To be touched only where {@link PosixSystem#CURRENT} is not {@link PosixSystem#OTHER}.
 */
final class PosixCalls {

  static final int PROT_NONE = 0;
  static final int PROT_READ_WRITE = 1 | 2;

  private static final int MAP_PRIVATE = 2;
  private static final int MAP_FIXED = 0x10;
  private static final int MAP_ANONYMOUS = PosixSystem.CURRENT.mapAnonymous;
  static final int MAP_NORESERVE = PosixSystem.CURRENT.mapNoReserve;

  // Advice of Linux. macOS has other numbers, or the same number with another meaning.
  static final int MADV_DONTNEED = 4;
  static final int MADV_HUGEPAGE = 14;
  static final int MADV_NOHUGEPAGE = 15;
  static final int MADV_POPULATE_WRITE = 23;

  private static final int MREMAP_MAYMOVE = 1;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  private static final MethodHandle MMAP =
      link("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MMAP_OVER =
      link("mmap", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MUNMAP = link("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MPROTECT =
      link("mprotect", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle MADVISE =
      link("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle MINCORE =
      link("mincore", JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle SYSCONF = link("sysconf", JAVA_LONG, JAVA_INT);
  private static final MethodHandle GETPAGESIZE = link("getpagesize", JAVA_INT);

  private PosixCalls() {}

  @SuppressWarnings("restricted") // what this package is for
  static MethodHandle link(String name, MemoryLayout result, MemoryLayout... parameters) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters), ERRNO);
  }

  /** {@code mremap} in a holder of its own: macOS has none. */
  private static final class Mremap {
    // In C its four parameters are followed by an ellipsis.
    @SuppressWarnings("restricted")
    static final MethodHandle HANDLE =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("mremap"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT),
            ERRNO,
            Linker.Option.firstVariadicArg(4));
  }

  /** Maps anonymous private memory: its address, or −errno. */
  static long mmap(long byteSize, int protection, int flags) {
    return mmap(0, byteSize, protection, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }

  /** Maps whatever the flags say: its address, or −errno. */
  static long mmap(
      long address, long byteSize, int protection, int flags, int file, long byteOffset) {
    try (CallState state = CallState.take()) {
      return state.result(
          (long)
              MMAP.invokeExact(
                  state.segment(), address, byteSize, protection, flags, file, byteOffset));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Maps anonymous private memory in the place of a part of a region: its address, or −errno. */
  static long mmapOver(MemorySegment range, int protection, int flags) {
    try (CallState state = CallState.take()) {
      return state.result(
          (long)
              MMAP_OVER.invokeExact(
                  state.segment(),
                  range,
                  range.byteSize(),
                  protection,
                  flags | MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
                  -1,
                  0L));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Unmaps: 0 or −errno. */
  static long munmap(long address, long byteSize) {
    try (CallState state = CallState.take()) {
      return state.result((int) MUNMAP.invokeExact(state.segment(), address, byteSize));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Changes the protection of a range: 0 or −errno. */
  static long mprotect(long address, long byteSize, int protection) {
    try (CallState state = CallState.take()) {
      return state.result(
          (int) MPROTECT.invokeExact(state.segment(), address, byteSize, protection));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Changes the size of a mapping, moving it if it must: the address, or −errno. */
  static long mremap(long address, long oldByteSize, long newByteSize) {
    try (CallState state = CallState.take()) {
      return state.result(
          (long)
              Mremap.HANDLE.invokeExact(
                  state.segment(), address, oldByteSize, newByteSize, MREMAP_MAYMOVE));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Gives advice on a range: 0 or −errno. */
  static long madvise(MemorySegment range, int advice) {
    try (CallState state = CallState.take()) {
      return state.result(
          (int) MADVISE.invokeExact(state.segment(), range, range.byteSize(), advice));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Writes one byte per OS page of the range, its lowest bit set if resident: 0 or −errno. */
  static long mincore(MemorySegment range, MemorySegment vector) {
    try (CallState state = CallState.take()) {
      return state.result(
          (int) MINCORE.invokeExact(state.segment(), range, range.byteSize(), vector));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Bytes of an OS page. */
  static long pageSize() {
    try (CallState state = CallState.take()) {
      return (int) GETPAGESIZE.invokeExact(state.segment());
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** OS pages of memory that the machine has, or −errno. */
  static long physicalPages() {
    try (CallState state = CallState.take()) {
      return state.result(
          (long) SYSCONF.invokeExact(state.segment(), PosixSystem.CURRENT.scPhysPages));
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** A linked function throws nothing that is checked. */
  static RuntimeException rethrow(Throwable e) {
    if (e instanceof RuntimeException runtime) {
      throw runtime;
    }
    if (e instanceof Error error) {
      throw error;
    }
    throw new IllegalStateException(e);
  }
}
