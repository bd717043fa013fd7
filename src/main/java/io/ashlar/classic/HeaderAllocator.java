// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.AllocatorStats;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;
import io.ashlar.memory.SpinLock;
import io.ashlar.region.Region;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The classic {@code malloc}: blocks of any size one behind the other, each with a header of 16
 * bytes before it, and a second list of the free ones.
 *
 * <p>An allocation takes a free block that is large enough, which one {@link HeaderOptions.Fit}
 * says, and leaves the rest of it free; where there is none it takes from the unused room at the
 * end. A free only marks the block and puts it into the list of free blocks. Neighbouring free
 * blocks are merged by the searches that find them too small. Sizes are multiples of 64 bytes,
 * header included, and every block is aligned to 64 bytes. (Headers and fits: D. E. Knuth, The Art
 * of Computer Programming 1, 2.5. Late merging: P. R. Wilson and others, Dynamic Storage
 * Allocation, A Survey and Critical Review, 1995, "deferred coalescing".)
 *
 * <p><b>Good for</b> blocks of some hundred bytes and more of many different sizes. <b>Fails at</b>
 * small blocks, of which each takes 64 bytes, and at long lists of free blocks that are too small:
 * the search looks at all of them, at each allocation.
 *
 * <p><b>Cost.</b> {@link #free} takes constant time. {@link #malloc} takes constant time where the
 * block freed last fits, and time in proportion to the free blocks otherwise (to all blocks without
 * the list). {@link #fastAllocate} takes constant time. {@link #realloc} grows a block where it is
 * if free blocks or the unused room behind it allow it. {@link #stats}, {@link #trim} and {@link
 * #validate} may take time in proportion to all blocks.
 *
 * <p><b>Threads.</b> For one thread, or inside {@link SpinLocked}. But if frees are deferred any
 * threads may call: then {@link #free} is lock-free, done once the block's header is marked by one
 * atomic operation; it only queues the block. All other calls, and who carries out a batch, take a
 * spin lock, and wait while another thread is in such a call; a thread that has filled a batch and
 * finds the lock taken leaves the batch to the next. Whatever waits is carried out before memory is
 * out, and before {@link #stats}, {@link #trim} and {@link #validate}.
 *
 * <p><b>Bad frees</b> are all found at once: a hash in the header of its place, its size and a
 * secret tells the start of a block from anything else (but for a chance in 2<sup>64</sup>), and
 * the header says whether the block is live; with deferred frees, even if two threads free it at
 * the same moment. A header that was written over, and a link in a freed block that was, is an
 * {@link IllegalStateException} of the call that comes upon it; with deferred frees that can be a
 * call of another thread, or of the error handler in the background.
 */
public final class HeaderAllocator extends RegionAllocator implements Fragmentation.Source {

  /** About what this object and its parts take on the Java heap. */
  private static final long OBJECT_BYTES = 512;

  private final HeaderOptions options;
  private final BlockList blocks;
  private final FreeBlocks free;
  private final BlockSearch search;

  /** Null where frees are carried out at once, with the two below. */
  private final DeferredFrees deferred;

  private final SpinLock lock;

  /** Null but in the background. */
  private final DeferredFreeAgent agent;

  private long allocations;
  private long frees;
  private long liveBytes;

  /**
   * Makes an allocator over a region.
   *
   * @param region all zeros; it becomes this allocator's, and is closed with it
   * @param options how it works
   * @throws io.ashlar.region.SystemCallException if the region is to be made resident and the
   *     system refuses
   */
  public HeaderAllocator(Region region, HeaderOptions options) {
    super(region);
    this.options = options;
    blocks = new BlockList(region.address(), region.byteSize(), new SplittableRandom().nextLong());
    free = new FreeBlocks(blocks, options.freeList());
    search = new BlockSearch(blocks, free, options.fit());
    boolean defers = options.frees() != HeaderOptions.Frees.AT_ONCE;
    deferred = defers ? new DeferredFrees(blocks) : null;
    lock = defers ? new SpinLock() : null;
    if (options.commitment() == Region.Commitment.EAGER) {
      region.populate(0, region.byteSize());
    }
    if (options.frees() == HeaderOptions.Frees.IN_BACKGROUND) {
      agent = new DeferredFreeAgent(this::carryOutBatch, options.errorHandler());
      agent.start();
    } else {
      agent = null;
    }
  }

  /**
   * Makes an allocator over a region, with the {@linkplain HeaderOptions#defaults usual options}.
   *
   * @param region all zeros; it becomes this allocator's, and is closed with it
   */
  public HeaderAllocator(Region region) {
    this(region, HeaderOptions.defaults());
  }

  /**
   * Makes an allocator over a region of its own.
   *
   * @param capacityBytes address space to reserve, at least 1, rounded up to whole OS pages
   * @param options how it works
   * @return a new allocator
   * @throws IllegalArgumentException if the capacity is out of range
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had, or, with
   *     {@link Region.Commitment#EAGER}, the memory
   */
  public static HeaderAllocator create(long capacityBytes, HeaderOptions options) {
    return new HeaderAllocator(
        Region.reserve(capacityBytes, Region.osPageSize(), options.commitment()), options);
  }

  // ---- allocation ------------------------------------------------------------------------------

  @Override
  public long malloc(long byteSize) {
    checkOpen();
    return allocateBlock(1, byteSize, false);
  }

  @Override
  long allocateBlock(long byteAlignment, long byteSize, boolean zeroed) {
    checkRequest(byteSize);
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
    if (byteSize > region.byteSize()) {
      return NULL;
    }
    long address;
    long zeroFrom;
    enter();
    try {
      zeroFrom = blocks.touched();
      address = take(BlockList.blockBytes(byteSize), byteAlignment);
    } finally {
      leave();
    }
    if (zeroed && address != NULL && address < zeroFrom) {
      Memory.fill(address, Math.min(byteSize, zeroFrom - address), (byte) 0);
    }
    return address;
  }

  /**
   * Allocates a block from the unused room at the end, without a look at the free blocks: constant
   * time whatever was freed before, for a program that starts up, or that frees nothing. What is
   * freed serves {@link #malloc} only.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return the block's address, a multiple of 64, or {@link #NULL} if there is no room at the end,
   *     though there may be free blocks
   * @throws IllegalArgumentException if the size is negative or above the largest allowed
   * @throws IllegalStateException if this allocator is closed
   */
  public long fastAllocate(long byteSize) {
    checkOpen();
    checkRequest(byteSize);
    if (byteSize > region.byteSize()) {
      return NULL;
    }
    enter();
    try {
      return append(BlockList.blockBytes(byteSize), 1);
    } finally {
      leave();
    }
  }

  private void checkRequest(long byteSize) {
    checkSize(byteSize);
    if (byteSize > options.maxBlockBytes()) {
      throw new IllegalArgumentException(
          "%,d bytes asked for, at most %,d allowed".formatted(byteSize, options.maxBlockBytes()));
    }
  }

  private long take(long size, long byteAlignment) {
    long address = findOrAppend(size, byteAlignment);
    if (address == NULL && carryOutAll() > 0) {
      address = findOrAppend(size, byteAlignment);
    }
    return address;
  }

  private long findOrAppend(long size, long byteAlignment) {
    long found = search.find(size, byteAlignment);
    if (found == NULL) {
      return append(size, byteAlignment);
    }
    return allocated(free.cut(found, BlockList.lead(found, byteAlignment), size), size);
  }

  private long append(long size, long byteAlignment) {
    long lead = BlockList.lead(blocks.top(), byteAlignment);
    if (lead + size > blocks.room()) {
      return NULL;
    }
    if (lead > 0) {
      free.add(blocks.append(lead), lead);
    }
    long header = blocks.append(size);
    blocks.write(header, size, BlockList.LIVE);
    return allocated(header, size);
  }

  private long allocated(long header, long size) {
    allocations++;
    liveBytes += BlockList.usableBytes(size);
    return BlockList.addressOf(header);
  }

  // ---- free ------------------------------------------------------------------------------------

  @Override
  public void free(long address) {
    checkOpen();
    if (address == NULL) {
      return;
    }
    if (deferred == null) {
      release(BlockList.headerOf(address), blocks.liveSize(address));
      return;
    }
    blocks.claim(address);
    long waiting = deferred.put(address);
    if (agent == null && waiting >= options.batchBlocks()) {
      carryOutBatch();
    }
  }

  private void release(long header, long size) {
    free.add(header, size);
    frees++;
    liveBytes -= BlockList.usableBytes(size);
  }

  /** Carries out a batch of deferred frees, unless another thread is in the way. */
  private int carryOutBatch() {
    if (deferred.count() <= 0 || !lock.tryLock()) {
      return 0;
    }
    try {
      return isClosed() ? 0 : carryOut(options.batchBlocks());
    } finally {
      lock.unlock();
    }
  }

  /** For the holder of the lock, or the one thread if there is none. */
  private int carryOutAll() {
    return deferred == null ? 0 : carryOut(Integer.MAX_VALUE);
  }

  private int carryOut(int most) {
    int done = 0;
    try {
      for (long block; done < most && (block = deferred.take()) != NULL; ) {
        done++;
        long header = BlockList.headerOf(block);
        release(header, blocks.size(header));
      }
    } finally {
      deferred.took(done);
    }
    return done;
  }

  /** {@inheritDoc} Neighbouring free blocks count as one, since a search would merge them. */
  @Override
  public Fragmentation fragmentation() {
    checkOpen();
    enter();
    try {
      carryOutAll();
      return free.fragmentation();
    } finally {
      leave();
    }
  }

  /**
   * How many headers searches have looked at, so far: what an allocation costs that the block freed
   * last does not serve. Exact while no other thread is in a call.
   *
   * @return the count
   */
  public long searchedBlocks() {
    return free.looks();
  }

  /** About how many freed blocks wait. */
  long waiting() {
    return deferred == null ? 0 : deferred.count();
  }

  /** Also for tests that keep batches from being carried out. */
  void enter() {
    if (lock != null) {
      lock.lock();
    }
  }

  void leave() {
    if (lock != null) {
      lock.unlock();
    }
  }

  /** Carries out all frees that wait. */
  @Override
  public void flush() {
    checkOpen();
    enter();
    try {
      carryOutAll();
    } finally {
      leave();
    }
  }

  // ---- sizes -----------------------------------------------------------------------------------

  @Override
  public long usableSize(long address) {
    checkOpen();
    return BlockList.usableBytes(blocks.liveSize(address));
  }

  @Override
  public long realloc(long address, long newByteSize) {
    checkOpen();
    checkRequest(newByteSize);
    if (address == NULL) {
      return allocateBlock(1, newByteSize, false);
    }
    enter();
    try {
      // Marked as freed for as long as this takes, so that a free meanwhile is refused.
      long size = deferred == null ? blocks.liveSize(address) : blocks.claim(address);
      return resize(BlockList.headerOf(address), size, newByteSize);
    } finally {
      leave();
    }
  }

  private long resize(long header, long size, long newByteSize) {
    if (newByteSize > region.byteSize()) {
      blocks.write(header, size, BlockList.LIVE);
      return NULL;
    }
    long wanted = BlockList.blockBytes(newByteSize);
    if (wanted <= size || grow(header, size, wanted)) {
      long rest = blocks.size(header) - wanted;
      blocks.write(header, wanted, BlockList.LIVE);
      if (rest > 0) {
        free.add(header + wanted, rest);
      }
      liveBytes += wanted - size;
      return BlockList.addressOf(header);
    }
    long moved = take(wanted, 1);
    if (moved == NULL) {
      blocks.write(header, size, BlockList.LIVE);
      return NULL;
    }
    Memory.copy(BlockList.addressOf(header), moved, BlockList.usableBytes(size));
    release(header, size);
    return moved;
  }

  /** Takes in the free blocks behind a block, and the room at the end if they reach it. */
  private boolean grow(long header, long size, long wanted) {
    long available = free.sizeWithFreeBehind(header, wanted);
    long missing = wanted - available;
    boolean atEnd = header + available == blocks.top();
    if (missing > 0 && (!atEnd || missing > blocks.room())) {
      return false;
    }
    free.absorb(header + size, header + available);
    if (missing > 0) {
      blocks.append(missing);
    }
    blocks.write(header, Math.max(available, wanted), BlockList.LIVE);
    return true;
  }

  // ---- upkeep ----------------------------------------------------------------------------------

  /**
   * {@inheritDoc}
   *
   * <p>Merges all free blocks, then gives back the pages that are wholly inside one, or behind the
   * last block. Takes time in proportion to all blocks.
   */
  @Override
  public long trim() {
    checkOpen();
    enter();
    try {
      carryOutAll();
      free.mergeAll();
      if (!region.decommits()) {
        return 0;
      }
      long purged = 0;
      for (long at = blocks.first(); at != blocks.top(); at = blocks.next(at)) {
        if (blocks.isFree(at)) {
          purged += decommit(at + FreeBlocks.KEPT_BYTES, blocks.next(at));
        }
      }
      long end = region.address() + region.byteSize();
      long pageEnd = Bits.alignUp(blocks.touched(), Region.osPageSize());
      purged += decommit(blocks.top(), Math.min(pageEnd, end));
      blocks.setTouched(
          Math.min(blocks.touched(), Bits.alignUp(blocks.top(), Region.osPageSize())));
      return purged;
    } finally {
      leave();
    }
  }

  /** Gives the whole pages between two addresses back, and returns how much of them there was. */
  private long decommit(long from, long to) {
    long offset = Bits.alignUp(from - region.address(), Region.osPageSize());
    long length = Bits.alignDown(to - region.address(), Region.osPageSize()) - offset;
    if (length <= 0) {
      return 0;
    }
    long resident = region.residentBytes(offset, length);
    if (resident > 0) {
      region.decommit(offset, length);
    }
    return resident;
  }

  /** Live bytes, a little old if other threads are in a call. */
  @Override
  long usedBytes() {
    return liveBytes;
  }

  @Override
  public AllocatorStats stats() {
    checkOpen();
    enter();
    try {
      carryOutAll();
      boolean eager = options.commitment() == Region.Commitment.EAGER;
      long touchedBytes = Bits.alignUp(blocks.touched() - region.address(), Region.osPageSize());
      long committed = eager ? region.byteSize() : Math.min(touchedBytes, region.byteSize());
      return new AllocatorStats(
          liveBytes,
          allocations - frees,
          region.residentBytes(0, committed),
          committed,
          region.byteSize(),
          OBJECT_BYTES, // Headers and links are resident bytes of the region already.
          allocations,
          frees,
          0,
          0,
          0,
          List.of());
    } finally {
      leave();
    }
  }

  @Override
  public void validate() {
    checkOpen();
    enter();
    try {
      carryOutAll();
      long count = blocks.validate();
      free.validate();
      long live = 0;
      long bytes = 0;
      for (long at = blocks.first(); at != blocks.top(); at = blocks.next(at)) {
        if (blocks.isLive(at)) {
          live++;
          bytes += BlockList.usableBytes(blocks.size(at));
        }
      }
      check(live == allocations - frees, live + " live blocks, " + (allocations - frees));
      check(bytes == liveBytes, bytes + " live bytes, counted " + liveBytes);
      check(live + free.count() == count, "blocks that are neither live nor free");
    } finally {
      leave();
    }
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(broken);
    }
  }

  @Override
  public void close() {
    enter();
    try {
      super.close();
    } finally {
      leave();
    }
  }

  /** The agent's thread only ever tries for the lock, which the caller holds. */
  @Override
  void closeRecords() {
    if (agent != null) {
      agent.close();
    }
  }
}
