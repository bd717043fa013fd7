// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.slab.FrameTag;
import io.ashlar.slab.ObjectBlocks;

/**
 * {@link FastPath} for a typed cache: what almost every call does, and nothing else. Wait-free; no
 * lock, no atomic operation. Functions of the cache's blocks and a thread's record for it.
 */
public final class ObjectPath {

  private static final long NULL = 0;

  private ObjectPath() {}

  /**
   * Takes a constructed block.
   *
   * @param blocks the cache's
   * @param record the calling thread's for the cache
   * @return its address; 0 if there is none on this path
   */
  public static long alloc(ObjectBlocks blocks, long[] record) {
    long tally = Magazines.tally(record, Magazines.OBJECTS);
    long address = Magazines.top(record, tally);
    if (address != NULL) {
      Magazines.pop(record, Magazines.OBJECTS, tally);
      blocks.setLive(blocks.placeOf(address));
    }
    return address;
  }

  /**
   * Takes a block back.
   *
   * @param blocks the cache's
   * @param record the calling thread's for the cache
   * @param address any value
   * @return whether it is done
   */
  public static boolean free(ObjectBlocks blocks, long[] record, long address) {
    long offset = blocks.offset(address);
    if (!blocks.contains(offset)) {
      return false;
    }
    long tag = blocks.tag(offset);
    // That of the strict setting makes no shard's key.
    if (FrameTag.key(tag) != FrameTag.objectKeyOf(Magazines.homeKey(record), blocks.cache())) {
      return freeRemote(blocks, record, address);
    }
    return free(blocks, record, Magazines.OBJECTS, blocks.place(offset, tag), address);
  }

  /** As {@code FastPath.freeRemote}. */
  private static boolean freeRemote(ObjectBlocks blocks, long[] record, long address) {
    long offset = blocks.offset(address);
    long tag = blocks.tag(offset);
    if (!FrameTag.isObject(FrameTag.key(tag), blocks.cache())
        || Magazines.homeKey(record) == FastPath.EVERY_FREE_IS_SLOW) {
      return false;
    }
    return free(blocks, record, Magazines.REMOTE_OBJECTS, blocks.place(offset, tag), address);
  }

  /** Takes a block into a magazine, if it is in use and there is room. */
  private static boolean free(
      ObjectBlocks blocks, long[] record, int magazine, long place, long address) {
    long tally = Magazines.tally(record, magazine);
    if (place == ObjectBlocks.NOWHERE
        || !blocks.isLive(place)
        || !Magazines.hasRoom(record, tally)) {
      return false;
    }
    // In this order: see FastPath.
    blocks.setFree(place);
    Magazines.push(record, magazine, tally, address);
    return true;
  }
}
