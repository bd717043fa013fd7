// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.DirtyFrames;
import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.frame.SpinLockBuddy;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Counts;
import io.ashlar.region.Region;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All that threads share: the region and its metadata, the frames, the shards with their slabs, and
 * the runs and mappings of large blocks.
 *
 * <p>Thread-safe. Locks are taken in this order: a shard's, then the directory's or the frame
 * allocator's; never two of a kind.
 */
public final class SlabSpace implements AutoCloseable {

  /** Wholly free slabs that a class keeps in a shard, rather than give them back at once. */
  static final int RESERVE_SLABS = 1;

  private final Region region;
  private final Metadata metadata;
  private final FrameTable frameTable;
  private final FrameAllocator frames;
  private final Purge purge;
  private final BlockMap blocks;
  private final Shard[] shards;
  private final LargeBlocks large;
  private final ObjectSpaces objects = new ObjectSpaces();
  private final long limitBytes;
  private final Faults faults;

  /** Bytes of slabs, runs and mappings, counted against the limit. */
  private final AtomicLong usedBytes = new AtomicLong();

  private final SlabDirectory slabs = new SlabDirectory();

  /** By the system's clock. Plain: a race lets two threads tidy, which does no harm. */
  private long lastTidied = System.nanoTime();

  private final long purgeDelayNanos;

  /**
   * Lays a space out.
   *
   * @param region where blocks lie; the space closes it, unless it cannot be made
   * @param shardCount how many shards, 1 … 256
   * @param limitBytes most bytes that slabs, runs and mappings may have together
   * @param purgeDelayNanos least time between two purges that are made unasked
   * @param checked whether block states are kept and looked at
   * @param faultHandler is told of errors that cannot be thrown to who made them
   */
  public SlabSpace(
      Region region,
      int shardCount,
      long limitBytes,
      long purgeDelayNanos,
      boolean checked,
      FaultHandler faultHandler) {
    this.region = region;
    this.limitBytes = limitBytes;
    this.purgeDelayNanos = purgeDelayNanos;
    faults = new Faults(faultHandler);
    int frameCount = (int) (region.byteSize() >>> FrameTable.FRAME_SHIFT);
    int maxOrder = SpinLockBuddy.DEFAULT_MAX_ORDER;
    metadata =
        new Metadata(
            Metadata.footprint(FrameTable.byteSize(frameCount))
                + Metadata.footprint(DirtyFrames.byteSize(frameCount))
                + Metadata.footprint(BlockMap.byteSize(region.byteSize()))
                + SpinLockBuddy.byteSize(frameCount, maxOrder),
            !region.decommits());
    try {
      frameTable = FrameTable.create(metadata, frameCount);
      DirtyFrames dirty = new DirtyFrames(metadata, frameCount);
      frames = new SpinLockBuddy(metadata, frameCount, maxOrder);
      blocks = BlockMap.create(metadata, frameTable, region.address(), region.byteSize(), checked);
      purge = new Purge(region, metadata, frames, blocks, dirty);
      large = new LargeBlocks(this);
      shards = new Shard[shardCount];
      Arrays.setAll(shards, number -> new Shard(number, this));
    } catch (Throwable e) {
      metadata.close();
      throw e;
    }
  }

  /**
   * The states of blocks.
   *
   * @return the map
   */
  public BlockMap blocks() {
    return blocks;
  }

  /**
   * What is known of frames.
   *
   * @return the table
   */
  public FrameTable frameTable() {
    return frameTable;
  }

  /**
   * Runs and mappings.
   *
   * @return the large blocks
   */
  public LargeBlocks large() {
    return large;
  }

  /**
   * Typed caches.
   *
   * @return those that are open
   */
  public ObjectSpaces objects() {
    return objects;
  }

  /**
   * The region.
   *
   * @return where blocks lie
   */
  public Region region() {
    return region;
  }

  /**
   * How many shards there are.
   *
   * @return their number
   */
  public int shardCount() {
    return shards.length;
  }

  /**
   * A shard.
   *
   * @param number 0 … {@link #shardCount} - 1
   * @return the shard
   */
  public Shard shard(int number) {
    return shards[number];
  }

  /** Most bytes that slabs, runs and mappings may have together. */
  long limitBytes() {
    return limitBytes;
  }

  FrameAllocator frames() {
    return frames;
  }

  Slab slab(int number) {
    return slabs.get(number);
  }

  /** The slab around an address of the region; null if there is none. */
  Slab slabAt(long address) {
    long tag = frameTable.tagAt(blocks.offset(address));
    return FrameTag.isSlab(tag) ? slabs.find(FrameTag.value(tag)) : null;
  }

  /**
   * Whether an address is that of a block that is neither in use nor in its slab, but kept by a
   * thread or a depot, or on its way. For checks.
   *
   * @param address any in the region
   * @param sizeClass the class that the block should have
   * @return whether it is
   */
  public boolean isKept(long address, int sizeClass) {
    Slab slab = slabAt(address);
    return slab != null
        && slab.sizeClass() == sizeClass
        && slab.begins(address)
        && !slab.holds(address)
        && !blocks.isMarked(blocks.offset(address), sizeClass);
  }

  /**
   * Keeps the address of a block that was freed twice, until {@link #reportFaults}.
   *
   * @param address the block
   */
  public void noteFreedTwice(long address) {
    faults.noteFreedTwice(address);
  }

  /**
   * Tells of errors that were found since. Who is told may call the allocator: so it is not told
   * where they are found, amid a change of a shard or a thread's cache, but where the caller has
   * nothing half done and holds no lock. What it throws does not come back here.
   */
  public void reportFaults() {
    faults.report();
  }

  /**
   * Tells of an error at once, as {@link #reportFaults} does; for a caller who has nothing half
   * done and holds no lock.
   *
   * @param error what went wrong
   */
  public void reportFailure(Throwable error) {
    faults.noteFailure(error);
    faults.report();
  }

  /** Makes a slab; null if memory is out. Under the home's lock. */
  Slab newSlab(Shard home, int sizeClass) {
    int count = SizeClasses.slabFrames(sizeClass);
    int first = FrameAllocator.NONE;
    // All that takes Java heap comes before the frames are taken, which would be lost with it.
    Slab slab = slabs.take();
    try {
      slab.ensureBits(sizeClass);
      first = allocateFrames(count, count);
    } finally {
      if (first == FrameAllocator.NONE) {
        slabs.spare(slab);
      }
    }
    if (first == FrameAllocator.NONE) {
      return null;
    }
    slab.begin(home, sizeClass, first, region.address() + bytes(first));
    frameTable.setTags(first, count, FrameTag.slab(home.number(), sizeClass, slab.number));
    if (Counts.ON) {
      Counts.booked(1 + Counts.linesOf(count)); // the slab, the tags
    }
    return slab;
  }

  /** Gives back a slab that is wholly free and in no list. Under the home's lock. */
  void dissolve(Slab slab) {
    int first = slab.firstFrame();
    int count = SizeClasses.slabFrames(slab.sizeClass());
    frameTable.setTags(first, count, FrameTag.NOTHING);
    if (Counts.ON) {
      Counts.booked(Counts.linesOf(count)); // the tags
    }
    slabs.spare(slab);
    freeFrames(first, count);
  }

  /**
   * Takes bytes from the limit; false if there are not so many left. By comparison and exchange,
   * since bytes added before they are known to fit would be missed by others meanwhile.
   */
  boolean acquire(long bytes) {
    while (true) {
      long used = usedBytes.get();
      if (bytes > limitBytes - used) {
        return false;
      }
      boolean done = usedBytes.compareAndSet(used, used + bytes);
      if (Counts.ON) {
        Counts.atomic(done);
      }
      if (done) {
        return true;
      }
    }
  }

  void release(long bytes) {
    if (Counts.ON) {
      Counts.atomic(true);
    }
    usedBytes.addAndGet(-bytes);
  }

  /** Allocates a run within the limit; the frames' tags are the caller's to set. */
  int allocateFrames(int count, int alignment) {
    long bytes = bytes(count);
    if (!acquire(bytes)) {
      return FrameAllocator.NONE;
    }
    int first = frames.allocate(count, alignment);
    if (first == FrameAllocator.NONE) {
      release(bytes);
    } else {
      dirtied(first, count);
    }
    return first;
  }

  /**
   * Notes that a run is in use; returns how many of its frames may have held anything but zeros.
   */
  int dirtied(int first, int count) {
    return purge.dirtied(first, count);
  }

  void freeFrames(int first, int count) {
    frames.free(first, count);
    returned(count);
  }

  /** Counts frames that have been freed to the frame allocator. */
  void returned(long count) {
    release(bytes(count));
    purge.freed(count);
  }

  /** Where a frame begins, from the region's start; or how many bytes so many frames have. */
  static long bytes(long frames) {
    return frames << FrameTable.FRAME_SHIFT;
  }

  /**
   * Brings in what is in the shards' queues and gives back slabs that are wholly free.
   *
   * <p>Blocking: waits for each shard's lock in turn.
   */
  public void collect() {
    for (Shard shard : shards) {
      shard.trim();
    }
  }

  /** {@link #tidyIfDue}, if there is enough to give back. With no lock held. */
  public void purgeIfDue() {
    if (purge.isWorthIt()) {
      tidyIfDue();
    }
  }

  /**
   * If more memory is in use than ever before, and much that was is free: gives that back. To be
   * called where memory was taken, with no lock held; as {@link #tidyIfDue} it does not fail.
   */
  public void purgeIfGrown() {
    if (purge.hasGrown() && purgeDelayNanos != Long.MAX_VALUE) {
      try {
        purge.grown();
      } catch (RuntimeException | Error e) {
        faults.noteFailure(e);
      }
    }
  }

  /**
   * If the last time is long enough ago: lets the shards give back what they did not use since, and
   * gives the memory of frames that were free all the time since back to the system. To be called
   * now and then, with no lock held. What fails is no error of the caller's, who did not ask for
   * it, but one for {@link #reportFaults}.
   */
  public void tidyIfDue() {
    long now = System.nanoTime();
    if (now - lastTidied < purgeDelayNanos) {
      return;
    }
    lastTidied = now;
    try {
      tidy();
    } catch (RuntimeException | Error e) {
      faults.noteFailure(e);
    }
  }

  private void tidy() {
    for (Shard shard : shards) {
      shard.tryTidy();
    }
    if (purge.isWorthIt()) {
      purge.old();
    }
  }

  /**
   * Gives the memory of all free frames back to the system. One thread at a time does so; others
   * return at once.
   *
   * @return bytes given back
   */
  public long purge() {
    return purge.all();
  }

  /**
   * Keeps memory from being given back to the system until {@link #resumePurge}: a run cannot be
   * allocated while it is, so that memory may seem to be out when it is not.
   *
   * <p>Blocking: waits for the purge that goes on, if there is one.
   */
  public void pausePurge() {
    purge.pause();
  }

  /** Ends what {@link #pausePurge} began. */
  public void resumePurge() {
    purge.resume();
  }

  /**
   * Bytes of slabs, runs and mappings: what may be in physical memory, and counts against the
   * limit.
   *
   * @return bytes
   */
  public long usedBytes() {
    return usedBytes.get();
  }

  /**
   * Bytes of the region and of mappings that are in physical memory.
   *
   * @return bytes, as the kernel has it
   */
  public long residentBytes() {
    long used = Bits.alignUp(bytes(highFrame()), Region.osPageSize());
    return region.residentBytes(0, Math.min(used, region.byteSize())) + large.residentMappedBytes();
  }

  /**
   * Bytes of physical memory that the records take.
   *
   * @return bytes, native and on the Java heap
   */
  public long metadataBytes() {
    long heapBytes = slabs.footprint();
    for (Shard shard : shards) {
      heapBytes += shard.footprint();
    }
    if (!region.decommits()) {
      return metadata.residentBytes() + heapBytes;
    }
    return metadata.residentBytesBefore(blocks.begin())
        + blocks.residentBytes(metadata, bytes(highFrame()))
        + heapBytes;
  }

  /**
   * Blocks that are in slabs, by class.
   *
   * @return a count for each class
   */
  public long[] freeBlocks() {
    long[] counts = new long[SizeClasses.BOUND];
    for (Shard shard : shards) {
      shard.countFree(counts);
    }
    return counts;
  }

  /**
   * Slabs there are, by class. Wrong by those that begin or end meanwhile.
   *
   * @return a count for each class
   */
  public int[] slabCounts() {
    return slabs.counts();
  }

  /**
   * What is known of an address that is not the start of a live block, for an error's text. Best
   * effort: tags and slabs are read without a lock, so that of a slab that another thread is making
   * or dissolving, and on processors that reorder reads for a while after, the words may be those
   * of what was there before or will be.
   *
   * @param address any value
   * @return a few words
   */
  public String describe(long address) {
    long offset = blocks.offset(address);
    if (!blocks.contains(offset)) {
      return "not in this allocator's memory";
    }
    Slab slab = slabAt(address);
    if (slab != null) {
      boolean begins = slab.begins(address);
      return (begins ? "the start of a block that is free" : "inside of a block")
          + ", in a slab of blocks of "
          + SizeClasses.blockBytes(slab.sizeClass())
          + " bytes";
    }
    return FrameTag.isObject(frameTable.tagAt(offset))
        ? "in a slab of a typed cache"
        : "not the start of a live block";
  }

  /**
   * Checks shards, slabs and frames against each other. No other thread may be working on them.
   *
   * @throws IllegalStateException at the first broken invariant
   */
  public void validate() {
    frames.validate();
    purge.validate();
    large.validate();
    for (Shard shard : shards) {
      shard.validate();
    }
    objects.forEach(ObjectSpace::validate);
    new SpaceAudit(this).run();
  }

  long slabBytes() {
    long sum = 0;
    int[] counts = slabCounts();
    for (int sizeClass = 1; sizeClass < counts.length; sizeClass++) {
      long frameCount = (long) counts[sizeClass] * SizeClasses.slabFrames(sizeClass);
      sum += bytes(frameCount);
    }
    return sum;
  }

  long highFrame() {
    return purge.highFrame();
  }

  /** Gives everything back. Idempotent; of two threads the second waits for the first. */
  @Override
  public synchronized void close() {
    large.close();
    region.close();
    metadata.close();
  }
}
