// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.PageMapper;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.region.PosixVirtualMemory;
import io.ashlar.region.Region;
import io.ashlar.region.SystemCallException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Blocks too large for a size class: exact runs of frames, which any thread frees to the frame
 * allocator directly, and beyond the longest run mappings of their own. Where no run is free, and
 * the region {@linkplain Region#hasWindows can be mapped a second time}, scattered frames are
 * mapped side by side: {@link PageMapper}. What is said here of mappings goes for those, too.
 *
 * <p>Thread-safe. Freeing is exact at every setting: of several threads that free the same block
 * one succeeds, by an atomic exchange of the first frame's tag, or of the mapping's entry, which is
 * the linearization point. Progress is that of the frame allocator, or of the system's calls.
 */
public final class LargeBlocks {

  private final SlabSpace space;

  /** Blocks of scattered frames; null if the region cannot be mapped a second time. */
  private final PageMapper mapper;

  /** Bytes of each mapping, by its address. */
  private final ConcurrentHashMap<Long, Long> mappings = new ConcurrentHashMap<>();

  // Not adders: the allocators of frames and mappings are no less shared, and these never need Java
  // heap in the middle of a change.
  private final AtomicLong mappedBytes = new AtomicLong();
  private final AtomicLong liveBytes = new AtomicLong();
  private final AtomicLong allocations = new AtomicLong();
  private final AtomicLong frees = new AtomicLong();

  LargeBlocks(SlabSpace space) {
    this.space = space;
    // Frames go back with what is in them: the space purges them, all that are free at once.
    boolean mappable = space.region().hasWindows();
    mapper = mappable ? new PageMapper(space.region(), space.frames(), false) : null;
  }

  /**
   * Allocates a block.
   *
   * @param byteSize bytes wanted, 1 or more
   * @param byteAlignment a power of two
   * @param zeroed whether its bytes are to be zero; memory that is known to be is not cleared
   * @return its address, or 0 if memory is out
   */
  public long allocate(long byteSize, long byteAlignment, boolean zeroed) {
    long frames = FrameTable.framesFor(byteSize);
    long alignment = Math.max(1, byteAlignment >>> FrameTable.FRAME_SHIFT);
    int maxRun = space.frames().maxRun();
    boolean fits = frames <= maxRun && alignment <= maxRun;
    long address =
        fits ? allocateRun((int) frames, (int) alignment, zeroed) : map(byteSize, byteAlignment);
    if (address == 0 && fits && mapper != null) {
      address = gather(byteSize, byteAlignment, zeroed);
    }
    if (address != 0) {
      allocations.incrementAndGet();
    }
    return address;
  }

  private long allocateRun(int frames, int alignment, boolean zeroed) {
    long bytes = SlabSpace.bytes(frames);
    if (!space.acquire(bytes)) {
      return 0;
    }
    int first = space.frames().allocate(frames, alignment);
    if (first == FrameAllocator.NONE) {
      space.release(bytes);
      return 0;
    }
    long offset = SlabSpace.bytes(first);
    long address = space.blocks().address(offset);
    if (space.dirtied(first, frames) > 0 && zeroed) {
      clear(address, first, frames);
    }
    space.frameTable().setTags(first, 1, FrameTag.run(frames));
    liveBytes.addAndGet(bytes);
    return address;
  }

  private void clear(long address, int first, int frames) {
    try {
      Memory.fill(address, SlabSpace.bytes(frames), (byte) 0);
    } catch (OutOfMemoryError e) {
      space.freeFrames(first, frames);
      throw e;
    }
  }

  /** Maps frames that are no neighbours. */
  private long gather(long byteSize, long byteAlignment, boolean zeroed) {
    long bytes = roundUpToPages(byteSize);
    if (!space.acquire(bytes)) {
      return 0;
    }
    long address = 0;
    try {
      address = mapper.map(bytes, byteAlignment);
    } catch (SystemCallException e) {
      rethrowUnlessOut(e);
    } finally {
      if (address == 0) {
        space.release(bytes);
      }
    }
    if (address == 0) {
      return 0;
    }
    try {
      if (dirtied(address) > 0 && zeroed) {
        Memory.fill(address, bytes, (byte) 0);
      }
    } catch (OutOfMemoryError e) {
      space.returned(FrameTable.framesFor(mapper.unmap(address)));
      throw e;
    }
    liveBytes.addAndGet(bytes);
    return address;
  }

  private static long roundUpToPages(long byteSize) {
    return Bits.alignUp(byteSize, Math.max(FrameTable.FRAME_BYTES, Region.osPageSize()));
  }

  /** Too many mappings, or no address space: memory is out, as where there are no frames. */
  private static void rethrowUnlessOut(SystemCallException e) {
    if (!e.errnoName().equals("ENOMEM")) {
      throw e;
    }
  }

  /** Notes that the frames of a mapping are in use, as {@link SlabSpace#dirtied} does. */
  private int dirtied(long address) {
    int[] dirty = {0};
    mapper.visitRuns(address, (first, count) -> dirty[0] += space.dirtied(first, count));
    return dirty[0];
  }

  private long map(long byteSize, long byteAlignment) {
    long bytes = Bits.alignUp(byteSize, Region.osPageSize());
    if (bytes < 0
        || !space.region().decommits()
        || !PosixVirtualMemory.available()
        || !space.acquire(bytes)) {
      return 0;
    }
    long address;
    try {
      address = PosixVirtualMemory.mapAligned(bytes, Math.max(byteAlignment, Region.osPageSize()));
    } catch (RuntimeException | Error e) {
      space.release(bytes);
      throw e;
    }
    if (address == 0) {
      space.release(bytes);
      return 0;
    }
    try {
      mappings.put(address, bytes);
    } catch (OutOfMemoryError e) {
      discard(address, bytes);
      throw e;
    }
    mappedBytes.addAndGet(bytes);
    liveBytes.addAndGet(bytes);
    return address;
  }

  /**
   * Gives back a mapping that nobody was given. The call may find no Java heap either: then address
   * space is lost, but no memory, as nobody has touched it.
   */
  private void discard(long address, long bytes) {
    try {
      PosixVirtualMemory.unmap(address, bytes);
    } finally {
      space.release(bytes);
    }
  }

  /**
   * Frees a run.
   *
   * @param offset where it begins, or any other offset in the region
   * @return whether it was live; if not nothing has changed
   */
  public boolean freeRun(long offset) {
    long frame = frameOf(offset);
    long tag = space.frameTable().tag(frame);
    if (!isRun(offset, tag) || !space.frameTable().casTag(frame, tag, FrameTag.NOTHING)) {
      return false;
    }
    int frames = FrameTag.value(tag);
    space.freeFrames((int) frame, frames);
    liveBytes.addAndGet(-SlabSpace.bytes(frames));
    frees.incrementAndGet();
    return true;
  }

  /**
   * Frees a mapping.
   *
   * @param address its address, or any other value
   * @return whether it was live; if not nothing has changed
   */
  public boolean freeMapping(long address) {
    Long key = address; // Once, as the claim: to settle must take no Java heap.
    Long claim = claimOfThread();
    Long bytes = claim(key, claim);
    if (bytes == null) {
      return mapper != null && scatter(address);
    }
    boolean done = false;
    try {
      PosixVirtualMemory.unmap(address, bytes);
      done = true;
    } finally {
      if (done) {
        // Another may lie there by now, and be somebody else's claim: this leaves it alone.
        mappings.remove(key, claim);
      } else {
        mappings.replace(key, claim, bytes);
      }
    }
    mappedBytes.addAndGet(-bytes);
    liveBytes.addAndGet(-bytes);
    space.release(bytes);
    frees.incrementAndGet();
    return true;
  }

  /** Frees a mapping of scattered frames. */
  private boolean scatter(long address) {
    long bytes = mapper.unmap(address);
    if (bytes == 0) {
      return false;
    }
    liveBytes.addAndGet(-bytes);
    space.returned(FrameTable.framesFor(bytes));
    frees.incrementAndGet();
    space.purgeIfDue();
    return true;
  }

  /** In the place of a mapping's bytes: like no other thread's, and no number of bytes. */
  private static Long claimOfThread() {
    return -Thread.currentThread().threadId();
  }

  /**
   * Claims a mapping, so that nobody else finds it live; returns its bytes, or null. Its entry
   * stays: another could not be made where the Java heap is out.
   */
  private Long claim(Long address, Long claim) {
    Long bytes = mappings.get(address);
    return bytes != null && bytes > 0 && mappings.replace(address, bytes, claim) ? bytes : null;
  }

  private static boolean isRun(long offset, long tag) {
    return FrameTag.isRun(tag) && (offset & (FrameTable.FRAME_BYTES - 1)) == 0;
  }

  /**
   * The usable bytes of a live run.
   *
   * @param offset where it begins, or any other offset in the region
   * @return bytes, or 0 if no live run begins there
   */
  public long runBytes(long offset) {
    long tag = space.frameTable().tagAt(offset);
    return isRun(offset, tag) ? SlabSpace.bytes(FrameTag.value(tag)) : 0;
  }

  /**
   * The usable bytes of a live mapping.
   *
   * @param address its address, or any other value
   * @return bytes, or 0 if it is not the address of a live mapping
   */
  public long mappingBytes(long address) {
    long bytes = Math.max(mappings.getOrDefault(address, 0L), 0);
    return bytes != 0 || mapper == null ? bytes : mapper.byteSize(address);
  }

  /**
   * Makes a run longer or shorter where it is. What is cut off is free at once.
   *
   * @param offset where it begins; the run is the caller's
   * @param newByteSize bytes wanted, 1 or more
   * @return whether it has the size now; if not nothing has changed
   */
  public boolean resizeRun(long offset, long newByteSize) {
    int first = (int) frameOf(offset);
    long tag = space.frameTable().tag(first);
    if (!isRun(offset, tag)) {
      return false;
    }
    int frames = FrameTag.value(tag);
    long wanted = FrameTable.framesFor(newByteSize);
    if (wanted > space.frames().maxRun()) {
      return false;
    }
    int newFrames = (int) wanted;
    int more = newFrames - frames;
    if (more > 0) {
      return extendRun(first, tag, newFrames);
    }
    if (more < 0) {
      if (!space.frameTable().casTag(first, tag, FrameTag.run(newFrames))) {
        return false;
      }
      space.freeFrames(first + newFrames, -more);
      liveBytes.addAndGet(SlabSpace.bytes(more));
    }
    return true;
  }

  private boolean extendRun(int first, long tag, int newFrames) {
    int frames = FrameTag.value(tag);
    long bytes = SlabSpace.bytes(newFrames - frames);
    if (!space.acquire(bytes)) {
      return false;
    }
    if (!space.frames().extend(first, frames, newFrames)) {
      space.release(bytes);
      return false;
    }
    space.dirtied(first + frames, newFrames - frames);
    if (!space.frameTable().casTag(first, tag, FrameTag.run(newFrames))) {
      space.freeFrames(first + frames, newFrames - frames);
      return false;
    }
    liveBytes.addAndGet(bytes);
    return true;
  }

  /**
   * Makes a mapping longer or shorter; the system moves it if it must, without copying.
   *
   * @param address its address; the mapping is the caller's
   * @param newByteSize bytes wanted, 1 or more
   * @return its address now, or 0 if it cannot be done; nothing has changed then
   */
  public long resizeMapping(long address, long newByteSize) {
    Long newBytes = Bits.alignUp(newByteSize, Region.osPageSize());
    Long key = address;
    Long claim = claimOfThread();
    Long bytes = newBytes < 0 ? null : claim(key, claim);
    if (bytes == null) {
      return mapper == null || newBytes < 0 ? 0 : resizeScattered(address, newByteSize);
    }
    long more = newBytes - bytes;
    boolean acquired = false;
    long moved = 0;
    try {
      acquired = space.acquire(more);
      if (acquired) {
        moved = PosixVirtualMemory.remap(address, bytes, newBytes);
      }
    } finally {
      if (moved == 0) {
        mappings.replace(key, claim, bytes);
        if (acquired) {
          space.release(more);
        }
      }
    }
    if (moved == 0) {
      return 0;
    }
    mappedBytes.addAndGet(more);
    liveBytes.addAndGet(more);
    if (moved == address) {
      mappings.replace(key, claim, newBytes);
    } else {
      enterMoved(moved, newBytes, key, claim);
    }
    return moved;
  }

  /** The one step that takes Java heap when all is done: where there is none the block is lost. */
  private void enterMoved(long moved, Long newBytes, Long from, Long claim) {
    try {
      mappings.put(moved, newBytes);
    } catch (OutOfMemoryError e) {
      mappedBytes.addAndGet(-newBytes);
      liveBytes.addAndGet(-newBytes);
      discard(moved, newBytes);
      throw e;
    } finally {
      mappings.remove(from, claim);
    }
  }

  private long resizeScattered(long address, long newByteSize) {
    long bytes = mapper.byteSize(address);
    long newBytes = roundUpToPages(newByteSize);
    long more = newBytes - bytes;
    if (bytes == 0 || newBytes < 0 || (more > 0 && !space.acquire(more))) {
      return 0;
    }
    long moved = 0;
    try {
      moved = mapper.resize(address, newBytes);
    } catch (SystemCallException e) {
      rethrowUnlessOut(e);
    } finally {
      if (moved == 0 && more > 0) {
        space.release(more);
      }
    }
    if (moved == 0) {
      return 0;
    }
    if (more > 0) {
      dirtied(moved);
    } else {
      space.returned(FrameTable.framesFor(-more));
    }
    liveBytes.addAndGet(more);
    return moved;
  }

  private static long frameOf(long offset) {
    return offset >>> FrameTable.FRAME_SHIFT;
  }

  /**
   * Usable bytes of the live blocks.
   *
   * @return bytes
   */
  public long liveBytes() {
    return liveBytes.get();
  }

  /** Bytes of the mappings among them that are no frames. */
  long mappedBytes() {
    return mappedBytes.get();
  }

  /**
   * Bytes of the mappings that are in physical memory.
   *
   * @return bytes, as the kernel has it
   */
  public long residentMappedBytes() {
    long sum = 0;
    for (Map.Entry<Long, Long> mapping : mappings.entrySet()) {
      long bytes = mapping.getValue();
      sum += bytes > 0 ? PosixVirtualMemory.residentBytes(mapping.getKey(), bytes) : 0;
    }
    return sum;
  }

  /**
   * Bytes of the mappings among them that are scattered frames.
   *
   * @return bytes
   */
  public long scatteredBytes() {
    return mapper == null ? 0 : mapper.mappedBytes();
  }

  /**
   * Allocations so far.
   *
   * @return their number
   */
  public long allocations() {
    return allocations.get();
  }

  /**
   * Frees so far.
   *
   * @return their number
   */
  public long frees() {
    return frees.get();
  }

  void validate() {
    if (mapper != null) {
      mapper.validate();
    }
  }

  /** Gives all mappings back. Idempotent; of two threads each gives back some. */
  void close() {
    for (Long address : mappings.keySet()) {
      Long bytes = mappings.remove(address);
      if (bytes != null && bytes > 0) {
        PosixVirtualMemory.unmap(address, bytes);
      }
    }
    if (mapper != null) {
      mapper.close();
    }
  }
}
