// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.AllocatorStats;
import io.ashlar.InvalidFreeException;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.region.PosixVirtualMemory;
import io.ashlar.region.Region;
import java.util.List;

/**
 * What the designs have in common that cut blocks of any size out of one region: everything but
 * where a block is taken from, and where it goes when it is free.
 *
 * <p>Bytes of blocks are multiples of 16 and at least 16; a block takes as many of the region.
 * {@link LiveBlocks} tells which blocks are live and how large they are. So a bad free is refused
 * before the design hears of it, and a live block needs no header: what a user writes beyond a
 * block's end damages its neighbours' contents, but no record of live blocks.
 */
abstract class TrackedAllocator extends RegionAllocator implements Fragmentation.Source {

  /** Of regions made here, so that most aligned requests cost nothing, and for huge pages. */
  private static final long REGION_ALIGNMENT = 2L << 20;

  /** Bounds the address space that the records take. */
  static final long MAX_CAPACITY = 4L << 40;

  private static final long MIN_DEFAULT_CAPACITY = 16L << 30;

  /** Without the system's calls a region is resident as a whole, so it is small unless told so. */
  private static final long PORTABLE_CAPACITY = 256L << 20;

  /** About what this object and its parts take on the Java heap. */
  private static final long OBJECT_BYTES = 1 << 9;

  /** Of a free range, what {@link #trim} leaves alone: a list's node may be in it. */
  private static final long KEPT_BYTES = 16;

  /** Address of the region's first byte. */
  final long start;

  /** Address behind the region's last byte. */
  final long end;

  final long capacity;
  private final Metadata metadata;
  private final LiveBlocks blocks;

  private long allocations;
  private long frees;
  private long liveBytes;

  /**
   * Takes charge of a region.
   *
   * @throws IllegalArgumentException if it is larger than {@link #MAX_CAPACITY}
   */
  TrackedAllocator(Region region) {
    super(region);
    capacity = region.byteSize();
    if (capacity > MAX_CAPACITY) {
      throw new IllegalArgumentException("a region of " + capacity + " bytes");
    }
    start = region.address();
    end = start + capacity;
    metadata = new Metadata(Metadata.footprint(LiveBlocks.byteSize(capacity)), !region.decommits());
    blocks = new LiveBlocks(metadata, capacity);
  }

  /** A region for an allocator of its own. */
  static Region reserve(long capacityBytes) {
    if (capacityBytes < 1 || capacityBytes > MAX_CAPACITY) {
      throw new IllegalArgumentException("capacity " + capacityBytes);
    }
    return Region.reserve(capacityBytes, REGION_ALIGNMENT, Region.Commitment.LAZY);
  }

  /**
   * Twice the physical memory and at least 16 GiB of address space, of which nothing is resident
   * before it is used; 256 MiB where the system has no such thing.
   */
  static long defaultCapacity() {
    if (!PosixVirtualMemory.available()) {
      return PORTABLE_CAPACITY;
    }
    long twice = 1L << Bits.ceilLog2(2 * Region.physicalMemory());
    return Math.clamp(twice, MIN_DEFAULT_CAPACITY, MAX_CAPACITY);
  }

  // ---- what a design says
  // ------------------------------------------------------------------------

  /**
   * Finds room for a block.
   *
   * @param byteAlignment a power of two, at least 16
   * @param bytes a multiple of 16, at most the capacity
   * @return its address, or {@link #NULL}; then nothing has changed
   */
  abstract long take(long byteAlignment, long bytes);

  /**
   * Takes a live block back. The record of it goes when this returns.
   *
   * @throws InvalidFreeException if the design refuses; then nothing has changed
   */
  abstract void give(long address, long bytes);

  /**
   * Changes a live block's size where it is.
   *
   * @return whether it did; if not, nothing has changed
   * @throws InvalidFreeException if the design refuses
   */
  abstract boolean resize(long address, long oldBytes, long newBytes);

  /**
   * Visits every range, by offset, that {@link #take} can cut a block from.
   *
   * @throws IllegalStateException if it is not to be found for damage
   */
  abstract void visitFree(LiveBlocks.Visitor visitor);

  /** Checks what holds for this design alone; live blocks and free ranges are checked already. */
  abstract void validateDesign();

  // ---- what follows
  // ------------------------------------------------------------------------------

  final long liveBytes() {
    return liveBytes;
  }

  final long liveBlocks() {
    return allocations - frees;
  }

  @Override
  long usedBytes() {
    return liveBytes;
  }

  /** Bytes of a block for a request, or of no block if there is none so large. */
  final long blockBytes(long byteSize) {
    return byteSize > capacity
        ? Long.MAX_VALUE
        : Math.max(LiveBlocks.GRANULE_BYTES, Bits.alignUp(byteSize, LiveBlocks.GRANULE_BYTES));
  }

  @Override
  public long malloc(long byteSize) {
    checkOpen();
    checkSize(byteSize);
    return takeBlock(MIN_ALIGNMENT, byteSize);
  }

  @Override
  long allocateBlock(long byteAlignment, long byteSize, boolean zeroed) {
    checkRequest(byteAlignment, byteSize);
    long address = takeBlock(Math.max(byteAlignment, MIN_ALIGNMENT), byteSize);
    if (address != NULL && zeroed) {
      Memory.fill(address, byteSize, (byte) 0);
    }
    return address;
  }

  static void checkRequest(long byteAlignment, long byteSize) {
    checkSize(byteSize);
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
  }

  private long takeBlock(long byteAlignment, long byteSize) {
    long bytes = blockBytes(byteSize);
    if (bytes > capacity) {
      return NULL;
    }
    long address = take(byteAlignment, bytes);
    if (address != NULL) {
      record(address, bytes);
    }
    return address;
  }

  /** Takes note of a block that is handed out. */
  final void record(long address, long bytes) {
    blocks.add(address - start, bytes);
    allocations++;
    liveBytes += bytes;
  }

  /** The offset of a live block, or the refusal. */
  private long offsetOf(long address) {
    long offset = address - start;
    if (Long.compareUnsigned(offset, capacity) >= 0) {
      throw new InvalidFreeException(address, "outside the region of this allocator");
    }
    if ((offset & (LiveBlocks.GRANULE_BYTES - 1)) != 0 || !blocks.contains(offset)) {
      throw new InvalidFreeException(address, "no live block begins here");
    }
    return offset;
  }

  /** Whether a live block begins at an address. */
  final boolean isLive(long address) {
    long offset = address - start;
    return Long.compareUnsigned(offset, capacity) < 0
        && (offset & (LiveBlocks.GRANULE_BYTES - 1)) == 0
        && blocks.contains(offset);
  }

  /** Bytes of a live block, or the refusal. */
  final long bytesOf(long address) {
    return blocks.bytes(offsetOf(address));
  }

  @Override
  public void free(long address) {
    checkOpen();
    if (address != NULL) {
      release(address, bytesOf(address));
    }
  }

  private void release(long address, long bytes) {
    give(address, bytes);
    blocks.remove(address - start, bytes);
    frees++;
    liveBytes -= bytes;
  }

  @Override
  public long usableSize(long address) {
    checkOpen();
    return bytesOf(address);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    checkOpen();
    checkSize(newByteSize);
    if (address == NULL) {
      return takeBlock(MIN_ALIGNMENT, newByteSize);
    }
    long bytes = bytesOf(address);
    long newBytes = blockBytes(newByteSize);
    if (newBytes == bytes) {
      return address;
    }
    if (newBytes > capacity) {
      return NULL;
    }
    if (resize(address, bytes, newBytes)) {
      blocks.resize(address - start, bytes, newBytes);
      liveBytes += newBytes - bytes;
      return address;
    }
    if (newBytes < bytes) {
      return address;
    }
    long moved = takeBlock(MIN_ALIGNMENT, newByteSize);
    if (moved != NULL) {
      Memory.copy(address, moved, bytes);
      release(address, bytes);
    }
    return moved;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Takes time in proportion to the free ranges and to the pages in them.
   */
  @Override
  public long trim() {
    checkOpen();
    if (!region.decommits()) {
      return 0;
    }
    long pageBytes = Region.osPageSize();
    long[] purged = {0};
    visitFree(
        (offset, bytes) -> {
          long from = Bits.alignUp(offset + KEPT_BYTES, pageBytes);
          long length = Bits.alignDown(offset + bytes, pageBytes) - from;
          long resident = length > 0 ? region.residentBytes(from, length) : 0;
          if (resident > 0) {
            region.decommit(from, length);
            purged[0] += resident;
          }
        });
    return purged[0];
  }

  @Override
  public Fragmentation fragmentation() {
    checkOpen();
    long[] largest = {0};
    long[] ranges = {0};
    visitFree(
        (offset, bytes) -> {
          largest[0] = Math.max(largest[0], bytes);
          ranges[0]++;
        });
    return new Fragmentation(capacity - usedBytes(), largest[0], ranges[0]);
  }

  /**
   * {@inheritDoc}
   *
   * <p>There are no size classes here: all blocks count as small. What may be in physical memory is
   * not kept track of; what is, the kernel says.
   */
  @Override
  public AllocatorStats stats() {
    checkOpen();
    return new AllocatorStats(
        liveBytes,
        liveBlocks(),
        region.residentBytes(0, capacity),
        -1,
        capacity,
        metadata.residentBytes() + OBJECT_BYTES,
        allocations,
        frees,
        0,
        0,
        0,
        List.of());
  }

  // Σ blocks = liveBlocks and Σ their bytes = liveBytes
  // no byte of a free range belongs to a live block
  @Override
  public void validate() {
    checkOpen();
    long[] found = {0, 0};
    blocks.visit(
        (offset, bytes) -> {
          found[0]++;
          found[1] += bytes;
        });
    check(found[0] == liveBlocks(), found[0] + " live blocks, counted " + liveBlocks());
    check(found[1] == liveBytes, found[1] + " live bytes, counted " + liveBytes);
    visitFree(
        (offset, bytes) ->
            check(
                offset >= 0 && bytes > 0 && bytes <= capacity - offset,
                "a free range of %d bytes at offset %d".formatted(bytes, offset)));
    boolean anyLive = found[0] > 0; // or each range would look for the next block in vain
    visitFree(
        (offset, bytes) ->
            check(
                !anyLive || !blocks.overlaps(offset, bytes),
                "a live block in the %d free bytes at offset %d".formatted(bytes, offset)));
    validateDesign();
  }

  static void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(broken);
    }
  }

  @Override
  void closeRecords() {
    metadata.close();
  }
}
