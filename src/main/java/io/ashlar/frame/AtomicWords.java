// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Memory;

/**
 * Every step by which threads meet in the lock-free buddy system. A class of its own so that tests
 * can stop a thread between two steps, or choose the order of all threads' steps; where no subclass
 * is loaded, which is everywhere else, the compiler binds the calls.
 */
class AtomicWords {

  /** Reads a word that is about to be changed by {@link #cas}, or is a hint. */
  long getAcquire(long address) {
    return Memory.getLongAcquire(address);
  }

  /** Reads a word after a write to another one, in one order for all threads (StoreLoad). */
  long getVolatile(long address) {
    return Memory.getLongVolatile(address);
  }

  boolean cas(long address, long expected, long value) {
    return Memory.casLong(address, expected, value);
  }

  /** Tells threads apart. */
  long thread() {
    return Thread.currentThread().threadId();
  }
}
