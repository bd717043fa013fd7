// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameTable;
import io.ashlar.memory.Counts;
import io.ashlar.memory.Memory;

/**
 * What a typed cache's fast paths read: where blocks lie, and for each a byte that tells whether it
 * is in use. The tag of a block's frame names cache, home and slab; the slab's number and the
 * block's index in it are the place of the state.
 *
 * <pre>
 *   state of a block = states + number of its slab · 2^stateShift + index in the slab
 *   0   in use by nobody: in its slab, or kept by a thread or a depot, or on its way
 *   1   in use
 * </pre>
 *
 * <p>The states of a slab fill lines of a processor's cache of their own.
 *
 * <p>Unlike the {@link BlockMap} it has no granules, since blocks may begin anywhere; and it is as
 * dense as the slabs are many, since a cache has few of the region's frames. Who reads and writes a
 * state when is as it is there.
 *
 * @param regionAddress where the region begins
 * @param regionBytes its length
 * @param packedTags where the frames' tags are, packed
 * @param packedStates where the states are, packed
 * @param cache the cache's number
 * @param blockBytes bytes of a block
 * @param slabShift log₂ of the bytes from one possible slab to the next
 * @param reciprocal as {@link BlockShape} has it
 * @param stateShift log₂ of the states of a slab
 * @param checked whether states are kept and looked at
 */
// A record, because the compiler trusts a record's fields, as with BlockMap.
public record ObjectBlocks(
    long regionAddress,
    long regionBytes,
    int packedTags,
    int packedStates,
    int cache,
    int blockBytes,
    int slabShift,
    long reciprocal,
    int stateShift,
    boolean checked) {

  private static final byte LIVE = 1;

  /** No place: of an address at which no block begins. */
  public static final long NOWHERE = 0;

  /**
   * The offset of an address in the region.
   *
   * @param address any value
   * @return the offset, one that the region {@link #contains} or another
   */
  public long offset(long address) {
    return address - regionAddress;
  }

  /**
   * Whether an offset lies in the region. The other methods take those that do.
   *
   * @param offset any value
   * @return whether it does
   */
  public boolean contains(long offset) {
    return Long.compareUnsigned(offset, regionBytes) < 0;
  }

  /**
   * The tag of the frame at an offset, plain, as {@link BlockMap#key} is.
   *
   * @param offset an offset in the region
   * @return the tag
   */
  public long tag(long offset) {
    return FrameTable.tag(packedTags, offset);
  }

  private int index(long slabOffset) {
    return (int) ((slabOffset * reciprocal) >>> (2 * slabShift));
  }

  private long slabOffset(long offset) {
    return offset & ((1L << slabShift) - 1);
  }

  private long place(long tag, int index) {
    return Memory.base(packedStates) + ((tag >>> 32) << stateShift) + index;
  }

  /**
   * Where the state of a block is.
   *
   * @param address a block of this cache
   * @return its place
   */
  public long placeOf(long address) {
    long offset = offset(address);
    return place(tag(offset), index(slabOffset(offset)));
  }

  /**
   * Where the state of the block is that begins at an offset.
   *
   * @param offset any in the region
   * @param tag of its frame, which is in a slab of this cache
   * @return its place; {@link #NOWHERE} if no block begins there
   */
  public long place(long offset, long tag) {
    long slabOffset = slabOffset(offset);
    int index = index(slabOffset);
    return (long) index * blockBytes == slabOffset ? place(tag, index) : NOWHERE;
  }

  /**
   * Whether a block is in use, plain; if states are not kept, whether it may be. Behind a slab's
   * last block no state is ever that of a block in use.
   *
   * @param place of the block, not {@link #NOWHERE}
   * @return whether it is
   */
  public boolean isLive(long place) {
    return !checked || Memory.getByte(place) == LIVE;
  }

  /**
   * Marks a block as in use, plain.
   *
   * @param place of the block
   */
  public void setLive(long place) {
    if (checked) {
      if (Counts.ON) {
        Counts.state(place);
      }
      Memory.putByte(place, LIVE);
    }
  }

  /**
   * Marks a block as in use by nobody, plain.
   *
   * @param place of the block
   */
  public void setFree(long place) {
    if (checked) {
      if (Counts.ON) {
        Counts.state(place);
      }
      Memory.putByte(place, (byte) 0);
    }
  }

  /**
   * Marks a block as in use by nobody, atomically: of several threads that free it one succeeds.
   * Lock-free; the linearization point is the successful exchange.
   *
   * @param place of the block, not {@link #NOWHERE}
   * @return whether it was in use
   */
  public boolean tryFree(long place) {
    return Memory.casByte(place, LIVE, (byte) 0);
  }
}
