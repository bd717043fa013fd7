// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

/**
 * A range of address space in which parts of a {@link Region} are seen a second time, in any order:
 * parts that are not neighbours in the region become neighbours here. Made by {@link
 * Region#window}.
 *
 * <pre>
 *   region    … | a | … | b | … … | c | …
 *
 *   window    no access | c | a | b | no access
 * </pre>
 *
 * <p>What is written in one place is read in the other: it is the same memory. Where nothing has
 * been {@linkplain #place placed} yet, and in the guard pages on both sides, an access faults.
 *
 * <p>Not thread-safe, but for the memory. A window outlives the region, and keeps the memory alive
 * that it shows, but nothing more can be placed then.
 */
public final class Window implements AutoCloseable {

  /** Mappings that the kernel has for a window besides one for each place. */
  static final int GUARDS = 2;

  private final MemfdRegion region;
  private final long mapping;
  private final long mappedBytes;
  private final long address;
  private final int mappings;
  private long byteSize;
  private boolean closed;

  Window(
      MemfdRegion region,
      long mapping,
      long mappedBytes,
      long address,
      long byteSize,
      int mappings) {
    this.region = region;
    this.mapping = mapping;
    this.mappedBytes = mappedBytes;
    this.address = address;
    this.byteSize = byteSize;
    this.mappings = mappings;
  }

  /**
   * Where the window begins.
   *
   * @return an address, aligned as asked for
   */
  public long address() {
    return address;
  }

  /**
   * The size of the window.
   *
   * @return bytes, a multiple of {@link Region#osPageSize()}
   */
  public long byteSize() {
    return byteSize;
  }

  /**
   * Shows a part of the region, instead of what was there. Ranges are of whole OS pages.
   *
   * @param byteOffset where in the window
   * @param regionOffset where the part begins in the region
   * @param byteLength bytes in it, 1 or more
   * @throws IllegalArgumentException if a range is not of whole pages within window and region
   * @throws IllegalStateException if the window or the region is closed
   * @throws SystemCallException if the system refuses, {@code ENOMEM} if the process has as many
   *     mappings as it may have ({@code vm.max_map_count}); nothing has changed then
   */
  public void place(long byteOffset, long regionOffset, long byteLength) {
    checkOpen();
    Pages.checkSize(byteLength);
    Pages.checkRange(byteOffset, byteLength, byteSize);
    Pages.checkRange(regionOffset, byteLength, region.byteSize());
    region.mapOver(address + byteOffset, regionOffset, byteLength, true);
  }

  /**
   * Makes the window smaller. What is cut off becomes part of the guard behind it.
   *
   * @param newByteSize its size to be, 1 or more; rounded up to whole OS pages
   * @throws IllegalArgumentException if it is below 1, or above the present size
   * @throws IllegalStateException if the window or the region is closed
   * @throws SystemCallException if the system refuses; nothing has changed then
   */
  public void shrink(long newByteSize) {
    checkOpen();
    Pages.checkSize(newByteSize);
    long size = Pages.roundUp(newByteSize);
    long cut = byteSize - size;
    Pages.checkRange(0, size, byteSize);
    if (cut > 0) {
      long start = address + size;
      region.mapOver(start, start - mapping, cut, false);
      byteSize = size;
    }
  }

  /**
   * Takes the window away. The second time it does nothing.
   *
   * @throws SystemCallException if the system refuses; nothing has changed then
   */
  @Override
  public void close() {
    if (!closed) {
      PosixVirtualMemory.unmap(mapping, mappedBytes);
      closed = true;
      region.release(mappings);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the window is closed: " + this);
    }
  }

  @Override
  public String toString() {
    return "Window[0x%x, %,d bytes]".formatted(address, byteSize);
  }
}
