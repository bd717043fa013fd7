// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import java.util.Arrays;

/**
 * A recorded trace, as tables: operation {@code i} is what the arrays hold at {@code i}. The total
 * order of the recording is the order of the indexes.
 */
final class Trace {

  static final byte MALLOC = 0;
  static final byte CALLOC = 1;
  static final byte ALIGNED = 2;
  static final byte REALLOC = 3;
  static final byte FREE = 4;

  /** Operations, threads and objects. */
  final int operations;

  final int threads;
  final int objects;

  /** Most requested bytes that are live at once, in recorded order. */
  final long peakLiveBytes;

  final byte[] kind;
  final int[] object;

  /** Requested bytes, unsigned; 0 for a free. */
  final int[] size;

  /** Logarithm of the alignment; 0 but for an aligned allocation. */
  final byte[] alignmentShift;

  final char[] thread;

  /** How many operations the object has seen before this one. */
  final int[] version;

  private Trace(Builder builder) {
    operations = builder.operations;
    threads = builder.threads;
    objects = builder.objects;
    peakLiveBytes = builder.peakLiveBytes;
    kind = Arrays.copyOf(builder.kind, operations);
    object = Arrays.copyOf(builder.object, operations);
    size = Arrays.copyOf(builder.size, operations);
    alignmentShift = Arrays.copyOf(builder.alignmentShift, operations);
    thread = Arrays.copyOf(builder.thread, operations);
    version = Arrays.copyOf(builder.version, operations);
  }

  /** Requested bytes of operation {@code i}. */
  long size(int i) {
    return Integer.toUnsignedLong(size[i]);
  }

  /**
   * The same trace, and at its end a free of each object that the program left live, so that it can
   * be replayed over and over.
   *
   * @return the longer trace
   */
  Trace closed() {
    Builder builder = new Builder(threads, objects, operations + operations / 8);
    boolean[] live = new boolean[objects];
    char[] last = new char[objects];
    for (int i = 0; i < operations; i++) {
      builder.add(kind[i], thread[i], object[i], alignment(i), size(i));
      live[object[i]] = kind[i] != FREE;
      last[object[i]] = thread[i];
    }
    for (int id = 0; id < objects; id++) {
      if (live[id]) {
        builder.add(FREE, last[id], id, 1, 0);
      }
    }
    return builder.build();
  }

  /**
   * The beginning of the trace.
   *
   * @param count operations at most, 0 or more
   * @return the shorter trace; this one if it has no more
   */
  Trace first(int count) {
    if (count >= operations) {
      return this;
    }
    int appeared = 0;
    int allocated = 0;
    for (int i = 0; i < count; i++) {
      appeared = Math.max(appeared, thread[i] + 1);
      allocated += kind[i] < REALLOC ? 1 : 0;
    }
    Builder builder = new Builder(appeared, allocated, count);
    for (int i = 0; i < count; i++) {
      builder.add(kind[i], thread[i], object[i], alignment(i), size(i));
    }
    return builder.build();
  }

  private long alignment(int i) {
    return kind[i] == ALIGNED ? 1L << alignmentShift[i] : 1;
  }

  /** Collects operations in recorded order, and checks that they can have happened. */
  static final class Builder {

    private static final int DEAD = -1;

    private final int threads;
    private final int objects;
    private byte[] kind;
    private int[] object;
    private int[] size;
    private byte[] alignmentShift;
    private char[] thread;
    private int[] version;

    /** By object: its bytes, and the operations seen on it or {@link #DEAD}. */
    private final int[] liveSize;

    private final int[] seen;
    private int operations;
    private int allocated;
    private int appeared;
    private long liveBytes;
    private long peakLiveBytes;
    private long totalBytes;

    /**
     * Starts a trace.
     *
     * @param threads threads in it
     * @param objects objects in it
     * @param operations how many to expect
     */
    Builder(int threads, int objects, int operations) {
      this.threads = threads;
      this.objects = objects;
      kind = new byte[operations];
      object = new int[operations];
      size = new int[operations];
      alignmentShift = new byte[operations];
      thread = new char[operations];
      version = new int[operations];
      liveSize = new int[objects];
      seen = new int[objects];
    }

    /**
     * Adds an operation.
     *
     * @throws IllegalArgumentException if it cannot follow those before it
     */
    void add(byte op, int threadIndex, int id, long alignment, long bytes) {
      require(op >= MALLOC && op <= FREE, "no operation " + op);
      require(threadIndex < threads && threadIndex <= appeared, "thread out of order");
      require(bytes >>> Integer.SIZE == 0, "a size of 4 GiB or more");
      require(op != ALIGNED || Long.bitCount(alignment) == 1, "an alignment that is no power of 2");
      if (threadIndex == appeared) {
        appeared++;
      }
      if (op < REALLOC) {
        require(id == allocated && id < objects, "objects out of order");
        allocated++;
      } else {
        require(id < allocated && seen[id] != DEAD, "an operation on no live object");
      }
      grow();
      int i = operations++;
      kind[i] = op;
      object[i] = id;
      size[i] = (int) bytes;
      alignmentShift[i] = (byte) (op == ALIGNED ? Long.numberOfTrailingZeros(alignment) : 0);
      thread[i] = (char) threadIndex;
      version[i] = seen[id];
      count(op, id, bytes);
    }

    private void count(byte op, int id, long bytes) {
      long old = op >= REALLOC ? Integer.toUnsignedLong(liveSize[id]) : 0;
      liveSize[id] = (int) bytes;
      liveBytes += bytes - old;
      totalBytes += Math.max(0, bytes - old);
      peakLiveBytes = Math.max(peakLiveBytes, liveBytes);
      seen[id] = op == FREE ? DEAD : seen[id] + 1;
    }

    private void grow() {
      if (operations == kind.length) {
        int capacity = Math.max(16, 2 * operations);
        kind = Arrays.copyOf(kind, capacity);
        object = Arrays.copyOf(object, capacity);
        size = Arrays.copyOf(size, capacity);
        alignmentShift = Arrays.copyOf(alignmentShift, capacity);
        thread = Arrays.copyOf(thread, capacity);
        version = Arrays.copyOf(version, capacity);
      }
    }

    long peakLiveBytes() {
      return peakLiveBytes;
    }

    long totalBytes() {
      return totalBytes;
    }

    Trace build() {
      require(appeared == threads && allocated == objects, "threads or objects are missing");
      return new Trace(this);
    }

    private static void require(boolean condition, String otherwise) {
      if (!condition) {
        throw new IllegalArgumentException("not a trace: " + otherwise);
      }
    }
  }
}
