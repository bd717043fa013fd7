// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.Metadata;
import io.ashlar.memory.Memory;

/**
 * What begins at each granule of 16 bytes of the region: one byte, the <em>state</em>, in metadata.
 * It answers in one load, without knowing the slab, whether an address is the start of a live block
 * and of which class; anything else is found out by the same comparison.
 *
 * <pre>
 *   7 6 5 4 3 2 1 0
 *   F T C C C C C C
 *   │ │ └─────────┴─ class + 1 of the block that begins here; 63: a run of frames; 0: nothing does
 *   │ └───────────── in transit: freed, on the way to its home shard (only with F)
 *   └─────────────── free
 *
 *   0                    no block begins here, or it was never handed out
 *   1 … 40               live block of class state - 1
 *   63                   live run of frames
 *   0x80 | class + 1     free block, in a magazine or in its slab
 *   0xC0 | class + 1     free block, in a batch on the way to its slab
 * </pre>
 *
 * <p>Transitions, each by the thread that has the block at the time:
 *
 * <pre>
 *   0, free ──malloc──▶ live ──free at home──▶ free
 *                        live ──remote free──▶ in transit ──drain, under the home's lock──▶ free
 * </pre>
 *
 * <p>Reads and writes are plain. In a program that frees each block once every transition happens
 * before the next: the block's address is handed from thread to thread with synchronization of the
 * program's own, or by a queue or lock of ours. In a program that frees a block twice at the same
 * time from two threads both may see it live; {@link #tryFree} finds that too.
 *
 * <p>Cost: 1/16 of the memory that holds blocks, committed by touch. Addresses that are no multiple
 * of 16, and those outside of the region, are refused by one comparison.
 */
public final class BlockMap {

  /** State of a granule where no block begins. */
  static final int NONE = 0;

  /** State of a live run. */
  public static final int RUN = 63;

  /** Marks a state of a free block. */
  static final int FREE = 0x80;

  /** Marks a state of a free block on the way to its home shard. */
  static final int IN_TRANSIT = 0xC0;

  private static final int CODE_MASK = 0x3F;

  private final long regionAddress;
  private final long granules;
  private final int packedMapAddress;
  private final Metadata metadata;

  /**
   * Makes the map, with no blocks.
   *
   * @param metadata where it lies
   * @param regionAddress where the region begins, a multiple of 16
   * @param regionBytes bytes of the region
   */
  public BlockMap(Metadata metadata, long regionAddress, long regionBytes) {
    this.regionAddress = regionAddress;
    this.granules = byteSize(regionBytes);
    this.metadata = metadata;
    this.packedMapAddress = Memory.packBase(metadata.allocate(byteSize(regionBytes)));
  }

  /**
   * The metadata that a map needs.
   *
   * @param regionBytes bytes of the region
   * @return bytes
   */
  public static long byteSize(long regionBytes) {
    return regionBytes >>> SizeClasses.GRANULE_SHIFT;
  }

  /**
   * How many granules the region has.
   *
   * @return their number
   */
  public long granules() {
    return granules;
  }

  /**
   * The offset of an address in the region. The other methods take offsets that {@link #isGranule}.
   *
   * @param address any value
   * @return the offset; of an address outside of the region, or inside of a granule, one that
   *     {@link #isGranule} refuses
   */
  public long offset(long address) {
    return address - regionAddress;
  }

  /**
   * The address at an offset in the region.
   *
   * @param offset an offset
   * @return the address
   */
  public long address(long offset) {
    return regionAddress + offset;
  }

  /**
   * Whether a granule begins at an offset: one comparison, since the rotation turns what is no
   * multiple of 16 into a large number, and a negative offset is one as unsigned.
   *
   * @param offset any value
   * @param granules how many granules there are, from the first
   * @return whether it is that of one of them
   */
  public static boolean isGranule(long offset, long granules) {
    return Long.compareUnsigned(Long.rotateRight(offset, SizeClasses.GRANULE_SHIFT), granules) < 0;
  }

  private long stateAddress(long offset) {
    return Memory.base(packedMapAddress) + (offset >>> SizeClasses.GRANULE_SHIFT);
  }

  /**
   * What begins at an offset, plain.
   *
   * @param offset a granule's
   * @return the state, -128 … 127, as the class describes it
   */
  public int state(long offset) {
    return Memory.getByte(stateAddress(offset));
  }

  /**
   * Whether a live block of a class begins at an offset, plain.
   *
   * @param offset a granule's
   * @param sizeClass the class
   * @return whether one does
   */
  public boolean isLive(long offset, int sizeClass) {
    return Memory.getByte(stateAddress(offset)) == sizeClass + 1;
  }

  /**
   * Makes a block live.
   *
   * @param offset where it begins
   * @param sizeClass its class
   */
  public void setLive(long offset, int sizeClass) {
    Memory.putByte(stateAddress(offset), (byte) (sizeClass + 1));
  }

  /**
   * Makes a block free.
   *
   * @param offset where it begins
   * @param sizeClass its class
   */
  public void setFree(long offset, int sizeClass) {
    Memory.putByte(stateAddress(offset), (byte) (FREE | sizeClass + 1));
  }

  /**
   * Makes a block free and on the way home.
   *
   * @param offset where it begins
   * @param sizeClass its class
   */
  public void setInTransit(long offset, int sizeClass) {
    Memory.putByte(stateAddress(offset), (byte) (IN_TRANSIT | sizeClass + 1));
  }

  /**
   * Makes a live block free atomically: of several threads that free it only one succeeds, whenever
   * they come. Lock-free; the linearization point is the successful exchange.
   *
   * @param offset where it begins
   * @param sizeClass its class
   * @param inTransit whether it is on the way home from now on
   * @return whether it was live
   */
  public boolean tryFree(long offset, int sizeClass, boolean inTransit) {
    int mark = inTransit ? IN_TRANSIT : FREE;
    return Memory.casByte(
        stateAddress(offset), (byte) (sizeClass + 1), (byte) (mark | sizeClass + 1));
  }

  /** Makes an offset the start of a live run. */
  void setRun(long offset) {
    Memory.putByte(stateAddress(offset), (byte) RUN);
  }

  /** Forgets what begins at an offset. */
  void setNone(long offset) {
    Memory.putByte(stateAddress(offset), (byte) NONE);
  }

  /** Forgets all that begins in a range. */
  void clear(long offset, long byteLength) {
    Memory.fill(stateAddress(offset), byteSize(byteLength), (byte) NONE);
  }

  /** Gives back the memory of the states of a range in which no block begins. */
  void decommit(long offset, long byteLength) {
    metadata.decommit(stateAddress(offset), byteSize(byteLength));
  }

  /**
   * Whether a state is that of a block on the way home.
   *
   * @param state a state
   * @return whether it is
   */
  static boolean isInTransit(int state) {
    return (state & IN_TRANSIT) == IN_TRANSIT;
  }

  /**
   * Whether a state is that of a free block, on the way home or not.
   *
   * @param state a state
   * @return whether it is
   */
  public static boolean isFree(int state) {
    return (state & FREE) != 0;
  }

  /**
   * The class in a state of a block.
   *
   * @param state a state, not 0
   * @return the class; 62 for a run
   */
  public static int sizeClass(int state) {
    return (state & CODE_MASK) - 1;
  }
}
