// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.SpinLock;
import java.util.Arrays;

/**
 * The slabs of a space by number. An object stays what its number means for good: that of a slab
 * that was dissolved serves another one later, and is never the collector's, so that a reader with
 * an old number finds a slab, if not the one that it meant.
 *
 * <p>Thread-safe. {@link #get} is wait-free; the others hold a spin lock for a few steps.
 */
final class SlabDirectory {

  private static final int FIRST_LENGTH = 64;

  private final SpinLock lock = new SpinLock();
  private int count;

  /** Objects of dissolved slabs, linked: so that to dissolve one takes no Java heap. */
  private Slab spares;

  /** Replaced as it grows. Volatile, because readers hold another lock or none. */
  private volatile Slab[] slabs = new Slab[FIRST_LENGTH];

  /** The slab of a number that the caller has from a slab that exists. */
  Slab get(int number) {
    return slabs[number];
  }

  /**
   * The slab of a number, for who does not hold its slab's lock: it may have seen a tag before the
   * directory that the slab was made with.
   *
   * @return the slab; null if there is none yet
   */
  Slab find(int number) {
    Slab[] now = slabs;
    return number < now.length ? now[number] : null;
  }

  /** Keeps the object of a slab that is none any more. */
  void spare(Slab slab) {
    lock.lock();
    try {
      slab.next = spares;
      spares = slab;
    } finally {
      lock.unlock();
    }
  }

  /** An object for a slab: a spare one, or one with the next number. */
  Slab take() {
    lock.lock();
    try {
      Slab spare = spares;
      if (spare != null) {
        spares = spare.next;
        spare.next = null;
        return spare;
      }
      Slab[] now = slabs;
      if (count == now.length) {
        now = Arrays.copyOf(now, 2 * count);
      }
      Slab slab = new Slab(count);
      now[count++] = slab;
      slabs = now;
      return slab;
    } finally {
      lock.unlock();
    }
  }

  /** Slabs there are, by class. Wrong by those that begin or end meanwhile. */
  int[] counts() {
    int[] counts = new int[SizeClasses.BOUND];
    lock.lock();
    try {
      for (int i = 0; i < count; i++) {
        counts[slabs[i].sizeClass()]++;
      }
      for (Slab spare = spares; spare != null; spare = spare.next) {
        counts[spare.sizeClass()]--;
      }
    } finally {
      lock.unlock();
    }
    return counts;
  }

  /** Bytes on the Java heap. */
  long footprint() {
    Slab[] now = slabs;
    long bytes = (long) now.length * Integer.BYTES;
    for (int i = 0; i < now.length && now[i] != null; i++) {
      bytes += now[i].footprint();
    }
    return bytes;
  }
}
