// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.lang.foreign.MemorySegment;

/**
 * System calls on anonymous memory by raw address: mappings of their own, for blocks that are too
 * large for a {@link Region}.
 *
 * <p>Sizes are in bytes and are rounded up to whole OS pages. A mapping has no guard pages, is zero
 * when it is new, and becomes resident as it is touched; where the system is set to refuse what it
 * could never back, it refuses here.
 *
 * <p>Addresses are not checked: to unmap or remap what {@link #map}, {@link #mapAligned} or {@link
 * #remap} have not given, or to touch what was unmapped, damages the process.
 *
 * <p>Any thread may call, for any mapping. Each call takes the kernel's lock on the address space
 * of the process for a short time; once compiled, no call makes garbage.
 */
public final class PosixVirtualMemory {

  private PosixVirtualMemory() {}

  /**
   * Whether this class knows the system that it runs on. Where it does not, the other methods throw
   * {@link UnsupportedOperationException}.
   *
   * @return {@code true} on Linux and macOS with 64-bit addresses
   */
  public static boolean available() {
    return PosixSystem.CURRENT != PosixSystem.OTHER;
  }

  /**
   * Maps memory.
   *
   * @param byteSize bytes, at least 1
   * @return its address, aligned to an OS page; 0 if the system has not so much memory or address
   *     space
   * @throws IllegalArgumentException if the size is not positive
   * @throws SystemCallException if the system refuses for another reason
   */
  public static long map(long byteSize) {
    checkAvailable();
    Pages.checkSize(byteSize);
    return mapPages(Pages.roundUp(byteSize));
  }

  /**
   * Maps memory at an aligned address.
   *
   * @param byteSize bytes, at least 1
   * @param byteAlignment alignment, a power of two, at least {@link Region#osPageSize()}
   * @return its address; 0 if the system has not so much memory or address space
   * @throws IllegalArgumentException if the size is not positive or the alignment not as stated
   * @throws SystemCallException if the system refuses for another reason
   */
  public static long mapAligned(long byteSize, long byteAlignment) {
    checkAvailable();
    Pages.checkSize(byteSize);
    Pages.checkAlignment(byteAlignment);
    long size = Pages.roundUp(byteSize);
    // Newer kernels align large mappings to huge pages by themselves, so the first is often right.
    long first = mapPages(size);
    if ((first & (byteAlignment - 1)) == 0) {
      return first; // or 0
    }
    unmap(first, size);
    long mappedBytes = Pages.saturatedSum(size, byteAlignment - Pages.SIZE);
    long mapping = mapPages(mappedBytes);
    if (mapping == 0) {
      return 0;
    }
    long address = (mapping + byteAlignment - 1) & -byteAlignment;
    if (address > mapping) {
      unmap(mapping, address - mapping);
    }
    long end = address + size;
    if (end < mapping + mappedBytes) {
      unmap(end, mapping + mappedBytes - end);
    }
    return address;
  }

  /**
   * Changes the size of a mapping and keeps its contents, as far as the smaller of the two sizes
   * goes; what is added is zero. No bytes are copied: the system moves pages to another address if
   * there is no room behind them. An alignment above that of an OS page is lost by that.
   *
   * @param address address of the mapping
   * @param oldByteSize its size until now, at least 1
   * @param newByteSize its size to be, at least 1
   * @return its address from now on; 0, and nothing has changed, if there is no memory for it or
   *     the system has no such call (only Linux has)
   * @throws IllegalArgumentException if a size is not positive
   * @throws SystemCallException if the system refuses for another reason
   */
  public static long remap(long address, long oldByteSize, long newByteSize) {
    checkAvailable();
    Pages.checkSize(oldByteSize);
    Pages.checkSize(newByteSize);
    if (PosixSystem.CURRENT != PosixSystem.LINUX) {
      return 0;
    }
    long oldSize = Pages.roundUp(oldByteSize);
    long newSize = Pages.roundUp(newByteSize);
    if (oldSize == newSize) {
      return address;
    }
    long result = PosixCalls.mremap(address, oldSize, newSize);
    // Newer kernels give EINVAL for more than the whole address space. Its other causes are a size
    // of
    // zero, which was refused above, and an address within a page.
    boolean tooLarge =
        result == -Errno.EINVAL && newSize > oldSize && (address & (Pages.SIZE - 1)) == 0;
    if (result < 0 && !tooLarge && !outOfMemory(result)) {
      throw new SystemCallException(
          "mremap",
          (int) -result,
          "0x%x from %,d to %,d bytes".formatted(address, oldSize, newSize));
    }
    return Math.max(result, 0);
  }

  /**
   * Gives a mapping back.
   *
   * @param address address of the mapping
   * @param byteSize its size, at least 1
   * @throws IllegalArgumentException if the size is not positive
   * @throws SystemCallException if the system refuses; the mapping is as it was
   */
  public static void unmap(long address, long byteSize) {
    checkAvailable();
    Pages.checkSize(byteSize);
    long size = Pages.roundUp(byteSize);
    long result = PosixCalls.munmap(address, size);
    if (result < 0) {
      throw new SystemCallException(
          "munmap", (int) -result, "0x%x, %,d bytes".formatted(address, size));
    }
  }

  /**
   * How much of a mapping is resident, as {@link Region#residentBytes} has it. The mapping may be
   * given back meanwhile; the answer is then anything up to its size.
   *
   * @param address address of the mapping
   * @param byteSize its size, at least 1
   * @return bytes, a multiple of {@link Region#osPageSize()}; 0 if part of the range is not mapped
   * @throws IllegalArgumentException if the size is not positive
   * @throws SystemCallException if the system refuses for another reason
   */
  @SuppressWarnings("restricted") // nothing of it is touched
  public static long residentBytes(long address, long byteSize) {
    checkAvailable();
    Pages.checkSize(byteSize);
    long size = Pages.roundUp(byteSize);
    long result = MappedRegion.residentBytes(MemorySegment.ofAddress(address).reinterpret(size));
    if (result < 0 && result != -Errno.ENOMEM) {
      throw new SystemCallException(
          "mincore", (int) -result, "0x%x, %,d bytes".formatted(address, size));
    }
    return Math.max(result, 0);
  }

  private static long mapPages(long byteSize) {
    long result = PosixCalls.mmap(byteSize, PosixCalls.PROT_READ_WRITE, 0);
    if (result < 0 && !outOfMemory(result)) {
      throw new SystemCallException("mmap", (int) -result, "%,d bytes".formatted(byteSize));
    }
    return Math.max(result, 0);
  }

  /** {@code EAGAIN} comes where all memory is locked and the limit on that is reached. */
  private static boolean outOfMemory(long result) {
    return result == -Errno.ENOMEM || result == -Errno.EAGAIN;
  }

  private static void checkAvailable() {
    if (!available()) {
      throw new UnsupportedOperationException(
          "no virtual-memory calls known for %s on %s"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    }
  }
}
