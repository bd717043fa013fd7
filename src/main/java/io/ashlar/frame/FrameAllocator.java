// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

/**
 * Allocates runs of neighbouring page frames. Frames are numbered from 0; a frame is {@link
 * FrameTable#FRAME_BYTES} bytes. What is in the frames is not touched.
 *
 * <p>Whether it may be called from several threads, and with what progress guarantee, each
 * implementation says.
 */
public interface FrameAllocator {

  /** The number of no frame: what {@link #allocate} returns when no run is free. */
  int NONE = -1;

  /**
   * Allocates a run of exactly {@code frames} frames.
   *
   * @param frames 1 or more
   * @param alignment the first frame's number is a multiple of this power of two
   * @return the first frame, or {@link #NONE} if no such run is free
   * @throws IllegalArgumentException if {@code frames} is below 1 or {@code alignment} no power of
   *     two
   */
  int allocate(int frames, int alignment);

  /**
   * Frees a run, or any part of one: the rest stays allocated.
   *
   * @param first its first frame
   * @param frames its frames
   * @throws IllegalArgumentException if it is not inside the memory managed
   */
  void free(int first, int frames);

  /**
   * Makes a run longer without moving it.
   *
   * @param first its first frame
   * @param frames its frames
   * @param newFrames the frames it is to have, more than {@code frames}
   * @return whether the frames behind it were free, and are now part of it; if not nothing changed
   */
  boolean extend(int first, int frames, int newFrames);

  /**
   * Most frames that a run can have.
   *
   * @return frames
   */
  int maxRun();

  /**
   * Frames managed.
   *
   * @return frames, free or not
   */
  int frames();

  /**
   * Frames that are free.
   *
   * @return frames
   */
  int freeFrames();

  /**
   * Shows each free run to a visitor; while it looks at a run, the run cannot be allocated, and
   * other calls go on. Runs that come free meanwhile may be missed.
   *
   * @param visitor what looks at them
   */
  void visitFree(RunVisitor visitor);

  /**
   * Checks every structure.
   *
   * @throws IllegalStateException at the first broken invariant
   */
  void validate();

  /** Looks at runs of frames. */
  @FunctionalInterface
  interface RunVisitor {
    /**
     * Looks at a run.
     *
     * @param first its first frame
     * @param frames its frames
     */
    void visit(int first, int frames);
  }
}
