// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.AllocatorStats;
import io.ashlar.InvalidFreeException;
import io.ashlar.frame.DirtyFrames;
import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.frame.SpinLockBuddy;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Counts;
import io.ashlar.memory.Memory;
import io.ashlar.region.PosixVirtualMemory;
import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists of free blocks of 16, 32, 64 … 2,048 bytes over a buddy system of page frames: the design
 * that everybody's second allocator has.
 *
 * <p>A request takes the first block of the list of its size rounded up to a power of two; where
 * the list is empty, one frame is cut into blocks. Larger requests are exact runs of frames, up to
 * 1 GiB. A block's alignment is its size's, so an aligned request is one of the alignment's size.
 * Frames go back from the lists to the buddy system only when memory is out, and on {@link #trim}.
 *
 * <p><b>Threads.</b> Not thread-safe: for one thread, or inside {@link SpinLocked}. No call waits.
 * {@link #malloc} and {@link #free} of a block take constant time but where a list is refilled;
 * those of a run, time logarithmic in the capacity.
 *
 * <p><b>Bad frees.</b> Refused is an address outside the region, in a free frame, inside a run or a
 * block; a run freed twice; and a block freed twice in a row. Not found is a block that is freed
 * again after others of its size were: the lists keep no state per block. What is then allocated
 * twice, {@link #validate} finds as long as both are free. A list runs through the free blocks
 * themselves, so a write to a freed block breaks it.
 */
public final class FixedSizeBlockAllocator extends RegionAllocator {

  /** Bytes of the largest block that comes from a list; beyond are runs of frames. */
  public static final int MAX_BLOCK_BYTES = 2048;

  private static final int MIN_BLOCK_SHIFT = 4;
  private static final int CLASSES = 8;
  private static final int FRAME_BYTES = FrameTable.FRAME_BYTES;
  private static final int FRAME_SHIFT = FrameTable.FRAME_SHIFT;

  private static final long MIN_DEFAULT_CAPACITY = 16L << 30;

  /** Without the system's calls a region is resident as a whole, so it is small unless told so. */
  private static final long PORTABLE_CAPACITY = 256L << 20;

  /** Frames are numbered by {@code int}s. */
  private static final long MAX_CAPACITY = 4L << 40;

  /** Runs of up to 1 GiB: each order more costs every split and merge a step. */
  private static final int MAX_ORDER = 18;

  /** Where the longest run of most programs begins, so that its alignment costs no frames. */
  private static final long REGION_ALIGNMENT = 32L << 20;

  private final Metadata metadata;
  private final FrameTable table;
  private final DirtyFrames dirty;
  private final FrameAllocator frames;

  /** Offsets up to here are inside whole frames. */
  private final long managedBytes;

  /** First free block of each class, or {@link #NULL}; a free block begins with the next one. */
  private final long[] heads = new long[CLASSES];

  // capacity = framesOf × blocks in a frame = live + length of the list, for each class
  // live = allocations - frees
  private final int[] framesOf = new int[CLASSES];
  private final long[] allocations = new long[CLASSES];
  private final long[] frees = new long[CLASSES];

  private long runAllocations;
  private long runFrees;
  private long runFrames;

  /** Beyond this one no frame was ever handed out. */
  private int highFrame;

  /**
   * Makes an allocator over a region.
   *
   * @param region all zeros, at least {@link FrameTable#FRAME_BYTES} bytes and less than 4 TiB; it
   *     becomes this allocator's, and is closed with it
   * @throws IllegalArgumentException if its size is out of range
   * @throws io.ashlar.region.SystemCallException if there is no address space for the records
   */
  public FixedSizeBlockAllocator(Region region) {
    super(region);
    long wholeFrames = region.byteSize() >>> FRAME_SHIFT;
    if (wholeFrames < 1 || region.byteSize() > MAX_CAPACITY) {
      throw new IllegalArgumentException("a region of " + region.byteSize() + " bytes");
    }
    int count = (int) wholeFrames;
    int maxOrder = Math.min(Bits.floorLog2(count), MAX_ORDER);
    managedBytes = wholeFrames << FRAME_SHIFT;
    metadata =
        new Metadata(
            Metadata.footprint(FrameTable.byteSize(count))
                + Metadata.footprint(DirtyFrames.byteSize(count))
                + SpinLockBuddy.byteSize(count, maxOrder),
            !region.decommits());
    table = FrameTable.create(metadata, count);
    dirty = new DirtyFrames(metadata, count);
    frames = new SpinLockBuddy(metadata, count, maxOrder);
  }

  /**
   * Makes an allocator over a region of its own: twice the physical memory and at least 16 GiB of
   * address space, of which nothing is resident before it is used; 256 MiB where the system has no
   * such thing.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static FixedSizeBlockAllocator create() {
    if (!PosixVirtualMemory.available()) {
      return create(PORTABLE_CAPACITY);
    }
    long twice = 1L << Bits.ceilLog2(2 * Region.physicalMemory());
    return create(Math.clamp(twice, MIN_DEFAULT_CAPACITY, MAX_CAPACITY));
  }

  /**
   * Makes an allocator over a region of its own.
   *
   * @param capacityBytes address space to reserve, 1 … 4 TiB, rounded up to whole OS pages
   * @return a new allocator
   * @throws IllegalArgumentException if the capacity is out of range
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static FixedSizeBlockAllocator create(long capacityBytes) {
    if (capacityBytes < 1 || capacityBytes > MAX_CAPACITY) {
      throw new IllegalArgumentException("capacity " + capacityBytes);
    }
    return new FixedSizeBlockAllocator(
        Region.reserve(
            Math.max(capacityBytes, FRAME_BYTES), REGION_ALIGNMENT, Region.Commitment.LAZY));
  }

  @Override
  public long malloc(long byteSize) {
    checkOpen();
    checkSize(byteSize);
    return byteSize <= MAX_BLOCK_BYTES ? takeBlock(classOf(byteSize)) : takeRun(byteSize, 1, false);
  }

  @Override
  long allocateBlock(long byteAlignment, long byteSize, boolean zeroed) {
    checkSize(byteSize);
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
    long larger = Math.max(byteSize, byteAlignment);
    if (larger > MAX_BLOCK_BYTES) {
      // Even an empty block at a great alignment is a frame.
      return takeRun(Math.max(byteSize, 1), byteAlignment, zeroed);
    }
    long address = takeBlock(classOf(larger));
    if (address != NULL && zeroed) {
      Memory.fill(address, byteSize, (byte) 0);
    }
    return address;
  }

  /** The class of the least power of two that holds a size. */
  private static int classOf(long byteSize) {
    return byteSize <= 1L << MIN_BLOCK_SHIFT ? 0 : Bits.ceilLog2(byteSize) - MIN_BLOCK_SHIFT;
  }

  private static int blockBytes(int sizeClass) {
    return 1 << (MIN_BLOCK_SHIFT + sizeClass);
  }

  private static int blocksInFrame(int sizeClass) {
    return FRAME_BYTES >> (MIN_BLOCK_SHIFT + sizeClass);
  }

  private long takeBlock(int sizeClass) {
    long block = heads[sizeClass];
    if (block == NULL) {
      if (!refill(sizeClass)) {
        return NULL;
      }
      block = heads[sizeClass];
    }
    if (Counts.ON) {
      Counts.booked(2); // the head, the sum
    }
    heads[sizeClass] = Memory.getLong(block);
    allocations[sizeClass]++;
    return block;
  }

  /** Cuts a frame into blocks, so that the lowest is taken first. */
  private boolean refill(int sizeClass) {
    int frame = takeFrames(1, 1);
    if (frame == FrameAllocator.NONE) {
      return false;
    }
    dirty.mark(frame, 1);
    table.setTags(frame, 1, BlockTag.blocks(sizeClass));
    framesOf[sizeClass]++;
    long from = addressOf(frame);
    long next = heads[sizeClass];
    for (long at = from + FRAME_BYTES; at > from; ) {
      at -= blockBytes(sizeClass);
      Memory.putLong(at, next);
      next = at;
    }
    heads[sizeClass] = next;
    return true;
  }

  private long takeRun(long byteSize, long byteAlignment, boolean zeroed) {
    long count = FrameTable.framesFor(byteSize);
    long alignment = Math.max(1, byteAlignment >>> FRAME_SHIFT);
    if (count > frames.maxRun() || alignment > frames.maxRun()) {
      return NULL;
    }
    int run = takeAlignedFrames((int) count, (int) alignment);
    if (run == FrameAllocator.NONE) {
      return NULL;
    }
    boolean clean = dirty.mark(run, (int) count) == 0;
    table.setTags(run, 1, BlockTag.run((int) count));
    runAllocations++;
    runFrames += count;
    long address = addressOf(run);
    if (zeroed && !clean) {
      Memory.fill(address, byteSize, (byte) 0);
    }
    return address;
  }

  private int takeAlignedFrames(int count, int alignment) {
    if ((region.address() & (((long) alignment << FRAME_SHIFT) - 1)) == 0) {
      return takeFrames(count, alignment);
    }
    // The region begins at no such multiple: what is before and behind one goes back.
    long wider = (long) count + alignment - 1;
    int first = wider > frames.maxRun() ? FrameAllocator.NONE : takeFrames((int) wider, 1);
    if (first == FrameAllocator.NONE) {
      return first;
    }
    long aligned = Bits.alignUp(addressOf(first), (long) alignment << FRAME_SHIFT);
    int run = (int) ((aligned - region.address()) >>> FRAME_SHIFT);
    if (run > first) {
      frames.free(first, run - first);
    }
    int behind = (int) wider - count - (run - first);
    if (behind > 0) {
      frames.free(run + count, behind);
    }
    return run;
  }

  private int takeFrames(int count, int alignment) {
    int first = frames.allocate(count, alignment);
    if (first == FrameAllocator.NONE && releaseFreeFrames()) {
      first = frames.allocate(count, alignment);
    }
    if (first != FrameAllocator.NONE) {
      highFrame = Math.max(highFrame, first + count);
    }
    return first;
  }

  private long addressOf(int frame) {
    return region.address() + ((long) frame << FRAME_SHIFT);
  }

  private int frameOf(long address) {
    return (int) ((address - region.address()) >>> FRAME_SHIFT);
  }

  /** The tag of a live block as far as is known, or the refusal. */
  private long tagOf(long address) {
    long offset = address - region.address();
    if (Long.compareUnsigned(offset, managedBytes) >= 0) {
      throw new InvalidFreeException(address, "outside the region of this allocator");
    }
    long tag = table.tagAt(offset);
    if (BlockTag.isBlocks(tag)) {
      int sizeClass = BlockTag.sizeClass(tag);
      if ((offset & (blockBytes(sizeClass) - 1)) != 0) {
        throw new InvalidFreeException(
            address, "inside a block of " + blockBytes(sizeClass) + " bytes");
      }
      if (address == heads[sizeClass]) {
        throw new InvalidFreeException(
            address, "a free block of " + blockBytes(sizeClass) + " bytes");
      }
      return tag;
    }
    if (!BlockTag.isRun(tag)) {
      throw new InvalidFreeException(address, "in a free frame, or inside a run");
    }
    if ((offset & (FRAME_BYTES - 1)) != 0) {
      throw new InvalidFreeException(address, "inside a run of " + BlockTag.value(tag) + " frames");
    }
    return tag;
  }

  @Override
  public void free(long address) {
    checkOpen();
    if (address == NULL) {
      return;
    }
    release(address, tagOf(address));
  }

  private void release(long address, long tag) {
    if (BlockTag.isRun(tag)) {
      int frame = frameOf(address);
      int count = BlockTag.value(tag);
      table.setTags(frame, 1, BlockTag.NOTHING);
      frames.free(frame, count);
      runFrees++;
      runFrames -= count;
      return;
    }
    int sizeClass = BlockTag.sizeClass(tag);
    if (Counts.ON) {
      Counts.booked(3); // the link in the block, the head, the sum
    }
    Memory.putLong(address, heads[sizeClass]);
    heads[sizeClass] = address;
    frees[sizeClass]++;
  }

  @Override
  public long usableSize(long address) {
    checkOpen();
    return usableBytes(tagOf(address));
  }

  private static long usableBytes(long tag) {
    return BlockTag.isRun(tag)
        ? (long) BlockTag.value(tag) << FRAME_SHIFT
        : blockBytes(BlockTag.sizeClass(tag));
  }

  @Override
  public long realloc(long address, long newByteSize) {
    checkOpen();
    checkSize(newByteSize);
    if (address == NULL) {
      return malloc(newByteSize);
    }
    long tag = tagOf(address);
    long usable = usableBytes(tag);
    if (BlockTag.isRun(tag)
        ? newByteSize > MAX_BLOCK_BYTES && resizeRun(frameOf(address), tag, newByteSize)
        : newByteSize <= MAX_BLOCK_BYTES && classOf(newByteSize) == BlockTag.sizeClass(tag)) {
      return address;
    }
    long moved = malloc(newByteSize);
    if (moved == NULL) {
      return newByteSize <= usable ? address : NULL;
    }
    Memory.copy(address, moved, Math.min(usable, newByteSize));
    release(address, tag);
    return moved;
  }

  /** Gives the tail of a run back, or takes the frames behind it if they are free. */
  private boolean resizeRun(int first, long tag, long newByteSize) {
    int count = BlockTag.value(tag);
    long wanted = FrameTable.framesFor(newByteSize);
    if (wanted > frames.maxRun()) {
      return false;
    }
    int newCount = (int) wanted;
    if (newCount > count) {
      if (!frames.extend(first, count, newCount)) {
        return false;
      }
      dirty.mark(first + count, newCount - count);
      highFrame = Math.max(highFrame, first + newCount);
    } else if (newCount < count) {
      frames.free(first + newCount, count - newCount);
    }
    table.setTags(first, 1, BlockTag.run(newCount));
    runFrames += newCount - count;
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Takes time in proportion to the free blocks and to the frames ever used.
   */
  @Override
  public long trim() {
    checkOpen();
    releaseFreeFrames();
    long[] purged = {0};
    long pageFrames = Math.max(1, Region.osPageSize() >>> FRAME_SHIFT);
    frames.visitFree(
        (first, count) -> {
          int from = (int) Bits.alignUp(first, pageFrames);
          int length = (int) (Bits.alignDown((long) first + count, pageFrames) - from);
          if (length > 0 && first < highFrame) {
            int resident = dirty.clean(from, length);
            if (resident > 0) {
              region.decommit((long) from << FRAME_SHIFT, (long) length << FRAME_SHIFT);
              purged[0] += (long) resident << FRAME_SHIFT;
            }
          }
        });
    return region.decommits() ? purged[0] : 0;
  }

  /**
   * Gives frames all of whose blocks are free back to the buddy system: counts each frame's free
   * blocks in its tag, then takes the blocks of those frames out of the lists.
   */
  private boolean releaseFreeFrames() {
    for (int c = 0; c < CLASSES; c++) {
      for (long block = heads[c]; block != NULL; block = Memory.getLong(block)) {
        int frame = frameOf(block);
        table.setTags(frame, 1, table.tag(frame) + BlockTag.ONE_COUNTED);
      }
    }
    for (int c = 0; c < CLASSES; c++) {
      long last = NULL;
      for (long block = heads[c]; block != NULL; block = Memory.getLong(block)) {
        if (BlockTag.value(table.tag(frameOf(block))) == blocksInFrame(c)) {
          continue;
        }
        if (last == NULL) {
          heads[c] = block;
        } else {
          Memory.putLong(last, block);
        }
        last = block;
      }
      if (last == NULL) {
        heads[c] = NULL;
      } else {
        Memory.putLong(last, NULL);
      }
    }
    boolean released = false;
    for (int frame = 0; frame < highFrame; frame++) {
      long tag = table.tag(frame);
      if (!BlockTag.isBlocks(tag) || BlockTag.value(tag) == 0) {
        continue;
      }
      int sizeClass = BlockTag.sizeClass(tag);
      boolean allFree = BlockTag.value(tag) == blocksInFrame(sizeClass);
      table.setTags(frame, 1, allFree ? BlockTag.NOTHING : BlockTag.blocks(sizeClass));
      if (allFree) {
        framesOf[sizeClass]--;
        frames.free(frame, 1);
        released = true;
      }
    }
    return released;
  }

  @Override
  long usedBytes() {
    return usedFrames() << FRAME_SHIFT;
  }

  private long usedFrames() {
    return (long) frames.frames() - frames.freeFrames();
  }

  /** About what this object, its lists and counters take on the Java heap. */
  private static final long OBJECT_BYTES = 1 << 10;

  @Override
  public AllocatorStats stats() {
    checkOpen();
    List<AllocatorStats.SizeClass> classes = new ArrayList<>(CLASSES);
    long liveBytes = runFrames << FRAME_SHIFT;
    long liveBlocks = runAllocations - runFrees;
    long smallAllocations = 0;
    long smallFrees = 0;
    for (int c = 0; c < CLASSES; c++) {
      long live = allocations[c] - frees[c];
      long capacity = (long) framesOf[c] * blocksInFrame(c);
      classes.add(new AllocatorStats.SizeClass(blockBytes(c), framesOf[c], capacity, live, 0));
      liveBytes += live * blockBytes(c);
      liveBlocks += live;
      smallAllocations += allocations[c];
      smallFrees += frees[c];
    }
    long touchedBytes =
        Math.min(
            Bits.alignUp((long) highFrame << FRAME_SHIFT, Region.osPageSize()), region.byteSize());
    return new AllocatorStats(
        liveBytes,
        liveBlocks,
        region.residentBytes(0, touchedBytes),
        usedBytes(),
        region.byteSize(),
        metadata.residentBytes() + OBJECT_BYTES,
        smallAllocations,
        smallFrees,
        0,
        runAllocations,
        runFrees,
        classes);
  }

  @Override
  public void validate() {
    checkOpen();
    frames.validate();
    int[] framesFound = new int[CLASSES];
    long runFramesFound = 0;
    for (int frame = 0; frame < highFrame; ) {
      long tag = table.tag(frame);
      int step = 1;
      if (BlockTag.isBlocks(tag)) {
        check(BlockTag.value(tag) == 0, "frame " + frame + " keeps the count of a trim");
        framesFound[BlockTag.sizeClass(tag)]++;
      } else if (BlockTag.isRun(tag)) {
        step = BlockTag.value(tag);
        runFramesFound += step;
      }
      frame += step;
    }
    check(runFramesFound == runFrames, runFramesFound + " frames in runs, counted " + runFrames);
    long used = runFrames;
    for (int c = 0; c < CLASSES; c++) {
      check(framesFound[c] == framesOf[c], "frames of " + blockBytes(c) + "-byte blocks");
      used += framesOf[c];
      validateList(c);
    }
    check(used == usedFrames(), used + " frames in use, " + usedFrames() + " not free");
  }

  private void validateList(int sizeClass) {
    long expected =
        (long) framesOf[sizeClass] * blocksInFrame(sizeClass)
            - (allocations[sizeClass] - frees[sizeClass]);
    long length = 0;
    for (long block = heads[sizeClass]; block != NULL; block = Memory.getLong(block)) {
      long offset = block - region.address();
      boolean isBlock =
          Long.compareUnsigned(offset, managedBytes) < 0
              && table.tagAt(offset) == BlockTag.blocks(sizeClass)
              && (offset & (blockBytes(sizeClass) - 1)) == 0;
      check(isBlock, "0x" + Long.toHexString(block) + " in the list of " + blockBytes(sizeClass));
      length++;
      check(length <= expected, "more in the list of " + blockBytes(sizeClass) + " than are free");
    }
    check(length == expected, "fewer in the list of " + blockBytes(sizeClass) + " than are free");
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(broken);
    }
  }

  @Override
  void closeRecords() {
    metadata.close();
  }
}
