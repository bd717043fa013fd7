// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.Counts;

/**
 * The slabs of one class in one shard that have a free block, linked through the slabs. Those that
 * are wholly free stand at the end, so that the others are filled first. Used only under the
 * shard's lock.
 */
final class SlabList {

  private Slab first;
  private Slab last;
  private int allFree;

  /** Fewest that {@link #allFree} was since the last {@link #unusedAllFree}. */
  private int fewestAllFree;

  Slab first() {
    return first;
  }

  Slab last() {
    return last;
  }

  /** How many of the slabs are wholly free. */
  int allFree() {
    return allFree;
  }

  void addAllFree(int delta) {
    allFree += delta;
    fewestAllFree = Math.min(fewestAllFree, allFree);
  }

  /** How many slabs were wholly free at each moment since the last time. */
  int unusedAllFree() {
    int unused = fewestAllFree;
    fewestAllFree = allFree;
    return unused;
  }

  void addFirst(Slab slab) {
    if (Counts.ON) {
      Counts.booked(3); // the list, the slab, a neighbour
    }
    slab.next = first;
    if (first == null) {
      last = slab;
    } else {
      first.previous = slab;
    }
    first = slab;
  }

  void addLast(Slab slab) {
    if (Counts.ON) {
      Counts.booked(3); // the list, the slab, a neighbour
    }
    slab.previous = last;
    if (last == null) {
      first = slab;
    } else {
      last.next = slab;
    }
    last = slab;
  }

  void remove(Slab slab) {
    if (Counts.ON) {
      Counts.booked(3); // the list, the slab, a neighbour
    }
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
