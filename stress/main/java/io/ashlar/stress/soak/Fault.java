// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

/** What is wrong with an allocator that the soak must find out about. */
public enum Fault {
  /** A block that is in use is handed out again. */
  DUPLICATE,
  /** A free is forgotten. */
  LEAK,
  /** A block is freed twice. */
  TWICE,
  /** A byte behind a block is written. */
  OVERRUN,
  /** A zeroing call does not zero. */
  UNZEROED,
  /** A block that moves leaves its contents behind. */
  LOST
}
