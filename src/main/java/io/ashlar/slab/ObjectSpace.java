// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;
import io.ashlar.memory.SpinLock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * All that threads share of one typed cache: its shards with their slabs, cut from runs of the
 * {@link SlabSpace}'s frames, and the states of its blocks. A cache that grows takes a run for each
 * slab when it needs one; a fixed one takes all memory when it is made, in one run if that is no
 * longer than the longest, and divides it among the shards as they ask.
 *
 * <p>Thread-safe. Locks are taken in this order: a shard's, the directory's, the frame allocator's.
 */
public final class ObjectSpace {

  private final SlabSpace space;
  private final int cache;
  private final BlockShape shape;
  private final long maxBlocks;
  private final boolean fixed;
  private final Metadata metadata;
  private final ObjectBlocks blocks;
  private final ObjectShard[] shards;

  private final SpinLock directoryLock = new SpinLock();

  /** Slabs by number, null where there is none; replaced as it grows, like SlabSpace's. */
  private volatile ObjectSlab[] directory = new ObjectSlab[8];

  // Under the directory's lock:

  private final ArrayDeque<Integer> spareNumbers = new ArrayDeque<>();
  private int numbers;

  /** Slabs of no shard: of a fixed cache only. */
  private final ArrayDeque<ObjectSlab> unassigned = new ArrayDeque<>();

  /** Of a fixed cache: its runs, first frame and frames. */
  private final List<int[]> runs = new ArrayList<>();

  /** Blocks in slabs, those of shards and the others, and those that are about to be. */
  private long capacityBlocks;

  private long committedFrames;

  /**
   * Makes a cache's part of a space.
   *
   * @param space where frames come from
   * @param layoutBytes bytes of a block's layout, 0 or more
   * @param byteAlignment its alignment, a power of two
   * @param maxBlocks most blocks there may be, 1 or more
   * @param fixed whether memory for all of them is taken at once
   * @return the part; null if memory is out
   * @throws IllegalArgumentException if no slab can hold such a block
   * @throws IllegalStateException if the space has as many caches as it can
   */
  public static ObjectSpace create(
      SlabSpace space, long layoutBytes, long byteAlignment, long maxBlocks, boolean fixed) {
    BlockShape shape =
        BlockShape.of(layoutBytes, byteAlignment, leastSlabBytes(space, maxBlocks, layoutBytes));
    ObjectSpace made = new ObjectSpace(space, shape, maxBlocks, fixed);
    boolean complete = false;
    try {
      complete = !fixed || made.takeRuns();
    } finally {
      if (!complete) {
        made.close();
      }
    }
    return complete ? made : null;
  }

  /** Small caches and small regions have small slabs, so that every shard can get one. */
  private static long leastSlabBytes(SlabSpace space, long maxBlocks, long layoutBytes) {
    long blocksOfShard = Math.min(maxBlocks, 1L << 32) / space.shardCount() + 1;
    long bytesOfShard = blocksOfShard * Math.clamp(layoutBytes, 1, BlockShape.MAX_BYTES);
    long share = Math.min(space.region().byteSize(), space.limitBytes()) / 16;
    long most = Math.max(FrameTable.FRAME_BYTES, Math.min(share, bytesOfShard));
    return Math.min(BlockShape.DEFAULT_SLAB_BYTES, Long.highestOneBit(most));
  }

  private ObjectSpace(SlabSpace space, BlockShape shape, long maxBlocks, boolean fixed) {
    this.space = space;
    this.shape = shape;
    this.maxBlocks = maxBlocks;
    this.fixed = fixed;
    long stateBytes = maxSlabs() << shape.stateShift();
    metadata = new Metadata(Metadata.footprint(stateBytes), !space.region().decommits());
    int number = 0;
    try {
      number = space.objects().add(this);
    } finally {
      if (number == 0) {
        metadata.close();
      }
    }
    cache = number;
    blocks =
        new ObjectBlocks(
            space.region().address(),
            space.region().byteSize(),
            space.frameTable().packedAddress(),
            Memory.packBase(metadata.allocate(stateBytes)),
            cache,
            shape.blockBytes(),
            shape.slabShift(),
            shape.reciprocal(),
            shape.stateShift(),
            space.blocks().checked());
    shards = new ObjectShard[space.shardCount()];
    Arrays.setAll(shards, i -> new ObjectShard(this, space.shard(i)));
  }

  /** Of a cache that grows, slabs may be shorter than full only where the limit ends. */
  private long maxSlabs() {
    long byRegion = Math.max(1, space.region().byteSize() >>> shape.slabShift());
    return Math.min(byRegion, (maxBlocks - 1) / shape.slabBlocks() + 1);
  }

  /** Takes the memory of a fixed cache; false if it is not to be had. */
  private boolean takeRuns() {
    int slabsOfRun = space.frames().maxRun() / framesOfSlot();
    for (long left = maxBlocks; left > 0; ) {
      long inRun = Math.min(left, (long) slabsOfRun * shape.slabBlocks());
      int fullSlabs = (int) ((inRun - 1) / shape.slabBlocks());
      int rest = (int) (inRun - (long) fullSlabs * shape.slabBlocks());
      int frames = fullSlabs * framesOfSlot() + shape.frames(rest);
      int first = space.allocateFrames(frames, framesOfSlot());
      if (first == FrameAllocator.NONE) {
        return false;
      }
      runs.add(new int[] {first, frames});
      committedFrames += frames;
      for (int i = 0; i <= fullSlabs; i++) {
        int capacity = i < fullSlabs ? shape.slabBlocks() : rest;
        unassigned.addLast(begin(numbers, first + i * framesOfSlot(), capacity));
      }
      left -= inRun;
    }
    capacityBlocks = maxBlocks;
    return true;
  }

  private int framesOfSlot() {
    return (int) (shape.slabBytes() >>> FrameTable.FRAME_SHIFT);
  }

  /** Enters a slab into the directory; the frames' tags are not set. */
  private ObjectSlab begin(int number, int firstFrame, int capacity) {
    ObjectSlab slab =
        new ObjectSlab(
            number,
            shape,
            firstFrame,
            blocks.regionAddress() + SlabSpace.bytes(firstFrame),
            capacity);
    ObjectSlab[] slabs = directory;
    if (number >= slabs.length) {
      slabs = Arrays.copyOf(slabs, 2 * slabs.length);
    }
    slabs[number] = slab;
    directory = slabs;
    numbers = Math.max(numbers, number + 1);
    return slab;
  }

  private void setTags(ObjectSlab slab, long tag) {
    space.frameTable().setTags(slab.firstFrame(), slab.frames(), tag);
  }

  /** Makes a slab for a shard, or assigns one; null if memory is out, or the cache full. */
  ObjectSlab newSlab(ObjectShard home) {
    directoryLock.lock();
    try {
      ObjectSlab slab = fixed ? unassigned.pollFirst() : grow();
      if (slab != null) {
        slab.setHome(home);
        setTags(slab, FrameTag.object(home.number(), cache, slab.number));
      }
      return slab;
    } finally {
      directoryLock.unlock();
    }
  }

  private ObjectSlab grow() {
    int capacity = (int) Math.min(shape.slabBlocks(), maxBlocks - capacityBlocks);
    if (capacity == 0) {
      return null;
    }
    int frames = shape.frames(capacity);
    int first = space.allocateFrames(frames, framesOfSlot());
    if (first == FrameAllocator.NONE) {
      return null;
    }
    ObjectSlab slab = null;
    try {
      Integer spare = spareNumbers.peekLast();
      slab = begin(spare != null ? spare : numbers, first, capacity);
    } finally {
      if (slab == null) {
        space.freeFrames(first, frames);
      }
    }
    spareNumbers.pollLast();
    capacityBlocks += capacity;
    committedFrames += frames;
    return slab;
  }

  /**
   * Gives slabs back that are wholly free and in no list: to the frame allocator, or to the other
   * shards if the cache is fixed.
   */
  private void dissolve(List<ObjectSlab> slabs) {
    directoryLock.lock();
    try {
      for (ObjectSlab slab : slabs) {
        setTags(slab, FrameTag.NOTHING);
        if (fixed) {
          slab.setHome(null);
          unassigned.addLast(slab);
        } else {
          spareNumbers.addLast(slab.number);
          directory[slab.number] = null;
          capacityBlocks -= slab.capacity();
          committedFrames -= slab.frames();
          space.freeFrames(slab.firstFrame(), slab.frames());
        }
      }
    } finally {
      directoryLock.unlock();
    }
  }

  /**
   * The states of blocks.
   *
   * @return what the fast paths read
   */
  public ObjectBlocks blocks() {
    return blocks;
  }

  BlockShape shape() {
    return shape;
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
  public ObjectShard shard(int number) {
    return shards[number];
  }

  /**
   * The shard that a block belongs to.
   *
   * @param address a block
   * @return its home; null if it was freed twice, and its slab is gone
   */
  public ObjectShard homeOf(long address) {
    int key = FrameTag.key(blocks.tag(blocks.offset(address)));
    return FrameTag.isObject(key, cache) ? shards[FrameTag.objectHome(key)] : null;
  }

  ObjectSlab slab(int number) {
    ObjectSlab[] slabs = directory;
    return number < slabs.length ? slabs[number] : null;
  }

  /** The slab around an address of the region; null if there is none of this cache. */
  ObjectSlab slabAt(long address) {
    long tag = blocks.tag(blocks.offset(address));
    return FrameTag.isObject(FrameTag.key(tag), cache) ? slab(FrameTag.value(tag)) : null;
  }

  /**
   * Whether an address is that of a block that is neither in use nor in its slab. For checks.
   *
   * @param address any in the region
   * @return whether it is
   */
  public boolean isKept(long address) {
    ObjectSlab slab = slabAt(address);
    return slab != null
        && slab.begins(address)
        && !slab.holds(address)
        && !(blocks.checked() && blocks.isLive(blocks.placeOf(address)));
  }

  /**
   * Keeps the address of a block that was freed twice, until the space reports it.
   *
   * @param address the block
   */
  public void noteFreedTwice(long address) {
    space.noteFreedTwice(address);
  }

  /**
   * Whether there are as many blocks as there may be: more memory would not help.
   *
   * @return whether there are
   */
  public boolean isAtLimit() {
    directoryLock.lock();
    try {
      return capacityBlocks == maxBlocks;
    } finally {
      directoryLock.unlock();
    }
  }

  /** Brings everything home. Blocking: waits for each shard's lock in turn. */
  public void bringHome() {
    for (ObjectShard shard : shards) {
      shard.collect(null);
    }
  }

  /**
   * Gives back slabs that are wholly free, all blocks in them destroyed.
   *
   * @param destroy is shown each constructed block in them, with no lock held; must not throw
   * @return bytes given back to the frame allocator
   */
  public long giveBack(LongConsumer destroy) {
    List<ObjectSlab> wholly = new ArrayList<>();
    for (ObjectShard shard : shards) {
      shard.collect(wholly);
    }
    long frames = 0;
    if (!fixed) {
      for (ObjectSlab slab : wholly) {
        slab.unmake(destroy);
        frames += slab.frames();
      }
    }
    dissolve(wholly);
    return SlabSpace.bytes(frames);
  }

  /**
   * Shows every constructed block that is in its slab, as none is afterwards; nobody else may be
   * using the cache.
   *
   * @param destroy is shown the blocks; must not throw
   */
  public void unmakeAll(LongConsumer destroy) {
    bringHome();
    for (ObjectSlab slab : directory) {
      if (slab != null) {
        slab.unmake(destroy);
      }
    }
  }

  /**
   * Blocks that are in their slabs.
   *
   * @return their number
   */
  public long freeBlocks() {
    long sum = 0;
    for (ObjectShard shard : shards) {
      sum += shard.freeBlocks();
    }
    directoryLock.lock();
    try {
      for (ObjectSlab slab : unassigned) {
        sum += slab.freeCount();
      }
    } finally {
      directoryLock.unlock();
    }
    return sum;
  }

  /**
   * Blocks that wait in depots, after what is in the queues has been brought there. For checks.
   *
   * @return their number
   */
  public long depotBlocks() {
    long sum = 0;
    for (ObjectShard shard : shards) {
      sum += shard.depotBlocks();
    }
    return sum;
  }

  /**
   * Blocks that are marked as in use. For checks.
   *
   * @return their number
   */
  public long liveBlocks() {
    long sum = 0;
    for (ObjectSlab slab : directory) {
      sum += slab != null && slab.home() != null ? slab.liveBlocks(blocks) : 0;
    }
    return sum;
  }

  /**
   * Blocks that there are, in use or not, constructed or not.
   *
   * @return their number
   */
  public long capacityBlocks() {
    directoryLock.lock();
    try {
      return capacityBlocks;
    } finally {
      directoryLock.unlock();
    }
  }

  /**
   * Bytes of the frames that the cache has.
   *
   * @return bytes
   */
  public long committedBytes() {
    directoryLock.lock();
    try {
      return SlabSpace.bytes(committedFrames);
    } finally {
      directoryLock.unlock();
    }
  }

  /**
   * Bytes of physical memory that the records take.
   *
   * @return bytes, native and on the Java heap
   */
  public long metadataBytes() {
    long sum = metadata.residentBytes() + (long) directory.length * Integer.BYTES;
    for (ObjectSlab slab : directory) {
      sum += slab != null ? slab.footprint() : 0;
    }
    for (ObjectShard shard : shards) {
      sum += shard.footprint();
    }
    return sum;
  }

  /** Frames that the cache has. */
  long committedFrames() {
    directoryLock.lock();
    try {
      return committedFrames;
    } finally {
      directoryLock.unlock();
    }
  }

  /**
   * Checks shards and slabs against each other. No other thread may be using the cache.
   *
   * @throws IllegalStateException at the first broken invariant
   */
  public void validate() {
    for (ObjectShard shard : shards) {
      shard.validate();
    }
    long capacity = 0;
    long frames = 0;
    for (ObjectSlab slab : directory) {
      if (slab != null) {
        slab.validate(blocks);
        capacity += slab.capacity();
        frames += fixed ? 0 : slab.frames();
        ObjectShard home = slab.home();
        long tag =
            home == null ? FrameTag.NOTHING : FrameTag.object(home.number(), cache, slab.number);
        for (int i = 0; i < slab.frames(); i++) {
          check(space.frameTable().tag(slab.firstFrame() + i) == tag, "has a frame tagged wrongly");
        }
      }
    }
    for (int[] run : runs) {
      frames += run[1];
    }
    check(capacity == capacityBlocks, "counts its blocks wrongly");
    check(frames == committedFrames, "counts its frames wrongly");
    check(capacity <= maxBlocks, "has more blocks than it may");
  }

  private void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException("object cache " + cache + " " + broken);
    }
  }

  /** Gives all memory back, blocks in use included. Not idempotent; nobody may be using it. */
  public void close() {
    for (ObjectSlab slab : directory) {
      if (slab != null) {
        setTags(slab, FrameTag.NOTHING);
        if (!fixed) {
          space.freeFrames(slab.firstFrame(), slab.frames());
        }
      }
    }
    for (int[] run : runs) {
      space.freeFrames(run[0], run[1]);
    }
    space.objects().remove(cache);
    metadata.close();
  }
}
