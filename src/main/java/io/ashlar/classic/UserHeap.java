// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.InvalidFreeException;
import io.ashlar.OutOfNativeMemoryError;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Counts;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * A user-space heap: an allocator of any design on a range of its own, with a limit of its own, in
 * a tree of such. What a heap has live counts against its limit and against those of all above it;
 * closing it gives everything back at once, its children's too. A block is freed into the heap it
 * came from; any other refuses it.
 *
 * <p>For parts of a program that are to be told apart, and whose end is to be the end of all they
 * allocated: a session, a query, a plug-in.
 *
 * <p><b>Limits</b> are in usable bytes of live blocks. The range must hold these, and what the
 * design needs beside them; it costs address space alone until it is used. An allocation that would
 * pass a limit anywhere above is out of memory, and {@link Usage#refusals} counts it here. A block
 * that grows is allocated anew, so for a moment both count.
 *
 * <p><b>Threads.</b> A heap is as safe for threads as its design is: put a {@link SpinLocked}
 * around one that is not. Different heaps of one tree may be used by different threads at the same
 * time: the accounts are atomic, and lock-free. Where two threads allocate close to a limit, one of
 * them may be refused because of what the other takes and then has to give back. Heaps are made and
 * closed by any thread; no other thread may be in a call of a heap that is closed, or of one below
 * it.
 *
 * <p><b>Cost</b>: that of the design, an atomic operation and a look at the highest use for each
 * heap from this one to the root, and {@link #usableSize} once more at each call.
 *
 * <p><b>Bad frees</b>: an address outside the heap's range is refused, and the refusal names the
 * heap of the tree that it belongs to; what else is found is up to the design.
 */
public final class UserHeap implements Allocator {

  private static final VarHandle USED = handle("used");
  private static final VarHandle PEAK = handle("peak");
  private static final VarHandle REFUSALS = handle("refusals");

  private static VarHandle handle(String field) {
    return ConstantBootstraps.fieldVarHandle(
        MethodHandles.lookup(), field, VarHandle.class, UserHeap.class, long.class);
  }

  private final String name;
  private final UserHeap parent;
  private final long limit;
  private final Region range;
  private final Allocator design;
  private final List<UserHeap> children = new CopyOnWriteArrayList<>();

  // used = usable bytes of the live blocks here + used of each child <= limit
  long used;

  /** The highest that {@link #used} has been. */
  long peak;

  long refusals;
  private boolean closed;

  /**
   * What a heap has in use.
   *
   * @param name its names from the root on
   * @param ownBytes usable bytes of its own live blocks
   * @param usedBytes the same with those of all heaps below
   * @param peakBytes the most that {@code usedBytes} has been
   * @param limitBytes what it cannot pass
   * @param refusals allocations from this heap that a limit refused, its own or one above
   * @param children heaps right below it
   */
  public record Usage(
      String name,
      long ownBytes,
      long usedBytes,
      long peakBytes,
      long limitBytes,
      long refusals,
      int children) {}

  private UserHeap(
      String name,
      UserHeap parent,
      long rangeBytes,
      long limitBytes,
      Function<? super Region, ? extends Allocator> design) {
    if (limitBytes < 1) {
      throw new IllegalArgumentException("limit " + limitBytes);
    }
    this.name = parent == null ? name : parent.name + "/" + name;
    this.parent = parent;
    this.limit = limitBytes;
    range = Region.reserve(rangeBytes, Region.osPageSize(), Region.Commitment.LAZY);
    boolean done = false;
    try {
      this.design = Objects.requireNonNull(design.apply(range));
      done = true;
    } finally {
      if (!done) {
        range.close();
      }
    }
  }

  /**
   * Makes a heap with nothing above it.
   *
   * @param name what it is called in figures and refusals
   * @param rangeBytes address space to reserve, at least 1, rounded up to whole OS pages
   * @param limitBytes most usable bytes that may be live in it and below, at least 1
   * @param design makes the allocator over the range, such as {@code HeaderAllocator::new}; all its
   *     blocks are to lie in the range, and it closes the range with itself
   * @return the heap
   * @throws IllegalArgumentException if a number is out of range
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public static UserHeap root(
      String name,
      long rangeBytes,
      long limitBytes,
      Function<? super Region, ? extends Allocator> design) {
    return new UserHeap(Objects.requireNonNull(name), null, rangeBytes, limitBytes, design);
  }

  /**
   * Makes a heap below this one. Its range is its own, apart from this one's.
   *
   * @param childName what it is called in figures and refusals, after the names above it
   * @param rangeBytes address space to reserve, at least 1, rounded up to whole OS pages
   * @param limitBytes most usable bytes that may be live in it and below, at least 1; a limit above
   *     may be reached first
   * @param childDesign makes the allocator over the range, as for {@link #root}
   * @return the heap, closed with this one if not before
   * @throws IllegalArgumentException if a number is out of range
   * @throws IllegalStateException if this heap is closed
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   */
  public UserHeap child(
      String childName,
      long rangeBytes,
      long limitBytes,
      Function<? super Region, ? extends Allocator> childDesign) {
    checkOpen();
    UserHeap child =
        new UserHeap(Objects.requireNonNull(childName), this, rangeBytes, limitBytes, childDesign);
    children.add(child);
    return child;
  }

  // ---- accounts --------------------------------------------------------------------------------

  private static long usedOpaque(UserHeap heap) {
    return (long) USED.getOpaque(heap);
  }

  /** Whether all limits from here to the root leave room, at some moment of the call. */
  private boolean hasRoomFor(long bytes) {
    for (UserHeap heap = this; heap != null; heap = heap.parent) {
      if (heap.limit - usedOpaque(heap) < bytes) {
        REFUSALS.getAndAdd(this, 1L);
        return false;
      }
    }
    return true;
  }

  /** Counts bytes in all accounts from here to the root, or in none. Lock-free. */
  private boolean charge(long bytes) {
    for (UserHeap heap = this; heap != null; heap = heap.parent) {
      if (!heap.add(bytes)) {
        for (UserHeap charged = this; charged != heap; charged = charged.parent) {
          USED.getAndAdd(charged, -bytes);
        }
        REFUSALS.getAndAdd(this, 1L);
        return false;
      }
    }
    return true;
  }

  private boolean add(long bytes) {
    long before;
    boolean done;
    do {
      before = usedOpaque(this);
      if (limit - before < bytes) {
        return false;
      }
      done = USED.compareAndSet(this, before, before + bytes);
      if (Counts.ON) {
        Counts.atomic(done);
      }
    } while (!done);
    long highest = (long) PEAK.getOpaque(this);
    while (highest < before + bytes && !PEAK.compareAndSet(this, highest, before + bytes)) {
      highest = (long) PEAK.getOpaque(this);
    }
    return true;
  }

  private void uncharge(long bytes) {
    for (UserHeap heap = this; heap != null; heap = heap.parent) {
      if (Counts.ON) {
        Counts.atomic(true);
      }
      USED.getAndAdd(heap, -bytes);
    }
  }

  /** Counts a block that the design has given, or gives it back to the design. */
  private long charged(long block) {
    if (block == NULL || charge(design.usableSize(block))) {
      return block;
    }
    design.free(block);
    return NULL;
  }

  // ---- addresses -------------------------------------------------------------------------------

  @Override
  public long malloc(long byteSize) {
    checkOpen();
    RegionAllocator.checkSize(byteSize);
    return hasRoomFor(byteSize) ? charged(design.malloc(byteSize)) : NULL;
  }

  @Override
  public long calloc(long byteSize) {
    checkOpen();
    RegionAllocator.checkSize(byteSize);
    return hasRoomFor(byteSize) ? charged(design.calloc(byteSize)) : NULL;
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    checkOpen();
    check(byteAlignment, byteSize);
    return hasRoomFor(byteSize) ? charged(design.alignedAlloc(byteAlignment, byteSize)) : NULL;
  }

  private static void check(long byteAlignment, long byteSize) {
    RegionAllocator.checkSize(byteSize);
    if (!Bits.isPowerOfTwo(byteAlignment)) {
      throw new IllegalArgumentException("alignment " + byteAlignment + " is no power of two");
    }
  }

  @Override
  public void free(long address) {
    checkOpen();
    if (address == NULL) {
      return;
    }
    checkRange(address);
    long usable = design.usableSize(address);
    design.free(address);
    uncharge(usable);
  }

  private boolean contains(long address) {
    return Long.compareUnsigned(address - range.address(), range.byteSize()) < 0;
  }

  private void checkRange(long address) {
    if (contains(address)) {
      return;
    }
    UserHeap root = this;
    while (root.parent != null) {
      root = root.parent;
    }
    UserHeap owner = root.find(address);
    throw new InvalidFreeException(
        address,
        "outside the range of the heap " + name + (owner == null ? "" : ", in that of " + owner));
  }

  /** The heap here or below whose range an address is in, or null. */
  private UserHeap find(long address) {
    if (contains(address)) {
      return this;
    }
    for (UserHeap child : children) {
      UserHeap found = child.find(address);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  @Override
  public long usableSize(long address) {
    checkOpen();
    checkRange(address);
    return design.usableSize(address);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    checkOpen();
    RegionAllocator.checkSize(newByteSize);
    if (address == NULL) {
      return malloc(newByteSize);
    }
    checkRange(address);
    long before = design.usableSize(address);
    if (newByteSize > before) {
      long moved = malloc(newByteSize);
      if (moved != NULL) {
        Memory.copy(address, moved, before);
        free(address);
      }
      return moved;
    }
    long block = design.realloc(address, newByteSize);
    if (block != NULL) {
      uncharge(before - design.usableSize(block));
    }
    return block;
  }

  // ---- segments --------------------------------------------------------------------------------

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    return asSegment(alignedAlloc(byteAlignment, byteSize), byteSize);
  }

  @Override
  public MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    return byteAlignment <= MIN_ALIGNMENT && Bits.isPowerOfTwo(byteAlignment)
        ? asSegment(calloc(byteSize), byteSize)
        : allocate(byteSize, byteAlignment).fill((byte) 0);
  }

  @Override
  public MemorySegment reallocate(MemorySegment block, long newByteSize) {
    if (!block.isNative()) {
      throw new IllegalArgumentException("not a native segment: " + block);
    }
    return asSegment(realloc(block.address(), newByteSize), newByteSize);
  }

  private MemorySegment asSegment(long address, long byteSize) {
    if (address == NULL) {
      throw new OutOfNativeMemoryError(byteSize, usedOpaque(this), limit);
    }
    return range.segment().asSlice(address - range.address(), byteSize);
  }

  // ---- upkeep ----------------------------------------------------------------------------------

  /**
   * What is in use here and below.
   *
   * @return the figures, each read at some moment during the call
   */
  public Usage usage() {
    long below = children.stream().mapToLong(UserHeap::usedOpaque).sum();
    long all = usedOpaque(this);
    return new Usage(
        name,
        Math.max(0, all - below),
        all,
        (long) PEAK.getOpaque(this),
        limit,
        (long) REFUSALS.getOpaque(this),
        children.size());
  }

  /**
   * The heaps right below this one.
   *
   * @return those that are open
   */
  public List<UserHeap> children() {
    return List.copyOf(children);
  }

  /** Figures of this heap alone, without those below it. */
  @Override
  public AllocatorStats stats() {
    checkOpen();
    return design.stats();
  }

  @Override
  public void flush() {
    checkOpen();
    design.flush();
  }

  /** Gives back what this heap has free, not those below it. */
  @Override
  public long trim() {
    checkOpen();
    return design.trim();
  }

  /** {@inheritDoc} Those below are checked too. */
  @Override
  public void validate() {
    checkOpen();
    design.validate();
    long sum = design.stats().liveBytes();
    for (UserHeap child : children) {
      child.validate();
      sum += child.used;
    }
    check(sum == used, sum + " bytes live here and below, counted " + used);
    check(used <= limit, "the limit is passed");
    check(used <= peak, "more is used than ever was");
  }

  private void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(name + ": " + broken);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("closed");
    }
  }

  /**
   * Gives everything back at once: this heap and those below it, live blocks included; idempotent.
   *
   * @throws IllegalStateException if a segment of one of them is in use by a call into native code;
   *     those that are not closed then can be used as before
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    children.forEach(UserHeap::close);
    design.close();
    range.close();
    closed = true;
    if (parent != null) {
      parent.uncharge(usedOpaque(this));
      parent.children.remove(this);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
