// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A region that is a mapping of its own: all but what depends on the kind of memory in it.
 *
 * <p>Address space, not to scale:
 *
 * <pre>
 *  mapping                                                        mapping + mappedBytes
 *  | no access: guard page, and      | read, write: the region | no access: what the |
 *  | what aligns the region          |                         | alignment left,     |
 *  | (at least one OS page)          |                         | and guard page      |
 * </pre>
 *
 * <p>All of it is mapped without access by one call, then the middle is opened. The ends stay
 * mapped: they cost address space only, and a stray access beside the region faults instead of
 * hitting another mapping.
 *
 * <p>The scope of the segment is a shared arena, and unmapping is its clean-up action. So the JDK
 * sees to it that no access through the segment, and no call that was handed a part of it, is under
 * way when the range goes.
 */
abstract sealed class MappedRegion implements Region permits PosixRegion, MemfdRegion {

  /** Bytes of the vector that {@code mincore} fills, one for each page: 256 MiB of 4 KiB pages. */
  private static final long VECTOR_BYTES = 1L << 16;

  /** Picks the lowest bit of each of eight bytes: the one that says resident. */
  private static final long RESIDENT_BITS = 0x0101_0101_0101_0101L;

  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

  private final Arena arena;
  private final MemorySegment segment;

  /**
   * Makes a region of a mapping.
   *
   * @param arena whose close unmaps it
   * @param segment its middle, as {@link #map} returned it
   */
  MappedRegion(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /**
   * Maps anonymous private memory and opens its middle. Once the arena is closed, all of it is
   * unmapped.
   */
  @SuppressWarnings("restricted") // the range is one that no other mapping lies in
  static MemorySegment map(
      Arena arena, long byteSize, long byteAlignment, Commitment commitment, String request) {
    // Room for a start that is aligned and at least one page in, and for one page behind. Starts of
    // mappings are aligned to a page, so up to alignment - page are lost to aligning.
    long mappedBytes = Pages.saturatedSum(Pages.saturatedSum(byteSize, byteAlignment), Pages.SIZE);
    // An eager region is to be accounted for, so that one larger than memory is refused; a lazy one
    // is not, as few of its pages may ever be touched.
    int flags = commitment == Commitment.LAZY ? PosixCalls.MAP_NORESERVE : 0;
    long mapping = PosixCalls.mmap(mappedBytes, PosixCalls.PROT_NONE, flags);
    check("mmap", mapping, request);
    long address = (mapping + Pages.SIZE + byteAlignment - 1) & -byteAlignment;
    MemorySegment segment;
    try {
      segment =
          MemorySegment.ofAddress(address)
              .reinterpret(byteSize, arena, s -> PosixVirtualMemory.unmap(mapping, mappedBytes));
    } catch (OutOfMemoryError e) {
      PosixVirtualMemory.unmap(mapping, mappedBytes); // which the arena does not know of yet
      throw e;
    }
    check("mprotect", PosixCalls.mprotect(address, byteSize, PosixCalls.PROT_READ_WRITE), request);
    return segment;
  }

  /** What an error says of a reservation. */
  static String request(long byteSize, long byteAlignment, Commitment commitment) {
    return "to reserve %,d bytes aligned to %,d, %s".formatted(byteSize, byteAlignment, commitment);
  }

  @Override
  public long address() {
    return segment.address();
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public boolean decommits() {
    return true;
  }

  @Override
  public boolean adviseHugePages(boolean on) {
    MemorySegment range = range(0, byteSize());
    if (PosixSystem.CURRENT != PosixSystem.LINUX) {
      return false;
    }
    int advice = on ? PosixCalls.MADV_HUGEPAGE : PosixCalls.MADV_NOHUGEPAGE;
    long result = PosixCalls.madvise(range, advice);
    if (result == -Errno.EINVAL) {
      return false; // a kernel built without transparent huge pages
    }
    check(on ? "madvise(MADV_HUGEPAGE)" : "madvise(MADV_NOHUGEPAGE)", result, range);
    return true;
  }

  @Override
  public void populate(long byteOffset, long byteLength) {
    MemorySegment range = range(byteOffset, byteLength);
    if (byteLength == 0) {
      return;
    }
    if (PosixSystem.CURRENT != PosixSystem.LINUX) {
      touch(range);
      return;
    }
    long result;
    do {
      result = PosixCalls.madvise(range, PosixCalls.MADV_POPULATE_WRITE);
    } while (result == -Errno.EINTR);
    if (result == -Errno.EINVAL) {
      touch(range); // Linux before 5.14
    } else {
      check("madvise(MADV_POPULATE_WRITE)", result, range);
    }
  }

  /** Writes to each page what it holds, atomically: what others write meanwhile is not lost. */
  static void touch(MemorySegment range) {
    for (long offset = 0; offset < range.byteSize(); offset += Pages.SIZE) {
      INT.getAndBitwiseOr(range, offset, 0);
    }
  }

  @Override
  public long residentBytes(long byteOffset, long byteLength) {
    MemorySegment range = range(byteOffset, byteLength);
    long resident = residentBytes(range);
    check("mincore", resident, range);
    return resident;
  }

  /** How much of a range of whole pages is resident, or −errno. */
  static long residentBytes(MemorySegment range) {
    long pages = range.byteSize() / Pages.SIZE;
    if (pages == 0) {
      return 0;
    }
    try (Arena temporary = Arena.ofConfined()) {
      // Whole words, so that they can be counted eight bytes at a time. The kernel writes only as
      // many bytes as there are pages; those behind must not count.
      long vectorBytes = Math.min((pages + 7) & -8, VECTOR_BYTES);
      MemorySegment vector = temporary.allocate(vectorBytes, Long.BYTES);
      long resident = 0;
      for (long page = 0; page < pages; page += vectorBytes) {
        long slicePages = Math.min(vectorBytes, pages - page);
        MemorySegment slice = range.asSlice(page * Pages.SIZE, slicePages * Pages.SIZE);
        long result = PosixCalls.mincore(slice, vector);
        if (result < 0) {
          return result;
        }
        vector.asSlice(slicePages).fill((byte) 0);
        for (long i = 0; i < slicePages; i += Long.BYTES) {
          resident += Long.bitCount(vector.get(ValueLayout.JAVA_LONG, i) & RESIDENT_BITS);
        }
      }
      return resident * Pages.SIZE;
    }
  }

  @Override
  public synchronized void close() {
    if (segment.scope().isAlive()) {
      arena.close();
    }
  }

  /** Checks that the region is open and the range valid. */
  final MemorySegment range(long byteOffset, long byteLength) {
    checkOpen();
    Pages.checkRange(byteOffset, byteLength, byteSize());
    return segment.asSlice(byteOffset, byteLength);
  }

  static void check(String call, long result, MemorySegment range) {
    if (result < 0) {
      check(call, result, "0x%x, %,d bytes".formatted(range.address(), range.byteSize()));
    }
  }

  static long check(String call, long result, String request) {
    if (result < 0) {
      throw new SystemCallException(call, (int) -result, request);
    }
    return result;
  }

  final void checkOpen() {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the region is closed: " + this);
    }
  }

  @Override
  public String toString() {
    return "%s[0x%x, %,d bytes]".formatted(getClass().getSimpleName(), address(), byteSize());
  }
}
