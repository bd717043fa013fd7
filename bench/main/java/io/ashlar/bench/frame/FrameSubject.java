// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import io.ashlar.frame.BumpFrameAllocator;
import io.ashlar.frame.ContiguousAllocator;
import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.FreeListFrameAllocator;
import io.ashlar.frame.LockFreeBuddy;
import io.ashlar.frame.Metadata;
import io.ashlar.frame.SpinLockBuddy;
import io.ashlar.region.Region;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The frame allocators that can be compared. */
public enum FrameSubject {
  /** Buddies in bit trees, one lock. */
  SPIN_LOCK_BUDDY("spin-lock-buddy", Integer.MAX_VALUE),
  /** Buddies in words of bits, no lock. */
  LOCK_FREE_BUDDY("lock-free-buddy", Integer.MAX_VALUE),
  /** First fit over bits, one lock. */
  CONTIGUOUS("contiguous", Integer.MAX_VALUE),
  /** A list through single frames, one lock. */
  FREE_LIST("free-list", 0),
  /** A number that rises, no lock; a frame that is freed is not allocated again. */
  BUMP("bump-frame", 0);

  /** log₂ of the longest run, in frames. */
  static final int MAX_ORDER = SpinLockBuddy.DEFAULT_MAX_ORDER;

  private final String label;
  private final int largestOrder;

  FrameSubject(String label, int largestOrder) {
    this.label = label;
    this.largestOrder = largestOrder;
  }

  /**
   * The name in parameters and tables.
   *
   * @return it
   */
  public String label() {
    return label;
  }

  /**
   * Finds an allocator by its label.
   *
   * @param label as in {@link #label}
   * @return the allocator
   * @throws IllegalArgumentException naming all labels, if there is none
   */
  public static FrameSubject of(String label) {
    return Arrays.stream(values())
        .filter(subject -> subject.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no frame allocator " + label + "; there are " + Arrays.asList(values())));
  }

  /**
   * Whether a label is that of a frame allocator.
   *
   * @param label any
   * @return whether it is
   */
  public static boolean isOne(String label) {
    return Arrays.stream(values()).anyMatch(subject -> subject.label.equals(label));
  }

  /**
   * All labels.
   *
   * @return in order
   */
  public static List<String> labels() {
    return Arrays.stream(values()).map(FrameSubject::label).toList();
  }

  /** Makes the allocator, and the memory for its records; of so many frames, or more. */
  Space open(int frames) {
    return switch (this) {
      case SPIN_LOCK_BUDDY -> {
        Metadata metadata = new Metadata(SpinLockBuddy.byteSize(frames, MAX_ORDER), false);
        yield new Space(new SpinLockBuddy(metadata, frames, MAX_ORDER), metadata);
      }
      case LOCK_FREE_BUDDY -> {
        Metadata metadata = new Metadata(LockFreeBuddy.byteSize(frames, MAX_ORDER), false);
        yield new Space(new LockFreeBuddy(metadata, frames, MAX_ORDER), metadata);
      }
      case CONTIGUOUS -> {
        long bytes = Metadata.footprint(ContiguousAllocator.byteSize(frames));
        Metadata metadata = new Metadata(bytes, false);
        yield new Space(new ContiguousAllocator(metadata, frames), metadata);
      }
      case BUMP ->
          // It touches nothing, so it can have as many as there are numbers: enough for some ten
          // seconds of allocations without a reset.
          new Space(new BumpFrameAllocator(Integer.MAX_VALUE), () -> {});
      case FREE_LIST -> {
        long bytes = (long) frames * FrameTable.FRAME_BYTES;
        Region region = Region.reserve(bytes, Region.osPageSize(), Region.Commitment.LAZY);
        yield new Space(new FreeListFrameAllocator(region.address(), frames), region);
      }
    };
  }

  /**
   * The orders of runs that it is measured with.
   *
   * @return numbers from 0 on
   */
  public String[] orders() {
    return IntStream.rangeClosed(0, Math.min(9, largestOrder))
        .mapToObj(Integer::toString)
        .toArray(String[]::new);
  }

  /**
   * Whether a frame that is freed is allocated again.
   *
   * @return false if all that can be done is to begin anew
   */
  public boolean reuses() {
    return this != BUMP;
  }

  /** Whether it has runs of an order. */
  boolean fits(int order) {
    return order <= largestOrder;
  }

  @Override
  public String toString() {
    return label;
  }

  /**
   * An allocator and what it lies in.
   *
   * @param frames the allocator
   * @param memory closed after it
   */
  record Space(FrameAllocator frames, AutoCloseable memory) {

    /** Whether no frame is in use. */
    boolean isUnused() {
      return frames instanceof BumpFrameAllocator bump
          ? bump.liveFrames() == 0
          : frames.freeFrames() == frames.frames();
    }
  }
}
