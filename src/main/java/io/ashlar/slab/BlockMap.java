// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Counts;
import io.ashlar.memory.Memory;
import io.ashlar.region.Region;

/**
 * What begins at an address of the region: of each frame its tag, and of each <em>granule</em> of a
 * slab one byte, the <em>state</em>; both in metadata. They answer in two loads whether an address
 * is the start of a live block.
 *
 * <pre>
 *   0   no block begins here, or one that is not in use
 *   1   the start of a block in use
 * </pre>
 *
 * <p><b>Granules.</b> A class's granule is the largest power of two, between 16 and 512 bytes, that
 * has all of its blocks begin at multiples of it: most blocks have one to seven, so that the states
 * of many share a line of a processor's cache; and no line has states of two slabs, so that threads
 * which use blocks of their own slabs write lines of their own. For each length of granule there is
 * a map of the whole region; a frame has states in the map of its slab's class, and zeros in the
 * others. With the region's length N the map of granules of 2^g bytes begins N/2^g behind the base
 * and is as long, so the maps follow each other without a gap:
 *
 * <pre>
 *   state of the block at offset o = base + ((N + o) >>> g)
 *
 *   base          N/2^9       N/2^8           N/2^7    …   N/16                    N/8
 *   │  unused     │ g = 9     │ g = 8         │        …   │ g = 4                 │
 * </pre>
 *
 * <p>As the code of a class has 12 - g, the shift goes left before it goes right; what is left over
 * beside the granule's number tells an address inside of a granule. That value is a block's
 * <em>place</em>.
 *
 * <p>Reads and writes are plain. In a program that frees each block once every transition happens
 * before the next: the block's address is handed from thread to thread with synchronization of the
 * program's own, or by a queue or lock of ours. In a program that frees a block twice at the same
 * time from two threads both may see it live; {@link #tryFree} finds that too.
 *
 * <p>Cost: 1/16 to 1/512 of a block's size; committed by touch.
 *
 * @param regionAddress where the region begins, a multiple of the frame
 * @param regionBytes its length; a multiple of the smallest slab's, or the first of a map's lines
 *     has states of the last slab of the one before
 * @param packedStates the base of the maps of states, packed
 * @param packedTags where the frames' tags are, packed
 * @param checked whether states are kept and looked at
 */
// A record, because the compiler trusts a record's fields: those of an allocator that a program
// keeps in a static final field become constants of its code.
public record BlockMap(
    long regionAddress, long regionBytes, int packedStates, int packedTags, boolean checked) {

  private static final byte LIVE = 1;
  private static final int GRANULE_MASK = FrameTable.FRAME_BYTES - 1;

  /**
   * Makes the map, with no blocks.
   *
   * @param metadata where it lies
   * @param frameTable the tags of the region's frames
   * @param regionAddress where the region begins, a multiple of the frame
   * @param regionBytes bytes of the region
   * @param checked whether states are to be kept and looked at
   * @return the map
   */
  public static BlockMap create(
      Metadata metadata,
      FrameTable frameTable,
      long regionAddress,
      long regionBytes,
      boolean checked) {
    int packedStates = Memory.packBase(metadata.allocate(stateBytes(regionBytes)));
    return new BlockMap(
        regionAddress, regionBytes, packedStates, frameTable.packedAddress(), checked);
  }

  /**
   * The metadata that a map needs.
   *
   * @param regionBytes bytes of the region
   * @return bytes
   */
  public static long byteSize(long regionBytes) {
    return Metadata.footprint(stateBytes(regionBytes));
  }

  private static long stateBytes(long regionBytes) {
    return (2 * regionBytes) >>> SizeClasses.GRANULE_SHIFT;
  }

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
   * The address at an offset in the region.
   *
   * @param offset an offset
   * @return the address
   */
  public long address(long offset) {
    return regionAddress + offset;
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
   * The key of the tag of the frame at an offset, plain: it was written before a block of the frame
   * was handed out, and whoever asks has come by the block.
   *
   * @param offset an offset in the region
   * @return the key
   */
  public int key(long offset) {
    return FrameTable.lowHalf(packedTags, offset);
  }

  /**
   * Where the state of a block is.
   *
   * @param offset where the block begins, or any other offset in the region
   * @param code of the class of the slab there
   * @return its place
   */
  public long place(long offset, int code) {
    return (offset + regionBytes) << SizeClasses.zoom(code);
  }

  /** Whether a place is that of a granule's first byte. */
  private static boolean isGranule(long place) {
    return ((int) place & GRANULE_MASK) == 0;
  }

  private long stateAddress(long place) {
    return Memory.base(packedStates) + (place >>> FrameTable.FRAME_SHIFT);
  }

  /**
   * Whether a live block begins at a place, plain; if states are not kept, whether one may.
   *
   * @param place any place
   * @return whether it does
   */
  public boolean isLive(long place) {
    return isGranule(place) && (!checked || Memory.getByte(stateAddress(place)) == LIVE);
  }

  /** Whether a place is marked as the start of a live block. */
  boolean isMarked(long place) {
    return isGranule(place) && Memory.getByte(stateAddress(place)) == LIVE;
  }

  /**
   * Marks a block as live, plain.
   *
   * @param place its place
   */
  public void setLive(long place) {
    if (checked) {
      if (Counts.ON) {
        Counts.state(stateAddress(place));
      }
      Memory.putByte(stateAddress(place), LIVE);
    }
  }

  /**
   * Marks a block as free, plain.
   *
   * @param place its place
   */
  public void setFree(long place) {
    if (checked) {
      if (Counts.ON) {
        Counts.state(stateAddress(place));
      }
      Memory.putByte(stateAddress(place), (byte) 0);
    }
  }

  /**
   * Marks a live block as free, atomically: of several threads that free it only one succeeds,
   * whenever they come. Lock-free; the linearization point is the successful exchange.
   *
   * @param place its place
   * @return whether it was live
   */
  public boolean tryFree(long place) {
    return isGranule(place) && Memory.casByte(stateAddress(place), LIVE, (byte) 0);
  }

  /** Whether the start of a block is marked as that of a live one. */
  boolean isMarked(long offset, int sizeClass) {
    return isMarked(place(offset, SizeClasses.code(sizeClass)));
  }

  /**
   * The memory that states take.
   *
   * @param highOffset behind the last offset that was ever in a slab: the system is not asked about
   *     states of what lies behind, since they are an eighth of the region, and nobody touched them
   */
  long residentBytes(Metadata metadata, long highOffset) {
    long sum = 0;
    long pageSize = Region.osPageSize();
    long counted = begin();
    for (int zoom = SizeClasses.MIN_ZOOM; zoom <= SizeClasses.MAX_ZOOM; zoom++) {
      int code = SizeClasses.codeOfZoom(zoom);
      long first = stateAddress(place(0, code));
      long from = Math.max(counted, Bits.alignDown(first, pageSize));
      counted = Math.max(from, Bits.alignUp(first + granules(highOffset, code), pageSize));
      sum += metadata.residentBytes(from, counted - from);
    }
    return sum;
  }

  /** Where the states begin, which come behind all other records. */
  long begin() {
    return Memory.base(packedStates);
  }

  private static long granules(long byteLength, int code) {
    return (byteLength << SizeClasses.zoom(code)) >>> FrameTable.FRAME_SHIFT;
  }

  /** Gives back the memory of the states of a range in which no block begins. */
  void decommit(Metadata metadata, long offset, long byteLength) {
    for (int zoom = SizeClasses.MIN_ZOOM; zoom <= SizeClasses.MAX_ZOOM; zoom++) {
      int code = SizeClasses.codeOfZoom(zoom);
      metadata.decommit(stateAddress(place(offset, code)), granules(byteLength, code));
    }
  }
}
