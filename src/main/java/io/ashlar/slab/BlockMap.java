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
 * of 16 turn into granules out of range by rotation, so one comparison refuses them with those
 * outside of the region.
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
  private final long mapAddress;
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
    this.granules = regionBytes >>> SizeClasses.GRANULE_SHIFT;
    this.metadata = metadata;
    this.mapAddress = metadata.allocate(byteSize(regionBytes));
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
   * @return granules are numbered 0 … this - 1
   */
  public long granules() {
    return granules;
  }

  /**
   * The granule at an address.
   *
   * @param address any value
   * @return its number if the address is a multiple of 16 inside the region; otherwise a number
   *     that, read as unsigned, is not below {@link #granules}
   */
  public long granule(long address) {
    return Long.rotateRight(address - regionAddress, SizeClasses.GRANULE_SHIFT);
  }

  /**
   * The address of a granule.
   *
   * @param granule its number
   * @return its address
   */
  public long address(long granule) {
    return regionAddress + (granule << SizeClasses.GRANULE_SHIFT);
  }

  /**
   * The state of a granule, plain.
   *
   * @param granule its number
   * @return -128 … 127, as the class describes it
   */
  public int state(long granule) {
    return Memory.getByte(mapAddress + granule);
  }

  /**
   * Makes a block live.
   *
   * @param granule where it begins
   * @param sizeClass its class
   */
  public void setLive(long granule, int sizeClass) {
    Memory.putByte(mapAddress + granule, (byte) (sizeClass + 1));
  }

  /**
   * Makes a block free.
   *
   * @param granule where it begins
   * @param sizeClass its class
   */
  public void setFree(long granule, int sizeClass) {
    Memory.putByte(mapAddress + granule, (byte) (FREE | sizeClass + 1));
  }

  /**
   * Makes a block free and on the way home.
   *
   * @param granule where it begins
   * @param sizeClass its class
   */
  public void setInTransit(long granule, int sizeClass) {
    Memory.putByte(mapAddress + granule, (byte) (IN_TRANSIT | sizeClass + 1));
  }

  /**
   * Makes a live block free atomically: of several threads that free it only one succeeds, whenever
   * they come. Lock-free; the linearization point is the successful exchange.
   *
   * @param granule where it begins
   * @param sizeClass its class
   * @param inTransit whether it is on the way home from now on
   * @return whether it was live
   */
  public boolean tryFree(long granule, int sizeClass, boolean inTransit) {
    int mark = inTransit ? IN_TRANSIT : FREE;
    return Memory.casByte(
        mapAddress + granule, (byte) (sizeClass + 1), (byte) (mark | sizeClass + 1));
  }

  /** Makes a granule the start of a live run. */
  void setRun(long granule) {
    Memory.putByte(mapAddress + granule, (byte) RUN);
  }

  /** Forgets what begins at a granule. */
  void setNone(long granule) {
    Memory.putByte(mapAddress + granule, (byte) NONE);
  }

  /** Forgets all that begins in a range of granules. */
  void clear(long granule, long count) {
    Memory.fill(mapAddress + granule, count, (byte) NONE);
  }

  /** Gives back the memory of the states of a range where no block begins. */
  void decommit(long granule, long count) {
    metadata.decommitZero(mapAddress + granule, count);
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
