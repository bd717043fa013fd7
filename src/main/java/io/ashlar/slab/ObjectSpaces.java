// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.memory.SpinLock;
import java.util.function.Consumer;

/** The typed caches of a space that are open, by number. Thread-safe; blocking, and rarely used. */
public final class ObjectSpaces {

  /** Caches that can be open at a time, plus 1: no cache has the number 0. */
  public static final int BOUND = 2048;

  private final SpinLock lock = new SpinLock();
  private final ObjectSpace[] byNumber = new ObjectSpace[BOUND];

  ObjectSpaces() {}

  /** Enters a cache; returns its number, the least that no open cache has. */
  int add(ObjectSpace space) {
    lock.lock();
    try {
      for (int number = 1; number < BOUND; number++) {
        if (byNumber[number] == null) {
          byNumber[number] = space;
          return number;
        }
      }
      throw new IllegalStateException("an allocator has at most " + (BOUND - 1) + " typed caches");
    } finally {
      lock.unlock();
    }
  }

  void remove(int number) {
    lock.lock();
    try {
      byNumber[number] = null;
    } finally {
      lock.unlock();
    }
  }

  /** The cache of a number; null if none is open. */
  ObjectSpace get(int number) {
    lock.lock();
    try {
      return byNumber[number];
    } finally {
      lock.unlock();
    }
  }

  /** Shows the open caches to a visitor, without the lock. */
  void forEach(Consumer<ObjectSpace> visitor) {
    for (int number = 1; number < BOUND; number++) {
      ObjectSpace space = get(number);
      if (space != null) {
        visitor.accept(space);
      }
    }
  }
}
