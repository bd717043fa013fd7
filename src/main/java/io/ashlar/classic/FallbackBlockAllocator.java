// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.InvalidFreeException;
import io.ashlar.OutOfNativeMemoryError;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Lists of free blocks of a few fixed sizes in front of any other allocator, the fallback: a freed
 * block is kept in the list of its size, and serves the next request of that size. What the lists
 * do not have, and what is larger than their blocks, comes from the fallback. (C. B. Weinstock and
 * W. A. Wulf, Quick Fit, 1988.)
 *
 * <p>A block's size class is found from what the fallback says is usable in it, so nothing is kept
 * for each block: the lists run through the free blocks. The classes are therefore what the
 * fallback makes of the sizes asked for: over one that gives at least 16 bytes a class of 8 is one
 * of 16, and {@link #usableSize} and {@link #stats} say so.
 *
 * <p>Variants, by {@link BlockListOptions}: lists that are filled from the beginning, so that the
 * first requests are as fast as later ones; lists of a limited length, which give back to the
 * fallback what is freed beyond it; and sizes that are not powers of two. Alignment is apart from
 * size: a request for more than {@link Allocator#MIN_ALIGNMENT} takes the first block of its list
 * if that happens to be aligned, and otherwise goes to the fallback.
 *
 * <p><b>Good for</b> few sizes, allocated and freed again and again. <b>Fails at</b> a program that
 * goes on to other sizes: lists without a limit never shrink, until memory is out or {@link #trim}
 * is called; and wide classes waste up to half of their blocks.
 *
 * <p><b>Cost.</b> {@link #malloc} and {@link #free} take constant time where a list serves them,
 * beside what the fallback's {@link Allocator#usableSize} takes at a free; otherwise what the
 * fallback takes. When memory is out all lists are given back.
 *
 * <p><b>Threads.</b> For one thread, or inside {@link SpinLocked}.
 *
 * <p><b>Bad frees.</b> Refused is what the fallback refuses, and a block freed twice in a row. For
 * the fallback blocks in the lists are live: that they are freed again after others of their size
 * were is found by {@link #validate} alone. A write to a freed block breaks its list.
 */
public final class FallbackBlockAllocator implements Allocator {

  /** About what this object and its parts take on the Java heap. */
  private static final long OBJECT_BYTES = 2 << 10;

  private final Allocator fallback;
  private final BlockListOptions options;
  private final BlockClasses classes;

  /** What segments live as long as: a block in a list is not allocated anew by the fallback. */
  private final Arena lifetime = Arena.ofShared();

  /** First of each list, or {@link #NULL}; a block in a list begins with the next one's address. */
  private final long[] heads;

  // lengths <= options.maxListBlocks(), for each class
  // existing = live + lengths
  private final int[] lengths;
  private final long[] existing;

  private long allocations;
  private long frees;
  private long largeAllocations;
  private long largeFrees;
  private boolean closed;

  /**
   * Puts lists in front of an allocator.
   *
   * @param fallback the allocator, for this one alone from now on, and closed with it
   * @param options which lists, and how long
   * @throws IllegalArgumentException if the fallback cannot give a block of each class, or as many
   *     as the lists are to be filled with
   */
  public FallbackBlockAllocator(Allocator fallback, BlockListOptions options) {
    this.fallback = Objects.requireNonNull(fallback);
    this.options = options;
    classes =
        new BlockClasses(
            options.classBytes().stream().mapToInt(bytes -> usableOf(fallback, bytes)).toArray());
    heads = new long[classes.count()];
    lengths = new int[classes.count()];
    existing = new long[classes.count()];
    for (int c = 0; c < classes.count(); c++) {
      prefill(c);
    }
  }

  /** What the fallback makes of a size. */
  private static int usableOf(Allocator fallback, int bytes) {
    long block = fallback.malloc(bytes);
    if (block == NULL) {
      throw new IllegalArgumentException("the fallback has no block of " + bytes + " bytes");
    }
    long usable = fallback.usableSize(block);
    fallback.free(block);
    return Math.toIntExact(usable);
  }

  private void prefill(int sizeClass) {
    while (lengths[sizeClass] < options.prefilledBlocks()) {
      long block = fallback.malloc(classes.bytes(sizeClass));
      if (block == NULL || note(block) != sizeClass) {
        throw new IllegalArgumentException(
            "the fallback has not %,d blocks of %,d bytes"
                .formatted(options.prefilledBlocks(), classes.bytes(sizeClass)));
      }
      push(sizeClass, block);
    }
  }

  /** Takes note of a block that came from the fallback: its class, -1 for none. */
  private int note(long block) {
    int sizeClass = classes.classOfExactly(fallback.usableSize(block));
    if (sizeClass >= 0) {
      existing[sizeClass]++;
      allocations++;
    } else {
      largeAllocations++;
    }
    return sizeClass;
  }

  // ---- allocation ------------------------------------------------------------------------------

  @Override
  public long malloc(long byteSize) {
    return take(1, byteSize, false);
  }

  @Override
  public long calloc(long byteSize) {
    return take(1, byteSize, true);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return take(byteAlignment, byteSize, false);
  }

  private long take(long byteAlignment, long byteSize, boolean zeroed) {
    checkOpen();
    RegionAllocator.checkSize(byteSize);
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
    if (byteSize > classes.largest()) {
      return fromFallback(byteAlignment, byteSize, zeroed);
    }
    int sizeClass = classes.classFor(byteSize);
    long block = heads[sizeClass];
    if (block == NULL || (block & (byteAlignment - 1)) != 0) {
      return fromFallback(byteAlignment, classes.bytes(sizeClass), zeroed);
    }
    heads[sizeClass] = Memory.getLong(block);
    lengths[sizeClass]--;
    allocations++;
    if (zeroed) {
      Memory.fill(block, byteSize, (byte) 0);
    }
    return block;
  }

  private long fromFallback(long byteAlignment, long byteSize, boolean zeroed) {
    long block = askFallback(byteAlignment, byteSize, zeroed);
    if (block == NULL && giveBackLists()) {
      block = askFallback(byteAlignment, byteSize, zeroed);
    }
    if (block != NULL) {
      note(block);
    }
    return block;
  }

  private long askFallback(long byteAlignment, long byteSize, boolean zeroed) {
    if (byteAlignment <= MIN_ALIGNMENT) {
      return zeroed ? fallback.calloc(byteSize) : fallback.malloc(byteSize);
    }
    long block = fallback.alignedAlloc(byteAlignment, byteSize);
    if (zeroed && block != NULL) {
      Memory.fill(block, byteSize, (byte) 0);
    }
    return block;
  }

  // ---- free ------------------------------------------------------------------------------------

  @Override
  public void free(long address) {
    checkOpen();
    if (address != NULL) {
      release(address, liveClass(address, fallback.usableSize(address)));
    }
  }

  /** The class of a live block, or the refusal. */
  private int liveClass(long address, long usable) {
    int sizeClass = classes.classOfExactly(usable);
    if (sizeClass >= 0 && address == heads[sizeClass]) {
      throw new InvalidFreeException(address, "a free block of " + usable + " bytes");
    }
    return sizeClass;
  }

  private void release(long address, int sizeClass) {
    if (sizeClass < 0) {
      fallback.free(address);
      largeFrees++;
      return;
    }
    if (lengths[sizeClass] >= options.maxListBlocks()) {
      fallback.free(address);
      existing[sizeClass]--;
      frees++;
      return;
    }
    push(sizeClass, address);
  }

  private void push(int sizeClass, long block) {
    Memory.putLong(block, heads[sizeClass]);
    heads[sizeClass] = block;
    lengths[sizeClass]++;
    frees++;
  }

  /** Empties the lists, and says whether there was something in them. */
  private boolean giveBackLists() {
    boolean some = false;
    for (int c = 0; c < classes.count(); c++) {
      while (heads[c] != NULL) {
        long block = heads[c];
        heads[c] = Memory.getLong(block);
        lengths[c]--;
        existing[c]--;
        fallback.free(block);
        some = true;
      }
    }
    return some;
  }

  // ---- sizes -----------------------------------------------------------------------------------

  @Override
  public long usableSize(long address) {
    checkOpen();
    long usable = fallback.usableSize(address);
    liveClass(address, usable);
    return usable;
  }

  @Override
  public long realloc(long address, long newByteSize) {
    checkOpen();
    RegionAllocator.checkSize(newByteSize);
    if (address == NULL) {
      return malloc(newByteSize);
    }
    long usable = fallback.usableSize(address);
    int sizeClass = liveClass(address, usable);
    boolean small = newByteSize <= classes.largest();
    if (sizeClass >= 0 && small && classes.classFor(newByteSize) == sizeClass) {
      return address;
    }
    if (sizeClass < 0 && !small) {
      return reallocInFallback(address, newByteSize);
    }
    long moved = malloc(newByteSize);
    if (moved == NULL) {
      return newByteSize <= usable ? address : NULL;
    }
    Memory.copy(address, moved, Math.min(usable, newByteSize));
    release(address, sizeClass);
    return moved;
  }

  private long reallocInFallback(long address, long newByteSize) {
    long moved = fallback.realloc(address, newByteSize);
    return moved == NULL && giveBackLists() ? fallback.realloc(address, newByteSize) : moved;
  }

  // ---- segments --------------------------------------------------------------------------------

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    return asSegment(take(byteAlignment, byteSize, false), byteSize);
  }

  @Override
  public MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    return asSegment(take(byteAlignment, byteSize, true), byteSize);
  }

  @Override
  public MemorySegment reallocate(MemorySegment block, long newByteSize) {
    if (!block.isNative()) {
      throw new IllegalArgumentException("not a native segment: " + block);
    }
    return asSegment(realloc(block.address(), newByteSize), newByteSize);
  }

  @SuppressWarnings("restricted") // The block is the caller's: its address and size are ours.
  private MemorySegment asSegment(long address, long byteSize) {
    if (address == NULL) {
      AllocatorStats stats = stats();
      throw new OutOfNativeMemoryError(byteSize, stats.liveBytes(), stats.reservedBytes());
    }
    return MemorySegment.ofAddress(address).reinterpret(byteSize, lifetime, null);
  }

  // ---- upkeep ----------------------------------------------------------------------------------

  @Override
  public void flush() {
    checkOpen();
    fallback.flush();
  }

  /** Gives the lists back to the fallback, and what that has free to the operating system. */
  @Override
  public long trim() {
    checkOpen();
    giveBackLists();
    return fallback.trim();
  }

  @Override
  public AllocatorStats stats() {
    checkOpen();
    AllocatorStats below = fallback.stats();
    long listedBytes = 0;
    long listed = 0;
    List<AllocatorStats.SizeClass> figures = new ArrayList<>(classes.count());
    for (int c = 0; c < classes.count(); c++) {
      listed += lengths[c];
      listedBytes += (long) lengths[c] * classes.bytes(c);
      figures.add(
          new AllocatorStats.SizeClass(
              classes.bytes(c), 0, existing[c], existing[c] - lengths[c], lengths[c]));
    }
    return new AllocatorStats(
        below.liveBytes() - listedBytes,
        below.liveBlocks() - listed,
        below.residentBytes(),
        below.committedBytes(),
        below.reservedBytes(),
        below.metadataBytes() + OBJECT_BYTES,
        allocations,
        frees,
        0,
        largeAllocations,
        largeFrees,
        figures);
  }

  @Override
  public void validate() {
    checkOpen();
    fallback.validate();
    long blocks = largeAllocations - largeFrees;
    for (int c = 0; c < classes.count(); c++) {
      check(lengths[c] <= options.maxListBlocks(), "a list is longer than allowed");
      check(lengths[c] <= existing[c], "more blocks listed than there are");
      blocks += existing[c];
      validateList(c);
    }
    long below = fallback.stats().liveBlocks();
    check(blocks == below, blocks + " blocks, " + below + " known to the fallback");
  }

  private void validateList(int sizeClass) {
    int bytes = classes.bytes(sizeClass);
    long length = 0;
    for (long at = heads[sizeClass]; at != NULL; at = Memory.getLong(at)) {
      check(fallback.usableSize(at) == bytes, "another size in the list of " + bytes);
      length++;
      check(length <= lengths[sizeClass], "a list is longer than counted, or a ring");
    }
    check(length == lengths[sizeClass], "a list is shorter than counted");
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(broken);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("closed");
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if a segment of this allocator is in use by a call into native
   *     code; nothing has changed then
   */
  @Override
  public void close() {
    if (!closed) {
      if (lifetime.scope().isAlive()) {
        lifetime.close();
      }
      fallback.close();
      closed = true;
    }
  }
}
