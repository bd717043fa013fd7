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
    int key = FrameTag.key(tag);
    int homeKey = Magazines.homeKey(record);
    int magazine = Magazines.OBJECTS;
    // That of the strict setting makes no shard's key.
    if (key != FrameTag.objectKeyOf(homeKey, blocks.cache())) {
      if (homeKey == FastPath.EVERY_FREE_IS_SLOW || !FrameTag.isObject(key, blocks.cache())) {
        return false;
      }
      magazine = Magazines.REMOTE_OBJECTS;
    }
    long place = blocks.place(offset, tag);
    long tally = Magazines.tally(record, magazine);
    if (place == ObjectBlocks.NOWHERE
        || !blocks.isLive(place)
        || !Magazines.hasRoom(record, tally)) {
      return false;
    }
    // In this order: see FastPath.free.
    blocks.setFree(place);
    Magazines.push(record, magazine, tally, address);
    return true;
  }
}
