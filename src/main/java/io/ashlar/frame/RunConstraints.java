// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Bits;

/**
 * What a run must be like for a device to use it, in frames: what the BSDs state by a DMA tag. As
 * far as alignment and boundary are meant of addresses, frame 0 must lie at a multiple of them.
 *
 * @param alignment a run begins at a multiple of this power of two
 * @param boundary a run does not cross a multiple of this power of two; 0 if it may cross any
 * @param maxRun the most frames that a run may have, 1 or more
 */
public record RunConstraints(int alignment, int boundary, int maxRun) {

  /** Any run will do. */
  public static final RunConstraints NONE = new RunConstraints(1, 0, Integer.MAX_VALUE);

  /**
   * Checks them.
   *
   * @throws IllegalArgumentException if {@code alignment} is no power of two, {@code boundary}
   *     neither 0 nor a power of two, or {@code maxRun} below 1
   */
  public RunConstraints {
    if (!Bits.isPowerOfTwo(alignment)
        || (boundary != 0 && !Bits.isPowerOfTwo(boundary))
        || maxRun < 1) {
      throw new IllegalArgumentException(
          "alignment " + alignment + ", boundary " + boundary + ", longest run " + maxRun);
    }
  }

  /**
   * The most frames that a run can have, the boundary taken into account.
   *
   * @return frames
   */
  public int longest() {
    return boundary == 0 ? maxRun : Math.min(maxRun, boundary);
  }

  /**
   * Whether a run is as it must be.
   *
   * @param first its first frame
   * @param frames its frames
   * @return whether it is
   */
  public boolean allows(long first, int frames) {
    return frames <= maxRun && (first & (alignment - 1)) == 0 && first + frames <= boundary(first);
  }

  /** The first place, from a frame on, for a run that is no longer than {@link #longest}. */
  long place(long from, int frames) {
    long first = Bits.alignUp(from, alignment);
    // An alignment above the boundary puts first on a boundary, where a run that short fits.
    return first + frames <= boundary(first) ? first : Bits.alignUp(first, boundary);
  }

  /** The next frame behind a frame at which a run that begins there must have ended. */
  long boundary(long first) {
    return boundary == 0 ? Long.MAX_VALUE : Bits.alignDown(first, boundary) + boundary;
  }
}
