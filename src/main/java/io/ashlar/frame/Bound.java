// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/**
 * What the lock-free buddy system knows of a line of words, or of a group of such, as a value: an
 * upper bound on the buddies to be found there. Pure functions, each a transition that is made by
 * one compare-and-set.
 *
 * <pre>
 *   63                                8 7  5 4 3 2   0
 *   ┌──────────────────────────────────┬────┬─┬─┬─────┐
 *   │ version                          │ 0  │h│x│bound│
 *   └──────────────────────────────────┴────┴─┴─┴─────┘
 *   bound    one more than the order of the largest buddy that may be there; 0: nothing is free
 *   x        somebody looks whether the bound can be lowered, and nothing was freed there since
 *   h        held: some thread allocates from this line; others look elsewhere first (lines only)
 *   version  counts the looks
 *
 *            examine              lowered
 *   b ───────────────▶ b, x, v+1 ─────────▶ b' ≤ b      raised(b''): from any state to
 *                          │                            max(b, b''), without x
 *                          └── raised ──▶ the look has failed: its compare-and-set expects x and v+1
 * </pre>
 *
 * <p>Whoever looks and is stopped leaves an x behind, which nobody waits for: the bound stays as it
 * was, the next look has another version, and so the late compare-and-set fails.
 */
final class Bound {

  private static final long BOUND_MASK = 7;
  private static final long EXAMINED = 1 << 3;
  private static final long HELD = 1 << 4;
  private static final long VERSION = 1 << 8;

  private Bound() {}

  static int bound(long entry) {
    return (int) (entry & BOUND_MASK);
  }

  static boolean isHeld(long entry) {
    return (entry & HELD) != 0;
  }

  /** Whether the bound is high enough, and cannot be lowered by a look that began before now. */
  static boolean covers(long entry, int bound) {
    return (entry & EXAMINED) == 0 && bound(entry) >= bound;
  }

  static long examine(long entry) {
    return (entry | EXAMINED) + VERSION;
  }

  static boolean isExamined(long entry) {
    return (entry & EXAMINED) != 0;
  }

  /** The end of a look. */
  static long lowered(long entry, int bound) {
    return (entry & ~(BOUND_MASK | EXAMINED)) | bound;
  }

  static long raised(long entry, int bound) {
    return lowered(entry, Math.max(bound(entry), bound));
  }

  static long hold(long entry) {
    return entry | HELD;
  }

  static long leave(long entry) {
    return entry & ~HELD;
  }
}
