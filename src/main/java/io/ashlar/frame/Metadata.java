// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;
import io.ashlar.memory.Padding;
import io.ashlar.region.Region;

/**
 * Address space for records about memory, apart from the memory itself, so that a stray write by a
 * user cannot damage them. Handed out once, never freed; zero, and resident only where touched. Not
 * thread-safe.
 */
public final class Metadata implements AutoCloseable {

  private final Region region;
  private long next;

  /**
   * Reserves the address space.
   *
   * @param byteSize bytes that can be handed out
   * @param portable whether to do without the system's calls
   */
  public Metadata(long byteSize, boolean portable) {
    long pageSize = Region.osPageSize();
    region =
        portable
            ? Region.reservePortable(byteSize, pageSize, Region.Commitment.LAZY)
            : Region.reserve(byteSize, pageSize, Region.Commitment.LAZY);
  }

  /**
   * Hands out zeroed memory on cache lines of its own.
   *
   * @param byteSize bytes wanted
   * @return its address, a multiple of {@link Padding#BYTES}
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
    return Bits.alignUp(byteSize, Padding.BYTES);
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
   * Gives back the whole system pages inside a range; the range must be zero in content already,
   * and reads as zero afterwards.
   *
   * @param address where it begins
   * @param byteLength bytes in it
   */
  public void decommitZero(long address, long byteLength) {
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
}
