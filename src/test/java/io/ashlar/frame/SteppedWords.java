// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/** Words of which every access is a step that a test is told of, before it is made. */
abstract class SteppedWords extends AtomicWords {

  /** The calling thread is about to read or to exchange a word. */
  abstract void step();

  @Override
  final long getAcquire(long address) {
    step();
    return super.getAcquire(address);
  }

  @Override
  final long getVolatile(long address) {
    step();
    return super.getVolatile(address);
  }

  @Override
  boolean cas(long address, long expected, long value) {
    step();
    return super.cas(address, expected, value);
  }
}
