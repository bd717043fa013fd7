// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;
import io.ashlar.region.Region;

/**
 * Address space for records about memory, apart from the memory itself, so that a stray write by a
 * user cannot damage them. Handed out once, never freed; zero, and resident only where touched. Not
 * thread-safe.
 */
public final class Metadata implements AutoCloseable {

  /** What {@link io.ashlar.memory.Memory#packBase} needs. */
  private static final long ALIGNMENT = 64 << 10;

  /**
   * Unused space behind each allocation, in which tables begin at unlike addresses though their
   * sizes are powers of two: processors that find the way of a cache by a hash of the address
   * (AMD's since 2017) take two lines for one where a table begins 4 GiB behind another, and miss
   * on every access to both. Seen as a factor of ten in an allocate-and-free loop.
   */
  private static final long STAGGER = 3 * ALIGNMENT;

  private final Region region;
  private long next;

  /**
   * Reserves the address space.
   *
   * @param byteSize bytes that can be handed out
   * @param portable whether to do without the system's calls
   */
  public Metadata(long byteSize, boolean portable) {
    long alignment = alignment();
    region =
        portable
            ? Region.reservePortable(byteSize, alignment, Region.Commitment.LAZY)
            : Region.reserve(byteSize, alignment, Region.Commitment.LAZY);
  }

  /**
   * Hands out zeroed memory at a multiple of 64 KiB, on system pages of its own.
   *
   * @param byteSize bytes wanted
   * @return its address, a multiple of 64 KiB
   * @throws IllegalStateException if no more is left
   */
  public long allocate(long byteSize) {
    long offset = next;
    long end = offset + footprint(byteSize);
    if (end > region.byteSize()) {
      throw new IllegalStateException("metadata of %,d bytes does not fit".formatted(byteSize));
    }
    next = end;
    return region.address() + offset;
  }

  /**
   * The address space that {@link #allocate} takes.
   *
   * @param byteSize bytes wanted
   * @return bytes taken
   */
  public static long footprint(long byteSize) {
    return Bits.alignUp(byteSize, alignment()) + STAGGER;
  }

  /**
   * The memory that the records take.
   *
   * @return bytes resident, as the kernel has it
   */
  public long residentBytes() {
    return region.residentBytes(0, region.byteSize());
  }

  /**
   * The memory that a range takes.
   *
   * @param address where it begins, a multiple of the system's page
   * @param byteLength bytes in it, a multiple of the system's page
   * @return bytes resident, as the kernel has it
   */
  public long residentBytes(long address, long byteLength) {
    return region.residentBytes(address - region.address(), byteLength);
  }

  /**
   * The memory that the records take that were made before some other.
   *
   * @param address where that one begins, as {@link #allocate} gave it
   * @return bytes resident, as the kernel has it
   */
  public long residentBytesBefore(long address) {
    return region.residentBytes(0, address - region.address());
  }

  /**
   * Gives back the whole system pages inside a range. Those read as zero afterwards, so what is in
   * them must be zero already, or of no more use.
   *
   * @param address where it begins
   * @param byteLength bytes in it
   */
  public void decommit(long address, long byteLength) {
    long pageSize = Region.osPageSize();
    long from = Bits.alignUp(address - region.address(), pageSize);
    long to = Bits.alignDown(address - region.address() + byteLength, pageSize);
    if (from < to) {
      region.decommit(from, to - from);
    }
  }

  @Override
  public void close() {
    region.close();
  }

  private static long alignment() {
    return Math.max(ALIGNMENT, Region.osPageSize());
  }
}
