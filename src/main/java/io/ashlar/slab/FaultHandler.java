// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * Is told of errors that cannot be thrown to who made them, by whichever thread finds out, where it
 * has nothing half done and holds no lock. What it throws goes to the uncaught-exception handler of
 * that thread, whose call has its result all the same.
 */
@FunctionalInterface
public interface FaultHandler {

  /**
   * Is told of a block freed twice, by different threads.
   *
   * @param address the block
   */
  void freedTwice(long address);

  /**
   * Is told of what failed in work that nobody asked for, such as a purge. Unless overridden the
   * error goes to the thread's uncaught-exception handler.
   *
   * @param error what was thrown
   */
  default void failed(Throwable error) {
    Faults.uncaught(error);
  }
}
