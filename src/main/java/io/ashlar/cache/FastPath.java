// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.slab.BlockMap;
import io.ashlar.slab.FrameTag;
import io.ashlar.slab.SizeClasses;

/**
 * What almost every call does, and nothing else: an allocation from a magazine that has a round,
 * and a free of a live block into a magazine with room, the local one or the remote. What is not so
 * is told to the caller, who takes the slow path ({@link ThreadCache}), and nothing has changed.
 *
 * <p>Wait-free; no lock, no atomic operation. Two threads write the same line only where they use
 * neighbouring blocks, whose states lie together. Functions of the block map and a thread's record
 * of {@link Magazines}, so that they are the same code for who finds the record by the thread's
 * number and for who holds a handle.
 */
public final class FastPath {

  private static final long NULL = 0;

  /** In the place of a home key, and unlike any: of the strict setting. */
  static final int EVERY_FREE_IS_SLOW = 0x8000_0000;

  private FastPath() {}

  /**
   * Allocates a block.
   *
   * @param blocks the block map
   * @param record the calling thread's
   * @param byteSize any value
   * @return its address; 0 if there is none on this path
   */
  public static long malloc(BlockMap blocks, long[] record, long byteSize) {
    return SizeClasses.isSmall(byteSize)
        ? allocate(blocks, record, SizeClasses.codeOf(byteSize))
        : NULL;
  }

  /** A block of a class, from its magazine. */
  static long allocate(BlockMap blocks, long[] record, int code) {
    int sizeClass = SizeClasses.sizeClass(code);
    long tally = Magazines.tally(record, sizeClass);
    long address = Magazines.top(record, tally);
    if (address != NULL) {
      Magazines.pop(record, sizeClass, tally);
      blocks.setLive(blocks.place(blocks.offset(address), code));
    }
    return address;
  }

  /**
   * Frees a block.
   *
   * @param blocks the block map
   * @param record the calling thread's
   * @param address any value
   * @return whether it is done
   */
  public static boolean free(BlockMap blocks, long[] record, long address) {
    long offset = blocks.offset(address);
    if (!blocks.contains(offset)) {
      return false;
    }
    int code = blocks.key(offset) ^ Magazines.homeKey(record);
    if (!FrameTag.isCode(code)) {
      return freeRemote(blocks, record, address);
    }
    long place = blocks.place(offset, code);
    return free(blocks, record, SizeClasses.sizeClass(code), place, address);
  }

  /**
   * A free of another home's block, or of none. It begins anew rather than take over what is known,
   * which the compiler would keep in memory for it in every local free too; and it is longer than
   * what is inlined where it is seldom called.
   */
  private static boolean freeRemote(BlockMap blocks, long[] record, long address) {
    long offset = blocks.offset(address);
    int key = blocks.key(offset);
    if (!FrameTag.isSlab(key) || Magazines.homeKey(record) == EVERY_FREE_IS_SLOW) {
      return false;
    }
    int code = FrameTag.code(key);
    int magazine = Magazines.remote(SizeClasses.sizeClass(code));
    return free(blocks, record, magazine, blocks.place(offset, code), address);
  }

  /** Frees a block into a magazine, if it is live and there is room. */
  private static boolean free(
      BlockMap blocks, long[] record, int magazine, long place, long address) {
    long tally = Magazines.tally(record, magazine);
    if (!blocks.isLive(place) || !Magazines.hasRoom(record, tally)) {
      return false;
    }
    // In this order: an error between the two loses a block, where the other leaves a live one in a
    // magazine, to be had twice.
    blocks.setFree(place);
    Magazines.push(record, magazine, tally, address);
    return true;
  }

  /**
   * Counts an arena.
   *
   * @param record the calling thread's
   * @param delta 1 if it is opened, -1 if it is closed
   */
  public static void countArena(long[] record, int delta) {
    Magazines.countArena(record, delta);
  }

  /**
   * The usable bytes of a block.
   *
   * @param blocks the block map
   * @param address any value
   * @return bytes; 0 if no live block of a slab begins there
   */
  public static int usableSize(BlockMap blocks, long address) {
    long offset = blocks.offset(address);
    if (!blocks.contains(offset)) {
      return 0;
    }
    int key = blocks.key(offset);
    int code = FrameTag.code(key);
    return FrameTag.isSlab(key) && blocks.isLive(blocks.place(offset, code))
        ? SizeClasses.blockBytes(SizeClasses.sizeClass(code))
        : 0;
  }

  /**
   * Whether a block stays where it is when its size changes: if it is large enough, and not more
   * than twice as large as it would have to be.
   *
   * @param usable its usable bytes
   * @param newByteSize bytes wanted
   * @return whether it does
   */
  public static boolean staysInPlace(long usable, long newByteSize) {
    return newByteSize <= usable && newByteSize >= usable / 2;
  }
}
