// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

/** How much an allocator does to find errors of its users. */
public enum Hardening {
  /**
   * Addresses that are no block's are still refused, but a block freed twice is not noticed until
   * it is back in its slab, if at all, and may by then be in use again. For measurements.
   */
  OFF,

  /**
   * The default. Every free that is not of the start of a live block is refused, at the call. The
   * one exception are two frees of the same block made <em>at the same moment</em> by two threads:
   * both may be taken, and the block handed out twice. What of that comes back to the block's slab
   * twice is reported to the error handler.
   */
  STANDARD,

  /**
   * Every free is checked by an atomic exchange: of any frees of the same block exactly one is
   * taken, whenever they are made.
   */
  STRICT
}
