// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.region.Region;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How a {@link HeaderAllocator} works: start from {@link #defaults} and change what is to be
 * different.
 *
 * @param fit which of the free blocks that are large enough is taken
 * @param freeList whether free blocks are in a list of their own; if not, a search walks all blocks
 * @param maxBlockBytes the most bytes that may be asked for, at least 1; a request for more is an
 *     {@link IllegalArgumentException}, and not out of memory
 * @param frees when frees are carried out
 * @param batchBlocks most blocks of a batch of deferred frees, at least 1, and how many must wait
 *     for a batch at {@link Frees#AT_THRESHOLD}
 * @param commitment whether the memory is made resident as it is touched, or all at the beginning
 * @param errorHandler is told of what goes wrong in the background: headers and links that were
 *     written over
 */
public record HeaderOptions(
    Fit fit,
    boolean freeList,
    long maxBlockBytes,
    Frees frees,
    int batchBlocks,
    Region.Commitment commitment,
    Consumer<? super Throwable> errorHandler) {

  /** With {@link Fit#GOOD_ENOUGH}, this part of what is wanted may be left over: an eighth. */
  public static final int GOOD_ENOUGH_FRACTION = 8;

  private static final int DEFAULT_BATCH = 64;

  private static final HeaderOptions DEFAULTS =
      new HeaderOptions(
          Fit.FIRST,
          true,
          Long.MAX_VALUE,
          Frees.AT_ONCE,
          DEFAULT_BATCH,
          Region.Commitment.LAZY,
          HeaderOptions::log);

  /** Which of the free blocks that are large enough is taken. */
  public enum Fit {
    /** The first that is found. */
    FIRST,
    /** The smallest; the search ends early only where one fits exactly. */
    BEST,
    /**
     * The first that leaves no more than an eighth of what is wanted; the smallest where none does.
     */
    GOOD_ENOUGH
  }

  /** When frees are carried out. */
  public enum Frees {
    /** At once. */
    AT_ONCE,
    /** A batch at a time, by the thread whose free makes it full. */
    AT_THRESHOLD,
    /** By a thread of the allocator's own. */
    IN_BACKGROUND
  }

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if a number is out of range
   * @throws NullPointerException if something is null
   */
  public HeaderOptions {
    Objects.requireNonNull(fit, "fit");
    Objects.requireNonNull(frees, "frees");
    Objects.requireNonNull(commitment, "commitment");
    Objects.requireNonNull(errorHandler, "errorHandler");
    if (maxBlockBytes < 1) {
      throw new IllegalArgumentException("maxBlockBytes " + maxBlockBytes);
    }
    if (batchBlocks < 1) {
      throw new IllegalArgumentException("batchBlocks " + batchBlocks);
    }
  }

  private static void log(Throwable error) {
    System.getLogger("io.ashlar").log(System.Logger.Level.ERROR, "in deferred frees", error);
  }

  /**
   * The usual: first fit with a list of free blocks, no largest block, frees at once, memory
   * resident as it is touched, errors logged to {@code io.ashlar}.
   *
   * @return the options
   */
  public static HeaderOptions defaults() {
    return DEFAULTS;
  }

  /**
   * With another fit.
   *
   * @param other which block is taken
   * @return the changed options
   */
  public HeaderOptions fit(Fit other) {
    return new HeaderOptions(
        other, freeList, maxBlockBytes, frees, batchBlocks, commitment, errorHandler);
  }

  /**
   * Without a list of the free blocks.
   *
   * @return the changed options
   */
  public HeaderOptions withoutFreeList() {
    return new HeaderOptions(
        fit, false, maxBlockBytes, frees, batchBlocks, commitment, errorHandler);
  }

  /**
   * With a largest block.
   *
   * @param bytes the most that may be asked for, at least 1
   * @return the changed options
   */
  public HeaderOptions maxBlockBytes(long bytes) {
    return new HeaderOptions(fit, freeList, bytes, frees, batchBlocks, commitment, errorHandler);
  }

  /**
   * With frees carried out at another time.
   *
   * @param when that time
   * @param blocks most blocks of a batch, at least 1
   * @return the changed options
   */
  public HeaderOptions frees(Frees when, int blocks) {
    return new HeaderOptions(fit, freeList, maxBlockBytes, when, blocks, commitment, errorHandler);
  }

  /**
   * With memory that becomes resident at another time.
   *
   * @param when that time
   * @return the changed options
   */
  public HeaderOptions commitment(Region.Commitment when) {
    return new HeaderOptions(fit, freeList, maxBlockBytes, frees, batchBlocks, when, errorHandler);
  }

  /**
   * With somebody else told of errors in the background.
   *
   * @param handler called by the thread of {@link Frees#IN_BACKGROUND}
   * @return the changed options
   */
  public HeaderOptions errorHandler(Consumer<? super Throwable> handler) {
    return new HeaderOptions(fit, freeList, maxBlockBytes, frees, batchBlocks, commitment, handler);
  }
}
