// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static io.ashlar.Allocator.NULL;

import io.ashlar.memory.Memory;

/**
 * The free blocks of a {@link HeaderAllocator}: a second list, of these alone, linked both ways
 * through the free blocks themselves, the last one freed first. Or no second list: then the first
 * free block is found by walking all blocks from the first on, and the walk grows with the live
 * ones.
 *
 * <p>Links lie where a freed block's user may still write. One that leads to no block that leads
 * back is found before it is followed. Not thread-safe.
 */
final class FreeBlocks {

  /** Where the links are in a free block, from its header. */
  private static final int NEXT = BlockList.HEADER_BYTES;

  private static final int PREVIOUS = NEXT + Long.BYTES;

  /** Header and links: what a trim must leave. */
  static final int KEPT_BYTES = PREVIOUS + Long.BYTES;

  private final BlockList blocks;
  private final boolean linked;

  /** First of the list, or {@link io.ashlar.Allocator#NULL}. */
  private long head;

  private long count;

  /** Headers that searches have looked at. */
  private long looks;

  FreeBlocks(BlockList blocks, boolean linked) {
    this.blocks = blocks;
    this.linked = linked;
  }

  long count() {
    return count;
  }

  long looks() {
    return looks;
  }

  /** The free block to look at first, or {@code NULL}. */
  long first() {
    return linked ? looked(head) : firstFreeFrom(blocks.first());
  }

  /** The one to look at after it, or {@code NULL}. */
  long next(long header) {
    return linked ? looked(link(header, NEXT)) : firstFreeFrom(blocks.next(header));
  }

  private long looked(long header) {
    looks += header == NULL ? 0 : 1;
    return header;
  }

  private long firstFreeFrom(long header) {
    long at = header;
    while (at != blocks.top()) {
      looks++;
      if (blocks.isFree(at)) {
        return at;
      }
      at = blocks.next(at);
    }
    return NULL;
  }

  private long link(long header, int which) {
    long link = Memory.getLong(header + which);
    if (link != NULL && !blocks.isPlace(link)) {
      throw written(header);
    }
    return link;
  }

  private static IllegalStateException written(long header) {
    return new IllegalStateException(
        "the free block at 0x"
            + Long.toHexString(BlockList.addressOf(header))
            + " was written to after it was freed");
  }

  /** Makes a block of the list of all blocks a free one. Constant time. */
  void add(long header, long size) {
    blocks.write(header, size, BlockList.FREE);
    count++;
    if (linked) {
      Memory.putLong(header + NEXT, head);
      Memory.putLong(header + PREVIOUS, NULL);
      if (head != NULL) {
        Memory.putLong(head + PREVIOUS, header);
      }
      head = header;
    }
  }

  /** Takes a free block out; its header stays as it is. Constant time. */
  void remove(long header) {
    if (linked) {
      unlink(header);
    }
    count--;
  }

  private void unlink(long header) {
    long next = link(header, NEXT);
    long previous = link(header, PREVIOUS);
    boolean sound =
        (next == NULL || Memory.getLong(next + PREVIOUS) == header)
            && (previous == NULL ? head == header : Memory.getLong(previous + NEXT) == header);
    if (!sound) {
      throw written(header);
    }
    if (next != NULL) {
      Memory.putLong(next + PREVIOUS, previous);
    }
    if (previous != NULL) {
      Memory.putLong(previous + NEXT, next);
    } else {
      head = next;
    }
  }

  /** Makes the free blocks right behind a free one part of it, and returns its size. */
  long mergeBehind(long header) {
    long size = blocks.size(header);
    long end = header + size;
    while (end != blocks.top() && blocks.isFree(end)) {
      long next = blocks.next(end);
      remove(end);
      blocks.erase(end);
      end = next;
    }
    if (end != header + size) {
      blocks.write(header, end - header, BlockList.FREE);
    }
    return end - header;
  }

  /**
   * Takes a live block out of a free one that has room for it. What is left before and behind it
   * are free blocks: every size is a multiple of the smallest.
   *
   * @return the live block's header
   */
  long cut(long header, long lead, long size) {
    long whole = blocks.size(header);
    remove(header);
    long live = header + lead;
    long rest = whole - lead - size;
    if (rest > 0) {
      add(live + size, rest);
    }
    if (lead > 0) {
      add(header, lead);
    }
    blocks.write(live, size, BlockList.LIVE);
    return live;
  }

  /**
   * The bytes that a block has with the free blocks behind it, or as much as is wanted if that is
   * less.
   */
  long sizeWithFreeBehind(long header, long wanted) {
    long end = blocks.next(header);
    while (end - header < wanted && end != blocks.top() && blocks.isFree(end)) {
      end = blocks.next(end);
    }
    return end - header;
  }

  /** Takes the free blocks up to an address out of all lists. */
  void absorb(long from, long to) {
    for (long at = from; at != to; ) {
      long next = blocks.next(at);
      remove(at);
      blocks.erase(at);
      at = next;
    }
  }

  /** Merges all that can be merged; what reaches the end goes back to the room there. */
  void mergeAll() {
    for (long at = blocks.first(); at != blocks.top(); ) {
      if (blocks.isFree(at)) {
        mergeBehind(at);
        if (blocks.next(at) == blocks.top()) {
          remove(at);
          blocks.cutOff(at);
          return;
        }
      }
      at = blocks.next(at);
    }
  }

  /** What is free, as searches would merge it. */
  Fragmentation fragmentation() {
    long all = 0;
    long largest = 0;
    long ranges = 0;
    long run = 0;
    for (long at = blocks.first(); at != blocks.top(); at = blocks.next(at)) {
      run = blocks.isFree(at) ? run + blocks.size(at) : 0;
      all += blocks.isFree(at) ? blocks.size(at) : 0;
      ranges += run == blocks.size(at) && blocks.isFree(at) ? 1 : 0;
      largest = Math.max(largest, run);
    }
    long room = blocks.room();
    ranges += room > 0 && run == 0 ? 1 : 0;
    largest = Math.max(largest, run + room);
    return new Fragmentation(all + room, Math.max(0, BlockList.usableBytes(largest)), ranges);
  }

  /** Checks that the list holds each free block of all blocks once. */
  void validate() {
    long found = 0;
    for (long at = blocks.first(); at != blocks.top(); at = blocks.next(at)) {
      found += blocks.isFree(at) ? 1 : 0;
    }
    check(found == count, found + " free blocks, counted " + count);
    if (!linked) {
      return;
    }
    long previous = NULL;
    long length = 0;
    for (long at = head; at != NULL; at = link(at, NEXT)) {
      check(blocks.isFree(at), "a block that is not free in the list of free blocks");
      check(link(at, PREVIOUS) == previous, "a link of the list of free blocks");
      check(++length <= count, "the list of free blocks is longer than there are free blocks");
      previous = at;
    }
    check(length == count, "the list of free blocks is shorter than there are free blocks");
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new IllegalStateException(broken);
    }
  }
}
