// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

/** How much an allocator does to find errors of its users. */
public enum Hardening {
  /**
   * Addresses where there can be no block are still refused. A block freed twice, and an address
   * inside of a block, are not noticed until they are back in the slab, if at all, and may by then
   * be in use again. For measurements.
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
