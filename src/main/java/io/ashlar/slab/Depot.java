// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.Counts;

/**
 * Batches of free blocks that wait in a shard for the next magazine that is empty: what one thread
 * gives back goes to another, or to itself, without a look at a single block. After the depot of
 * Bonwick and Adams, <i>Magazines and Vmem</i>, USENIX 2001, and tcmalloc's transfer cache. Used
 * under the shard's lock.
 *
 * <p>A slab with blocks in the depot is not wholly free, so what the depot keeps is bounded for
 * each class, given up by {@link Shard#trim}, and from time to time cut back to its <em>working
 * set</em>, as in that paper: blocks beyond the fewest that it had since the last time were not
 * needed.
 */
final class Depot {

  /** Most bytes of blocks of a class, if that is more than one batch. */
  static final int MAX_BYTES = 256 << 10;

  private final FreeBatch[] first = new FreeBatch[SizeClasses.BOUND];
  private final int[] blocks = new int[SizeClasses.BOUND];

  /** Fewest that {@link #blocks} was since the last {@link #removeUnused}. */
  private final int[] fewest = new int[SizeClasses.BOUND];

  Depot() {}

  /** Whether so many more blocks of a class may be kept. */
  boolean hasRoom(int sizeClass, int n) {
    return blocks[sizeClass] == 0
        || (long) (blocks[sizeClass] + n) * SizeClasses.blockBytes(sizeClass) <= MAX_BYTES;
  }

  /**
   * Keeps a batch; false if there is no room. Blocks of a small batch go into the one that came
   * before if they fit, so that few objects keep many blocks; it is empty then, and the caller's.
   */
  boolean add(FreeBatch batch) {
    int sizeClass = batch.sizeClass();
    if (!hasRoom(sizeClass, batch.count())) {
      return false;
    }
    blocks[sizeClass] += batch.count();
    FreeBatch last = first[sizeClass];
    if (last != null && last.count() + batch.count() <= FreeBatch.CAPACITY) {
      if (Counts.ON) {
        Counts.filled(batch.count());
        Counts.booked(2); // the batch's count, the sum
      }
      batch.moveTo(last);
    } else {
      if (Counts.ON) {
        Counts.booked(3); // the batch's link, the first, the sum
      }
      batch.next = last;
      first[sizeClass] = batch;
    }
    return true;
  }

  /** The batch of a class that came last; null if there is none. */
  FreeBatch first(int sizeClass) {
    return first[sizeClass];
  }

  /** Takes blocks out of the first batch of its class; once empty it is the caller's. */
  int take(FreeBatch batch, long[] into, int index, int n) {
    int taken = batch.unload(into, index, n);
    if (Counts.ON) {
      Counts.booked(batch.count() == 0 ? 3 : 2); // the batch's fields, the sum; the first
    }
    subtract(batch.sizeClass(), taken);
    if (batch.count() == 0) {
      first[batch.sizeClass()] = batch.next;
      batch.next = null;
    }
    return taken;
  }

  private void subtract(int sizeClass, int taken) {
    blocks[sizeClass] -= taken;
    fewest[sizeClass] = Math.min(fewest[sizeClass], blocks[sizeClass]);
  }

  /**
   * Takes out the batches of a class that were there, whole, ever since the last time; those that
   * came first.
   *
   * @return the first of them, the others behind it; null if there are none
   */
  FreeBatch removeUnused(int sizeClass) {
    int used = blocks[sizeClass] - fewest[sizeClass];
    FreeBatch last = null;
    FreeBatch unused = first[sizeClass];
    while (unused != null && used > 0) {
      used -= unused.count();
      last = unused;
      unused = unused.next;
    }
    cutBehind(sizeClass, last);
    fewest[sizeClass] = blocks[sizeClass];
    return unused;
  }

  /** Takes out all batches of a class; as {@link #removeUnused}. */
  FreeBatch removeAll(int sizeClass) {
    FreeBatch all = first[sizeClass];
    cutBehind(sizeClass, null);
    return all;
  }

  /** Takes out the batches behind one; all if it is null. */
  private void cutBehind(int sizeClass, FreeBatch last) {
    FreeBatch rest = last == null ? first[sizeClass] : last.next;
    for (FreeBatch batch = rest; batch != null; batch = batch.next) {
      subtract(sizeClass, batch.count());
    }
    if (last == null) {
      first[sizeClass] = null;
    } else {
      last.next = null;
    }
  }

  /** Bytes that the batches take on the Java heap, about. */
  long footprint() {
    long batches = 0;
    for (FreeBatch batch : first) {
      for (FreeBatch at = batch; at != null; at = at.next) {
        batches++;
      }
    }
    return batches * FreeBatch.FOOTPRINT;
  }

  /** Checks that what is kept is free, out of its slab, and of the right class and shard. */
  void validate(Shard shard, SlabSpace space) {
    for (int sizeClass = 1; sizeClass < first.length; sizeClass++) {
      int count = 0;
      for (FreeBatch batch = first[sizeClass]; batch != null; batch = batch.next) {
        for (int i = 0; i < batch.count(); i++) {
          long address = batch.address(i);
          if (batch.sizeClass() != sizeClass
              || !space.isKept(address, sizeClass)
              || space.slabAt(address).home() != shard) {
            throw new IllegalStateException(
                "shard %d keeps block 0x%x wrongly".formatted(shard.number(), address));
          }
        }
        count += batch.count();
      }
      if (count != blocks[sizeClass]) {
        throw new IllegalStateException("a depot counts its blocks wrongly");
      }
    }
  }
}
