// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * The slabs of one class in one shard that have a free block, linked through the slabs. Those that
 * are wholly free stand at the end, so that the others are filled first. Used only under the
 * shard's lock.
 */
final class SlabList {

  private Slab first;
  private Slab last;
  private int allFree;

  Slab first() {
    return first;
  }

  /** How many of the slabs are wholly free. */
  int allFree() {
    return allFree;
  }

  void addAllFree(int delta) {
    allFree += delta;
  }

  void addFirst(Slab slab) {
    slab.next = first;
    if (first == null) {
      last = slab;
    } else {
      first.previous = slab;
    }
    first = slab;
  }

  void addLast(Slab slab) {
    slab.previous = last;
    if (last == null) {
      first = slab;
    } else {
      last.next = slab;
    }
    last = slab;
  }

  void remove(Slab slab) {
    if (slab.previous == null) {
      first = slab.next;
    } else {
      slab.previous.next = slab.next;
    }
    if (slab.next == null) {
      last = slab.previous;
    } else {
      slab.next.previous = slab.previous;
    }
    slab.previous = null;
    slab.next = null;
  }
}
