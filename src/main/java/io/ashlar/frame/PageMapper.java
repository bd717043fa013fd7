// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;
import io.ashlar.region.Region;
import io.ashlar.region.Window;
import java.util.BitSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes one block of frames that lie anywhere: as many as are wanted are gathered, and mapped side
 * by side in a range of addresses of their own, with a guard page on each side. So a large
 * allocation succeeds although no run of that size is free, as it does in a kernel's {@code
 * vmalloc}.
 *
 * <pre>
 *   region     | a |////| b |//| c |///////| d |     /// in use by others
 *
 *   block      guard | a b c d | guard
 * </pre>
 *
 * <p>The longest runs are taken first, and neighbours are mapped by one call, because each place
 * costs a system call, an entry among the process's mappings, of which there are only so many
 * ({@link Region#window}), and later, as pages are touched, faults and table entries of the
 * processor that a run would not need.
 *
 * <p>This needs a region on a memory file ({@link Region#reserveMemfd}); another is refused. It
 * goes with any {@link FrameAllocator} whose frame 0 lies at the region's start.
 *
 * <p>Invariants, checked by {@link #validate}:
 *
 * <pre>
 *   (1) the frames of a block are as many as its window shows
 *   (2) no frame is in two blocks
 *   (3) mappedBytes = Σ bytes of blocks ≤ bytes of frames that are allocated
 * </pre>
 *
 * <p>Thread-safe, if the frame allocator is. One thread at a time gathers frames, so that two do
 * not keep from each other what would be enough for one; another waits, for as long as that takes.
 * The calls into the system take the kernel's lock on the address space. Of several threads that
 * unmap one block one succeeds: the linearization point is the removal of its entry.
 */
public final class PageMapper implements AutoCloseable {

  private record Block(Window window, FrameRuns runs, long byteAlignment) {}

  private final Region region;
  private final FrameAllocator frames;
  private final boolean punches;

  /** Frames of a system page. */
  private final int unit;

  private final ReentrantLock gathering = new ReentrantLock();

  /** Blocks by the address of their window. */
  private final ConcurrentHashMap<Long, Block> blocks = new ConcurrentHashMap<>();

  private final AtomicLong mappedBytes = new AtomicLong();

  /**
   * Makes a mapper that gives the memory of frames back to the system before it frees them.
   *
   * @param region where the frames lie, frame 0 at its start
   * @param frames the allocator of frames
   * @throws UnsupportedOperationException if the region {@linkplain Region#hasWindows has no
   *     windows}
   * @throws IllegalArgumentException if there are more frames than the region has, or no runs of as
   *     many as a system page has
   */
  public PageMapper(Region region, FrameAllocator frames) {
    this(region, frames, true);
  }

  /**
   * Makes a mapper.
   *
   * @param region where the frames lie, frame 0 at its start
   * @param frames the allocator of frames
   * @param punches whether the memory of frames is given back to the system before they are freed,
   *     by a hole in the region; if not, frames keep what was in them
   * @throws UnsupportedOperationException if the region {@linkplain Region#hasWindows has no
   *     windows}
   * @throws IllegalArgumentException if there are more frames than the region has, or no runs of as
   *     many as a system page has
   */
  public PageMapper(Region region, FrameAllocator frames, boolean punches) {
    if (!region.hasWindows()) {
      throw new UnsupportedOperationException(
          "pages can be mapped only from a region on a memory file (Region.reserveMemfd), not from "
              + region);
    }
    unit = (int) Math.max(1, Region.osPageSize() >>> FrameTable.FRAME_SHIFT);
    if (bytes(frames.frames()) > region.byteSize() || frames.maxRun() < unit) {
      throw new IllegalArgumentException(
          "%,d frames in runs of up to %,d for %s"
              .formatted(frames.frames(), frames.maxRun(), region));
    }
    this.region = region;
    this.frames = frames;
    this.punches = punches;
  }

  private static long bytes(long frames) {
    return frames << FrameTable.FRAME_SHIFT;
  }

  /** Bytes of whole frames and whole system pages; negative if there are none so large. */
  private long roundUp(long byteSize) {
    return Bits.alignUp(byteSize, bytes(unit));
  }

  /**
   * Maps a block. What is in it is what was in its frames.
   *
   * @param byteSize bytes wanted, 1 or more; rounded up to whole frames and whole system pages
   * @param byteAlignment alignment of its address, a power of two
   * @return its address; 0 if not so many frames are free
   * @throws IllegalArgumentException if the size is below 1 or the alignment no power of two
   * @throws io.ashlar.region.SystemCallException if the system refuses, or would have too many
   *     mappings; nothing has changed then
   */
  public long map(long byteSize, long byteAlignment) {
    if (byteSize < 1 || !Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException(byteSize + " bytes aligned to " + byteAlignment);
    }
    FrameRuns runs = new FrameRuns();
    long size = roundUp(byteSize);
    if (size < 0 || !gather(size >>> FrameTable.FRAME_SHIFT, runs)) {
      return 0;
    }
    Window window = null;
    try {
      long alignment = Math.max(byteAlignment, Region.osPageSize());
      window = show(runs, alignment);
      blocks.put(window.address(), new Block(window, runs, alignment));
      mappedBytes.addAndGet(size);
      return window.address();
    } catch (RuntimeException | Error e) {
      if (window != null) {
        window.close();
      }
      free(runs);
      throw e;
    }
  }

  /** Allocates frames in as few runs as may be; false, and none are allocated, if there are not. */
  private boolean gather(long count, FrameRuns into) {
    if (count > frames.freeFrames()) {
      return false; // without taking, for a moment, what others ask for
    }
    boolean enough = false;
    gathering.lock();
    try {
      long left = count;
      long length = frames.maxRun();
      while (left > 0 && length >= unit) {
        length = Long.highestOneBit(Math.min(length, left));
        int first = frames.allocate((int) length, unit);
        if (first == FrameAllocator.NONE) {
          length /= 2;
        } else {
          into.add(first, (int) length);
          left -= length;
        }
      }
      into.coalesce();
      enough = left == 0;
      return enough;
    } finally {
      if (!enough) {
        free(into);
      }
      gathering.unlock();
    }
  }

  private void free(FrameRuns runs) {
    for (int i = 0; i < runs.size(); i++) {
      frames.free(runs.first(i), runs.frames(i));
    }
  }

  /** Maps the frames of runs in their order. */
  private Window show(FrameRuns runs, long byteAlignment) {
    Window window = region.window(bytes(runs.totalFrames()), byteAlignment, runs.size());
    try {
      long offset = 0;
      for (int i = 0; i < runs.size(); i++) {
        long length = bytes(runs.frames(i));
        window.place(offset, bytes(runs.first(i)), length);
        offset += length;
      }
      return window;
    } catch (RuntimeException | Error e) {
      window.close();
      throw e;
    }
  }

  /**
   * Unmaps a block and frees its frames.
   *
   * @param address what {@link #map} or {@link #resize} returned, or any other value
   * @return its bytes; 0, and nothing has changed, if no block begins there
   * @throws io.ashlar.region.SystemCallException if the system refuses: to unmap, then nothing has
   *     changed; or to take back memory, then the frames are free nevertheless
   */
  public long unmap(long address) {
    Block block = blocks.remove(address);
    if (block == null) {
      return 0;
    }
    try {
      block.window().close();
    } catch (RuntimeException | Error e) {
      blocks.put(address, block);
      throw e;
    }
    long size = bytes(block.runs().totalFrames());
    mappedBytes.addAndGet(-size);
    giveBack(block.runs());
    return size;
  }

  /** Frees frames that no window shows any longer. */
  private void giveBack(FrameRuns runs) {
    RuntimeException refused = null;
    for (int i = 0; i < runs.size(); i++) {
      try {
        if (punches) {
          region.decommit(bytes(runs.first(i)), bytes(runs.frames(i)));
        }
      } catch (RuntimeException e) {
        // Thrown when all frames are free: that they are still resident is no reason to lose them.
        refused = e;
      }
      frames.free(runs.first(i), runs.frames(i));
    }
    if (refused != null) {
      throw refused;
    }
  }

  /**
   * Makes a block larger or smaller. What is in it stays, as far as the smaller of the two sizes
   * goes, without being copied: a larger block is the same frames and some more, mapped elsewhere.
   *
   * @param address the caller's block, or any other value
   * @param newByteSize bytes wanted, 1 or more; rounded up to whole frames and whole system pages
   * @return its address now; 0, and nothing has changed, if no block begins there or not so many
   *     frames are free
   * @throws IllegalArgumentException if the size is below 1
   * @throws io.ashlar.region.SystemCallException if the system refuses, as in {@link #map} and
   *     {@link #unmap}
   */
  public long resize(long address, long newByteSize) {
    if (newByteSize < 1) {
      throw new IllegalArgumentException(newByteSize + " bytes");
    }
    long newSize = roundUp(newByteSize);
    // Taken out first: once the window is gone, another may come to lie where it was.
    Block block = newSize < 0 ? null : blocks.remove(address);
    if (block == null) {
      return 0;
    }
    long more = newSize - bytes(block.runs().totalFrames());
    Block larger = null;
    FrameRuns cut = new FrameRuns();
    try {
      if (more > 0) {
        larger = grown(block, more >>> FrameTable.FRAME_SHIFT);
      } else if (more < 0) {
        block.window().shrink(newSize);
        block.runs().cut(-more >>> FrameTable.FRAME_SHIFT, cut);
      }
    } finally {
      Block now = larger == null ? block : larger;
      blocks.put(now.window().address(), now);
    }
    if (more > 0 && larger == null) {
      return 0;
    }
    mappedBytes.addAndGet(more);
    giveBack(cut);
    return larger == null ? address : larger.window().address();
  }

  /** The same frames and more of them in a new window; null if there are not so many. */
  private Block grown(Block block, long more) {
    FrameRuns added = new FrameRuns();
    if (!gather(more, added)) {
      return null;
    }
    Window window = null;
    try {
      FrameRuns all = new FrameRuns();
      all.addAll(block.runs());
      all.addAll(added);
      window = show(all, block.byteAlignment());
      Block now = new Block(window, all, block.byteAlignment());
      block.window().close();
      return now;
    } catch (RuntimeException | Error e) {
      if (window != null) {
        window.close();
      }
      free(added);
      throw e;
    }
  }

  /**
   * The size of a block.
   *
   * @param address its address, or any other value
   * @return bytes, or 0 if no block begins there
   */
  public long byteSize(long address) {
    Block block = blocks.get(address);
    return block == null ? 0 : block.window().byteSize();
  }

  /**
   * Shows the runs of frames of a block, in the block's order.
   *
   * @param address the caller's block, or any other value: then there are none
   * @param visitor what looks at them
   */
  public void visitRuns(long address, FrameAllocator.RunVisitor visitor) {
    Block block = blocks.get(address);
    if (block != null) {
      for (int i = 0; i < block.runs().size(); i++) {
        visitor.visit(block.runs().first(i), block.runs().frames(i));
      }
    }
  }

  /**
   * How many blocks there are.
   *
   * @return their number
   */
  public int blocks() {
    return blocks.size();
  }

  /**
   * Bytes of all blocks.
   *
   * @return bytes, a multiple of 4 KiB
   */
  public long mappedBytes() {
    return mappedBytes.get();
  }

  /**
   * Checks every block. No other thread may be mapping or unmapping meanwhile.
   *
   * @throws IllegalStateException at the first broken invariant
   */
  public void validate() {
    BitSet seen = new BitSet();
    long sum = 0;
    for (Block block : blocks.values()) {
      long counted = 0;
      for (int i = 0; i < block.runs().size(); i++) {
        int first = block.runs().first(i);
        int end = first + block.runs().frames(i);
        int shared = seen.nextSetBit(first);
        check(end <= frames.frames(), "there is no frame", end - 1);
        check(shared < 0 || shared >= end, "in two blocks is frame", shared);
        seen.set(first, end);
        counted += end - first;
      }
      check(bytes(counted) == block.window().byteSize(), "of another size is", block.window());
      sum += bytes(counted);
    }
    check(sum == mappedBytes(), "bytes of blocks are not", mappedBytes());
    long allocated = bytes(frames.frames() - frames.freeFrames());
    check(sum <= allocated, "more than is allocated is mapped", sum);
  }

  private static void check(boolean holds, String broken, Object what) {
    if (!holds) {
      throw new IllegalStateException(broken + ": " + what);
    }
  }

  /**
   * Unmaps all blocks and frees their frames. To be called before the region is closed, unless the
   * mapper does not punch holes.
   */
  @Override
  public void close() {
    blocks.keySet().forEach(this::unmap);
  }
}
