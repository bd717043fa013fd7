// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.memory.Bits;
import io.ashlar.memory.Memory;

/**
 * A list of free ranges of memory, each of which holds its own node.
 *
 * <pre>
 *   head → ┌───────┬──────┬───────────┐    ┌───────┬──────┬──────┐
 *          │ bytes │ next─┼───────────┼──→ │ bytes │ NULL │      │
 *          └───────┴──────┴───────────┘    └───────┴──────┴──────┘
 *            8       8      not touched
 * </pre>
 *
 * <p>Ranges begin and end at multiples of 16, so whatever is left over of one is nothing, or has
 * room for a node. A range in the list is named by its predecessor, {@link Allocator#NULL} for the
 * first one's: that is where a link changes when it goes.
 *
 * <p>A node that a user has written over, through a block freed before, would lead anywhere. Every
 * node is checked as it is come to, so that damage ends in an {@link IllegalStateException} at
 * worst, and never outside of the region. Not thread-safe.
 */
final class FreeList {

  /** Bytes of a node: no free range is smaller. */
  static final int NODE_BYTES = 16;

  private static final int NEXT = 8;

  /** No predecessor, since nothing fits. */
  static final long NOTHING = -1;

  private final long start;
  private final long end;
  private long head = Allocator.NULL;
  private long visited;

  FreeList(long start, long end) {
    this.start = start;
    this.end = end;
  }

  /** Nodes come to in all searches so far: what a search costs, without a clock. */
  long visited() {
    return visited;
  }

  /** The range behind another one, {@link Allocator#NULL} if there is none. */
  long next(long previous) {
    if (previous == Allocator.NULL) {
      return head;
    }
    long node = Memory.getLong(previous + NEXT);
    if (node != Allocator.NULL) {
      check(node);
    }
    return node;
  }

  /** The same in the course of a search. */
  long step(long previous) {
    visited++;
    return next(previous);
  }

  private void check(long node) {
    boolean inside = (node & (NODE_BYTES - 1)) == 0 && node >= start && node <= end - NODE_BYTES;
    if (!inside || bytes(node) < NODE_BYTES || bytes(node) > end - node) {
      throw new IllegalStateException(
          "the free list is damaged at 0x%x: a block was written to after it was freed"
              .formatted(node));
    }
  }

  static long bytes(long node) {
    return Memory.getLong(node);
  }

  static void setBytes(long node, long bytes) {
    Memory.putLong(node, bytes);
  }

  void setNext(long previous, long node) {
    if (previous == Allocator.NULL) {
      head = node;
    } else {
      Memory.putLong(previous + NEXT, node);
    }
  }

  /** Puts a range into the list. */
  void insert(long previous, long address, long bytes) {
    long link = next(previous);
    setBytes(address, bytes);
    Memory.putLong(address + NEXT, link);
    setNext(previous, address);
  }

  /** Where an aligned block would lie in a free range; beyond its end if it is too small. */
  static long place(long node, long byteAlignment) {
    return Bits.alignUp(node, byteAlignment);
  }

  static boolean fits(long node, long byteAlignment, long bytes) {
    // No sum overflows: the largest alignment is 2⁶² and no address reaches 2⁴⁸.
    return place(node, byteAlignment) <= node + bytes(node) - bytes;
  }

  /**
   * The first range behind another one that has room for a block.
   *
   * @param after the search begins behind it
   * @param last the search ends before it; {@link Allocator#NULL} for the end of the list
   * @return the predecessor of the range, or {@link #NOTHING}
   */
  long firstFit(long after, long last, long byteAlignment, long bytes) {
    long previous = after;
    for (long node = step(previous); node != last; node = step(previous)) {
      if (fits(node, byteAlignment, bytes)) {
        return previous;
      }
      previous = node;
    }
    return NOTHING;
  }

  /**
   * Cuts a block out of the range behind {@code previous}; what is before and behind the block
   * stays in the list.
   *
   * @param place where the block begins, in that range
   */
  void cut(long previous, long place, long bytes) {
    long node = next(previous);
    long before = place - node;
    long behind = bytes(node) - before - bytes;
    long link = next(node);
    if (behind > 0) {
      long rest = place + bytes;
      setBytes(rest, behind);
      Memory.putLong(rest + NEXT, link);
      link = rest;
    }
    if (before > 0) {
      setBytes(node, before);
      setNext(node, link);
    } else {
      setNext(previous, link);
    }
  }

  /**
   * Visits all ranges, by offset.
   *
   * @throws IllegalStateException if there are more than the region has room for
   */
  void visit(LiveBlocks.Visitor visitor) {
    long most = (end - start) / NODE_BYTES;
    long count = 0;
    for (long node = head; node != Allocator.NULL; ) {
      if (++count > most) {
        throw new IllegalStateException("the free list has no end");
      }
      long next = next(node);
      visitor.visit(node - start, bytes(node));
      node = next;
    }
  }
}
