// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * The Java heap is out, in a JVM with little of it. What is freed is free all the same, and nothing
 * is lost where something is refused.
 */
class HeapOutTest {

  private static final int BLOCKS = 600;
  private static final int ATTEMPTS = 16;

  /** Less than a batch, a slab's bits or a queue's piece; and the least that an object can have. */
  private static final int[] LEFT_OVER = {400, 24};

  /**
   * Steps in which the heap comes back, so that a construction fails at one point after another.
   */
  private static final int STEPS = 60;

  private static final int STEP_BYTES = 2048;
  private static final long ADDRESS_SPACE_OF_METADATA = 4L << 30;

  /** Objects that fill the heap: few and without references, for the collector's sake. */
  private static final byte[][] BALLAST = new byte[1 << 12][];

  /** Whether anything else was reported than that a purge was due and found no heap. */
  private static boolean unexpected;

  /** Of the large ones few: an attempt to get some heap takes as long as two collections. */
  private static final long[] SIZES = {
    16, 16, 64, 64, 200, 200, 1000, 1000, 3000, 100_000, 16, 16, 64, 64, 200, 200, 1000, 1000, 3000,
    32 << 10
  };

  @Test
  void nothingIsLost() throws IOException, InterruptedException {
    assertEquals("", ChildJvm.run(HeapOutTest.class, "-Xmx6m", "-XX:+UseSerialGC"));
  }

  /**
   * Does it first with heap enough, so that all classes are there.
   *
   * @param args none
   * @throws InterruptedException if something interrupts the wait for the other thread
   * @throws IOException if the process cannot be asked for its size
   */
  public static void main(String[] args) throws InterruptedException, IOException {
    freeAndAllocate(Integer.MAX_VALUE);
    build(false);
    for (int leftOver : LEFT_OVER) {
      freeAndAllocate(leftOver);
    }
    build(true);
  }

  /** Fills the heap until objects of a size do not fit any more. */
  private static void fill(int leftOver) {
    int n = 0;
    for (int bytes = 4 << 20; bytes >= leftOver; bytes = nextSize(bytes, leftOver)) {
      try {
        while (true) {
          BALLAST[n++] = new byte[bytes - 16];
        }
      } catch (OutOfMemoryError e) {
        n--; // So smaller ones.
      }
    }
  }

  private static int nextSize(int bytes, int leftOver) {
    return bytes > leftOver ? Math.max(bytes / 2, leftOver) : 0;
  }

  /**
   * A thread that frees blocks in its first calls of the allocator, where the heap is out. It
   * spins, and lives on when it is done, so that it neither needs heap nor gives any back.
   */
  private static final class Newcomer extends Thread {
    private final Ashlar allocator;
    private final long[] blocks = new long[SIZES.length];
    private volatile boolean mayFree;
    private volatile boolean isDone;
    private volatile boolean isRefused;
    private volatile boolean mayEnd;

    Newcomer(Ashlar allocator) {
      this.allocator = allocator;
      allocate(allocator, blocks);
    }

    @Override
    public void run() {
      while (!mayFree) {
        Thread.onSpinWait();
      }
      try {
        for (long block : blocks) {
          allocator.free(block);
        }
      } catch (OutOfMemoryError e) {
        isRefused = true;
      }
      isDone = true;
      while (!mayEnd) {
        Thread.onSpinWait();
      }
    }

    void freeNow() {
      mayFree = true;
      while (!isDone) {
        Thread.onSpinWait();
      }
      if (isRefused) {
        throw new AssertionError("a thread's first free was refused");
      }
    }
  }

  /** Blocks of two shards are freed by one thread, and it allocates more than there ever were. */
  private static void freeAndAllocate(int leftOver) throws InterruptedException {
    long[] own = new long[BLOCKS];
    long[] others = new long[BLOCKS];
    long[] more = new long[ATTEMPTS];
    try (Ashlar allocator =
        Ashlar.builder()
            .capacity(256 << 20)
            .shards(3)
            .errorHandler(error -> unexpected |= !(error instanceof OutOfMemoryError))
            .build()) {
      allocate(allocator, own);
      // Whose own magazines are left for us to find.
      Thread other = new Thread(() -> allocate(allocator, others));
      other.start();
      other.join();
      Newcomer newcomer = new Newcomer(allocator);
      newcomer.start();
      fill(leftOver);
      try {
        newcomer.freeNow();
        for (int i = 0; i < BLOCKS; i++) {
          allocator.free(own[i]);
          allocator.free(others[i]);
        }
        allocator.flush();
        int refused = 0;
        for (int i = 0; i < ATTEMPTS; i++) {
          refused += allocateMore(allocator, more, i) ? 0 : 1;
        }
        for (int i = 0; i < ATTEMPTS; i++) {
          if (!isMapping(i)) {
            allocator.free(more[i]);
          } else if (isFreed(allocator, more[i])) {
            more[i] = Allocator.NULL;
          }
        }
        if (leftOver < 100 && refused == 0) {
          throw new AssertionError("there is heap left");
        }
      } finally {
        Arrays.fill(BALLAST, null);
        newcomer.mayEnd = true;
        newcomer.join();
      }
      for (int i = 0; i < ATTEMPTS; i++) {
        if (isMapping(i)) {
          allocator.free(more[i]);
        }
      }
      allocator.validate();
      AllocatorStats stats = allocator.stats();
      if (stats.liveBlocks() != 0) {
        throw new AssertionError(stats.liveBlocks() + " blocks are lost, of " + leftOver);
      }
      allocator.trim();
      if (unexpected) {
        throw new AssertionError("an error was reported");
      }
      if (allocator.stats().committedBytes() != 0) {
        throw new AssertionError(allocator.stats().committedBytes() + " bytes are lost");
      }
      allocator.validate();
    }
  }

  private static void allocate(Ashlar allocator, long[] blocks) {
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = allocator.malloc(SIZES[i % SIZES.length]);
    }
  }

  private static boolean allocateMore(Ashlar allocator, long[] blocks, int i) {
    try {
      // Each a class of its own, or a mapping.
      blocks[i] = allocator.calloc(isMapping(i) ? 33 << 20 : 6000L + 1500L * i);
      return true;
    } catch (OutOfMemoryError e) {
      return false;
    }
  }

  private static boolean isMapping(int i) {
    return i % 5 == 0;
  }

  /** The JDK may need heap for a call of the system's; then the block is as it was. */
  private static boolean isFreed(Ashlar allocator, long mapping) {
    try {
      allocator.free(mapping);
      return true;
    } catch (OutOfMemoryError e) {
      return false;
    }
  }

  /** What was reserved for an allocator that cannot be made is given back. */
  private static void build(boolean heapOut) throws IOException {
    Object[] room = new Object[STEPS];
    for (int i = 0; i < STEPS; i++) {
      room[i] = new byte[STEP_BYTES - 16];
    }
    AshlarBuilder builder = Ashlar.builder().capacity(1 << 20).shards(1);
    long before = AddressSpace.bytes();
    int built = 0;
    if (heapOut) {
      fill(LEFT_OVER[1]);
    }
    for (int i = 0; i < STEPS; i++) {
      room[i] = null;
      built += isBuilt(builder) ? 1 : 0;
    }
    Arrays.fill(BALLAST, null);
    if (heapOut ? built == 0 || built == STEPS : built != STEPS) {
      throw new AssertionError(built + " of " + STEPS + " were built");
    }
    long more = AddressSpace.bytes() - before;
    if (more > ADDRESS_SPACE_OF_METADATA) {
      throw new AssertionError("%,d bytes of address space are lost".formatted(more));
    }
  }

  private static boolean isBuilt(AshlarBuilder builder) {
    try {
      builder.build().close();
      return true;
    } catch (OutOfMemoryError e) {
      return false;
    }
  }
}
