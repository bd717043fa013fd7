// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * One reserved range of native address space, with the means to give parts of it back to the system
 * and to learn how much of it is resident.
 *
 * <p>On Linux and macOS ({@link #reserve}) it is a mapping of its own between two guard pages that
 * can be neither read nor written. A page of it costs no memory before it is first touched, unless
 * {@link Commitment#EAGER} is asked for. Elsewhere, and with {@link #reservePortable}, it is one
 * allocation of a {@link java.lang.foreign.Arena}. That costs, in time and in memory, what it is
 * large: the JDK fills it with zeros as it is reserved, so all of it is resident from the start,
 * nothing of it can be given back before it is closed, and it counts towards the JVM's limit on
 * direct memory ({@code -XX:MaxDirectMemorySize}).
 *
 * <p>A region is zero all over when it is reserved.
 *
 * <p><b>Ranges</b> are given by an offset from the start of the region and a length, both in bytes
 * and both multiples of {@link #osPageSize()}; a length of zero does nothing.
 *
 * <p><b>Threads.</b> All methods may be called by any threads at the same time, virtual ones too. A
 * call into the system holds the region open: a {@link #close()} meanwhile fails. What happens to
 * bytes that one thread writes while another decommits them is not defined, but that each is either
 * what was written or zero.
 *
 * <p><b>After {@link #close()}</b> the methods that act on a range throw {@link
 * IllegalStateException}, as do accesses through {@link #segment()}. Accesses by raw {@linkplain
 * #address() address} are not checked, and end the JVM.
 */
public sealed interface Region extends AutoCloseable permits MappedRegion, PortableRegion {

  /** When the pages of a region become resident. */
  enum Commitment {
    /**
     * A page becomes resident when it is first touched. A reservation may be larger than the
     * machine's memory, unless the system is set to account for all of it ({@code
     * vm.overcommit_memory=2}).
     */
    LAZY,

    /**
     * All pages are resident once the region is reserved, which takes time and memory for each of
     * them. What the system does not have it refuses at once.
     */
    EAGER
  }

  /**
   * Reserves a region: a mapping of its own where {@link PosixVirtualMemory#available()}, else a
   * {@linkplain #reservePortable portable} one.
   *
   * @param byteSize bytes to reserve, at least 1; rounded up to whole OS pages
   * @param byteAlignment alignment of the first byte: a power of two, at least {@link
   *     #osPageSize()}
   * @param commitment when its pages become resident
   * @return the region, all zeros
   * @throws IllegalArgumentException if size or alignment are not as stated
   * @throws SystemCallException if the system refuses; {@code ENOMEM} means that there is not so
   *     much address space, or memory
   */
  static Region reserve(long byteSize, long byteAlignment, Commitment commitment) {
    if (!PosixVirtualMemory.available()) {
      return reservePortable(byteSize, byteAlignment, commitment);
    }
    Pages.checkSize(byteSize);
    Pages.checkAlignment(byteAlignment);
    Objects.requireNonNull(commitment, "commitment");
    return PosixRegion.reserve(Pages.roundUp(byteSize), byteAlignment, commitment);
  }

  /**
   * Reserves a region that needs nothing but the JDK, at the price stated for {@link Region}.
   *
   * @param byteSize bytes to reserve, at least 1; rounded up to whole OS pages
   * @param byteAlignment alignment of the first byte: a power of two, at least {@link
   *     #osPageSize()}
   * @param commitment has no effect: all pages are resident at once
   * @return the region, all zeros
   * @throws IllegalArgumentException if size or alignment are not as stated
   * @throws SystemCallException {@code ENOMEM}, if there is not so much memory or the JVM's limit
   *     on direct memory is reached
   */
  static Region reservePortable(long byteSize, long byteAlignment, Commitment commitment) {
    Pages.checkSize(byteSize);
    Pages.checkAlignment(byteAlignment);
    Objects.requireNonNull(commitment, "commitment");
    return PortableRegion.reserve(Pages.roundUp(byteSize), byteAlignment);
  }

  /**
   * Reserves a region on a file in memory that has no name (Linux' {@code memfd_create}), so that
   * parts of it can be mapped a second time, in any order: {@link #window}.
   *
   * <p>It does what a region of anonymous memory does, with guard pages, but for this:
   *
   * <ul>
   *   <li>A page becomes resident when it is first read, too: there is no page of zeros shared by
   *       all that was never written.
   *   <li>{@link #decommit} punches a hole into the file. Pages locked in memory go as well.
   *   <li>The pages are shared memory. The system accounts for them as such ({@code RssShmem} in
   *       {@code /proc/self/status}, {@code shmem} of a control group), writes them to a core dump
   *       only if told to, and backs them by huge pages as {@code
   *       /sys/kernel/mm/transparent_hugepage/shmem_enabled} says.
   *   <li>After {@code fork(2)} parent and child have the same pages, not copies: what one writes
   *       the other reads. The JVM itself forks only to start programs, which do not inherit the
   *       file; it matters where native code forks and goes on.
   * </ul>
   *
   * @param byteSize bytes to reserve, at least 1; rounded up to whole OS pages
   * @param byteAlignment alignment of the first byte: a power of two, at least {@link
   *     #osPageSize()}
   * @param commitment when its pages become resident
   * @return the region, all zeros
   * @throws IllegalArgumentException if size or alignment are not as stated
   * @throws UnsupportedOperationException if not {@link #memfdAvailable}
   * @throws SystemCallException if the system refuses; {@code ENOMEM} means that there is not so
   *     much address space, or memory
   */
  static Region reserveMemfd(long byteSize, long byteAlignment, Commitment commitment) {
    Pages.checkSize(byteSize);
    Pages.checkAlignment(byteAlignment);
    Objects.requireNonNull(commitment, "commitment");
    if (!memfdAvailable()) {
      throw new UnsupportedOperationException(
          "no files in memory without a name (memfd_create) on %s"
              .formatted(System.getProperty("os.name")));
    }
    return MemfdRegion.reserve(Pages.roundUp(byteSize), byteAlignment, commitment);
  }

  /**
   * Whether there is {@link #reserveMemfd}.
   *
   * @return {@code true} on Linux with 64-bit addresses and a C library that knows the calls
   */
  static boolean memfdAvailable() {
    return MemfdCalls.available();
  }

  /**
   * The size of the system's pages.
   *
   * @return bytes, a power of two; 4,096 where the system cannot be asked
   */
  static long osPageSize() {
    return Pages.SIZE;
  }

  /**
   * The memory of the machine, whatever part of it this process is allowed to use.
   *
   * @return bytes; where the system cannot be asked, the most that the JVM takes for its own
   *     objects
   */
  static long physicalMemory() {
    long pages = PosixVirtualMemory.available() ? PosixCalls.physicalPages() : -1;
    return pages > 0 ? pages * Pages.SIZE : Runtime.getRuntime().maxMemory();
  }

  /**
   * The address of the first byte. It may still be asked for after {@link #close()}.
   *
   * @return the address, aligned as asked for
   */
  long address();

  /**
   * The size of the region. It may still be asked for after {@link #close()}.
   *
   * @return bytes, a multiple of {@link #osPageSize()}
   */
  long byteSize();

  /**
   * The whole region. Any thread may access it. Once the region is closed an access throws {@link
   * IllegalStateException}.
   *
   * @return always the same segment
   */
  MemorySegment segment();

  /**
   * Whether {@link #decommit} gives memory back to the system, or only clears it.
   *
   * @return {@code true} if it gives memory back
   */
  boolean decommits();

  /**
   * Makes a range zero and, if {@link #decommits()}, not resident. It stays reserved, and becomes
   * resident again where it is touched.
   *
   * <p>Cost: one call into the system and its work for each resident page. Without {@link
   * #decommits()}, and where the system keeps the pages because they are locked in memory ({@code
   * mlockall}), the range is filled with zeros instead.
   *
   * @param byteOffset start of the range
   * @param byteLength bytes in the range
   * @throws IllegalArgumentException if the range is not of whole OS pages within the region
   * @throws IllegalStateException if the region is closed
   * @throws SystemCallException if the system refuses
   */
  void decommit(long byteOffset, long byteLength);

  /**
   * Tells the system to back the region by huge pages where it can, or not to. A hint: contents
   * stay as they are, and pages that are resident need not change. With huge pages, one touched
   * byte can make as much as a huge page resident.
   *
   * @param on {@code true} for huge pages, {@code false} against them
   * @return {@code false} if the system has no such advice or does not take it
   * @throws IllegalStateException if the region is closed
   * @throws SystemCallException if the system takes such advice and yet fails
   */
  boolean adviseHugePages(boolean on);

  /**
   * Makes a range resident and writable without a page fault, and leaves its contents as they are;
   * other threads may write to it meanwhile. A range larger than the memory that is left may end
   * the process, as touching it would.
   *
   * @param byteOffset start of the range
   * @param byteLength bytes in the range
   * @throws IllegalArgumentException if the range is not of whole OS pages within the region
   * @throws IllegalStateException if the region is closed
   * @throws SystemCallException if the system refuses
   */
  void populate(long byteOffset, long byteLength);

  /**
   * How much of a range is resident, as the system tells. The answer holds for the past only:
   * threads may be touching pages meanwhile. A page that was read but never written may count as
   * resident, though the system keeps one page of zeros for all of those.
   *
   * <p>Cost: one call into the system for each 65,536 OS pages. Without {@link #decommits()} the
   * answer is the length.
   *
   * @param byteOffset start of the range
   * @param byteLength bytes in the range
   * @return bytes, a multiple of {@link #osPageSize()}
   * @throws IllegalArgumentException if the range is not of whole OS pages within the region
   * @throws IllegalStateException if the region is closed
   * @throws SystemCallException if the system refuses
   */
  long residentBytes(long byteOffset, long byteLength);

  /**
   * Whether there can be a {@link #window}.
   *
   * @return {@code true} if it was made by {@link #reserveMemfd}
   */
  default boolean hasWindows() {
    return false;
  }

  /**
   * Reserves address space in which parts of this region can be seen a second time.
   *
   * <p>Each place costs one of the mappings of which the system allows a process only so many
   * ({@code vm.max_map_count}). So that the JVM never runs out of them, the windows of a region
   * have at most half of that number together.
   *
   * @param byteSize size of the window, at least 1; rounded up to whole OS pages
   * @param byteAlignment alignment of its first byte: a power of two, at least {@link
   *     #osPageSize()}
   * @param places how many parts are to be placed in it, at most; 1 or more
   * @return the window, in which nothing can be accessed yet
   * @throws UnsupportedOperationException if not {@link #hasWindows}
   * @throws IllegalArgumentException if size, alignment or places are not as stated
   * @throws IllegalStateException if the region is closed
   * @throws SystemCallException if the system refuses; {@code ENOMEM} means that there is not so
   *     much address space, or that there would be too many mappings
   */
  default Window window(long byteSize, long byteAlignment, int places) {
    throw new UnsupportedOperationException(
        "only a region on a memory file (Region.reserveMemfd) can be mapped a second time, not "
            + this);
  }

  /**
   * Gives the address space back. The second time it does nothing.
   *
   * @throws IllegalStateException if another thread is in a call on the region, or in a native call
   *     that was given its segment; nothing has changed then, and closing may be tried again
   */
  @Override
  void close();
}
