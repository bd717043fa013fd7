// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameTable;
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
 *   │ │ └─────────┴─ class of the block that begins here
 *   │ └───────────── in transit: freed, on the way to its home shard (only with F)
 *   └─────────────── free, so that a state above 0 is that of a live block, and is its class
 *
 *   0                no block begins here, or it was never handed out
 *   1 … 40           live block of that class
 *   0x80             live run of frames
 *   0x80 | class     free block, in a magazine or in its slab
 *   0xC0 | class     free block, in a batch on the way to its slab
 * </pre>
 *
 * <p>Beside it, one byte for each frame: its <em>home</em>, the number of the shard that its slab
 * belongs to; of no meaning for frames in which no block lives.
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
  public static final int RUN = (byte) 0x80;

  /** Marks a state of a free block. */
  static final int FREE = 0x80;

  /** Marks a state of a free block on the way to its home shard. */
  static final int IN_TRANSIT = 0xC0;

  private static final int CODE_MASK = 0x3F;

  private final long regionAddress;
  private final long granules;
  private final int packedStates;
  private final int packedHomes;
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
    this.granules = stateBytes(regionBytes);
    this.metadata = metadata;
    this.packedStates = Memory.packBase(metadata.allocate(stateBytes(regionBytes)));
    this.packedHomes = Memory.packBase(metadata.allocate(homeBytes(regionBytes)));
  }

  /**
   * The metadata that a map needs.
   *
   * @param regionBytes bytes of the region
   * @return bytes
   */
  public static long byteSize(long regionBytes) {
    return Metadata.footprint(stateBytes(regionBytes)) + Metadata.footprint(homeBytes(regionBytes));
  }

  private static long stateBytes(long regionBytes) {
    return regionBytes >>> SizeClasses.GRANULE_SHIFT;
  }

  private static long homeBytes(long regionBytes) {
    return regionBytes >>> FrameTable.FRAME_SHIFT;
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

  /**
   * Where the region begins.
   *
   * @return its address
   */
  public long regionAddress() {
    return regionAddress;
  }

  /**
   * Where the states are, for those who keep it in a field of their own.
   *
   * @return the base of {@link #state(int, long)} and {@link #setState}, packed
   */
  public int packedStates() {
    return packedStates;
  }

  /**
   * Where the homes are, for those who keep it in a field of their own.
   *
   * @return the base of {@link #home(int, long)}, packed
   */
  public int packedHomes() {
    return packedHomes;
  }

  private static long stateAddress(int packedStates, long offset) {
    return Memory.base(packedStates) + (offset >>> SizeClasses.GRANULE_SHIFT);
  }

  private long stateAddress(long offset) {
    return stateAddress(packedStates, offset);
  }

  /**
   * What begins at an offset, plain.
   *
   * @param packedStates where the states are
   * @param offset a granule's
   * @return the state, -128 … 127, as the class describes it
   */
  public static int state(int packedStates, long offset) {
    return Memory.getByte(stateAddress(packedStates, offset));
  }

  /**
   * Says what begins at an offset, plain.
   *
   * @param packedStates where the states are
   * @param offset a granule's
   * @param state the state: {@code sizeClass} for a live block, {@link #free} or {@link #inTransit}
   *     for one that is not
   */
  public static void setState(int packedStates, long offset, int state) {
    Memory.putByte(stateAddress(packedStates, offset), (byte) state);
  }

  /**
   * The state of a free block.
   *
   * @param sizeClass its class
   * @return the state
   */
  public static int free(int sizeClass) {
    return FREE | sizeClass;
  }

  /**
   * The state of a free block on the way home.
   *
   * @param sizeClass its class
   * @return the state
   */
  public static int inTransit(int sizeClass) {
    return IN_TRANSIT | sizeClass;
  }

  /**
   * The home of a live block, plain: it was written before the block was handed out.
   *
   * @param packedHomes where the homes are
   * @param offset where the block begins
   * @return its shard's number
   */
  public static int home(int packedHomes, long offset) {
    return Memory.getByte(Memory.base(packedHomes) + (offset >>> FrameTable.FRAME_SHIFT)) & 0xFF;
  }

  /** Says which shard the frames of a slab belong to. */
  void setHome(long offset, long byteLength, int home) {
    Memory.fill(
        Memory.base(packedHomes) + (offset >>> FrameTable.FRAME_SHIFT),
        byteLength >>> FrameTable.FRAME_SHIFT,
        (byte) home);
  }

  /**
   * What begins at an offset, plain.
   *
   * @param offset a granule's
   * @return the state, -128 … 127, as the class describes it
   */
  public int state(long offset) {
    return state(packedStates, offset);
  }

  /**
   * Makes a block free.
   *
   * @param offset where it begins
   * @param sizeClass its class
   */
  public void setFree(long offset, int sizeClass) {
    setState(packedStates, offset, free(sizeClass));
  }

  /**
   * Makes a block free and on the way home.
   *
   * @param offset where it begins
   * @param sizeClass its class
   */
  public void setInTransit(long offset, int sizeClass) {
    setState(packedStates, offset, inTransit(sizeClass));
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
    return Memory.casByte(stateAddress(offset), (byte) sizeClass, (byte) (mark | sizeClass));
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
    Memory.fill(stateAddress(offset), stateBytes(byteLength), (byte) NONE);
  }

  /** Gives back the memory of the states of a range in which no block begins. */
  void decommit(long offset, long byteLength) {
    metadata.decommit(stateAddress(offset), stateBytes(byteLength));
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
    return state < 0 && state != RUN;
  }

  /**
   * The class in a state of a block.
   *
   * @param state a state, not 0
   * @return the class; 0 for a run
   */
  public static int sizeClass(int state) {
    return state & CODE_MASK;
  }
}
