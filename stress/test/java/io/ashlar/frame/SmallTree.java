// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * What Lincheck's threads do with a small buddy system. Which frames an allocation gets is no part
 * of its contract, so what is compared with the sequential run is whether it got frames that nobody
 * else had. In the end all are given back, and must have merged.
 *
 * <p>Public, as are those below, because Lincheck makes them.
 */
public abstract class SmallTree {

  static final int MAX_THREADS = 3;

  private static final int MAX_LIVE = 16;
  private static final int SLOTS = 2;

  private static final String HAD_TWICE = "had twice";

  private final int frames;
  private final boolean hasRoomForAll;
  private final LockFreeBuddy buddy;

  /** A bit for each frame that somebody has. */
  private final AtomicLongArray taken;

  /** Each thread's runs: the first frame and the count. Threads are numbered from 0, or from 1. */
  private final int[][] live = new int[MAX_THREADS + 1][MAX_LIVE];

  private final int[] count = new int[MAX_THREADS + 1];

  SmallTree(int frames, int maxOrder, boolean hasRoomForAll, ArrayWords words) {
    this.frames = frames;
    this.hasRoomForAll = hasRoomForAll;
    taken = new AtomicLongArray(frames >>> FreeBits.LOG_BITS);
    long bytes = LockFreeBuddy.byteSize(frames, maxOrder, SLOTS);
    // Closed at once: only the addresses are used, nothing is read or written there.
    try (Metadata addresses = new Metadata(bytes, false)) {
      buddy = new LockFreeBuddy(addresses, frames, maxOrder, SLOTS, words);
    }
  }

  final String take(int thread, int frameCount) {
    ArrayWords.setThread(thread);
    int first = buddy.allocate(frameCount, 1);
    if (first == FrameAllocator.NONE) {
      return hasRoomForAll ? "none" : "done";
    }
    if (!change(first, frameCount, false)) {
      return HAD_TWICE;
    }
    live[thread][count[thread]++] = first << 8 | frameCount;
    return "done";
  }

  /** Marks frames as taken or not, word by word; false where some were so already. */
  private boolean change(int first, int frameCount, boolean before) {
    int end = first + frameCount;
    for (int at = first; at < end; ) {
      int inWord = at & (FreeBits.BITS - 1);
      int count = Math.min(FreeBits.BITS - inWord, end - at);
      long mask = FreeBits.mask(inWord, count);
      int word = at >>> FreeBits.LOG_BITS;
      long bits;
      do {
        bits = taken.get(word);
        if ((bits & mask) != (before ? mask : 0)) {
          return false;
        }
      } while (!taken.compareAndSet(word, bits, bits ^ mask));
      at += count;
    }
    return true;
  }

  /** Takes a frame. */
  @Operation
  public String takeOne(@Param(gen = ThreadIdGen.class) int thread) {
    return take(thread, 1);
  }

  /** Frees what the thread took last, if anything. */
  @Operation
  public String give(@Param(gen = ThreadIdGen.class) int thread) {
    ArrayWords.setThread(thread);
    if (count[thread] > 0) {
      int run = live[thread][--count[thread]];
      if (!change(run >>> 8, run & 255, true)) {
        return HAD_TWICE;
      }
      buddy.free(run >>> 8, run & 255);
    }
    return "done";
  }

  /** Ends a run. */
  @Validate
  public void validate() {
    buddy.validate();
    for (int thread = 0; thread <= MAX_THREADS; thread++) {
      while (count[thread] > 0) {
        give(thread);
      }
    }
    buddy.validate();
    if (buddy.freeFrames() != frames) {
      throw new IllegalStateException(buddy.freeFrames() + " frames are free of " + frames);
    }
    for (int left = frames; left > 0; left -= buddy.maxRun()) {
      if (buddy.allocate(buddy.maxRun(), 1) == FrameAllocator.NONE) {
        throw new IllegalStateException(left + " frames are free, and not merged");
      }
    }
  }

  /**
   * 16 words of 64 frames, in two lines: there is always room, and an allocation that gets nothing
   * is wrong.
   */
  public static class Roomy extends SmallTree {
    /** For Lincheck. */
    public Roomy() {
      this(new ArrayWords());
    }

    Roomy(ArrayWords words) {
      super(1024, 7, true, words);
    }

    /** Takes a run that ends amid a word. */
    @Operation
    public String takeThree(@Param(gen = ThreadIdGen.class) int thread) {
      return take(thread, 3);
    }

    /** Takes a word's frames, of the level above. */
    @Operation
    public String takeUnit(@Param(gen = ThreadIdGen.class) int thread) {
      return take(thread, 64);
    }
  }

  /**
   * Two words of 64 frames: words are opened and closed all the time, and an allocation may get
   * nothing.
   */
  public static class Tight extends SmallTree {
    /** For Lincheck. */
    public Tight() {
      this(new ArrayWords());
    }

    Tight(ArrayWords words) {
      super(128, 7, false, words);
    }

    /** Takes most of a word, which is opened for the rest. */
    @Operation
    public String takeMost(@Param(gen = ThreadIdGen.class) int thread) {
      return take(thread, 40);
    }

    /** Takes the whole. */
    @Operation
    public String takeAll(@Param(gen = ThreadIdGen.class) int thread) {
      return take(thread, 128);
    }
  }

  /** {@link Roomy}, with a fault. */
  public static final class RoomyLosing extends Roomy {
    /** For Lincheck. */
    public RoomyLosing() {
      super(new LosingUpdates());
    }
  }

  /** {@link Tight}, with a fault. */
  public static final class TightLosing extends Tight {
    /** For Lincheck. */
    public TightLosing() {
      super(new LosingUpdates());
    }
  }

  /** Fault: a word is read, compared and written in steps, between which others get their turn. */
  private static final class LosingUpdates extends ArrayWords {
    @Override
    @SuppressWarnings("ThreadPriorityCheck") // only makes the fault likelier to be seen
    boolean cas(long address, long expected, long value) {
      if (getVolatile(address) != expected) {
        return false;
      }
      Thread.yield();
      set(address, value);
      return true;
    }
  }
}
