// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;

/**
 * The objects of a trace while it is replayed: where each lies and how large it is. All made, and
 * so touched, before the clock starts.
 *
 * <p>Threads may work on it at once, but on an object only one after the other.
 */
final class LiveBlocks {

  private final Trace trace;
  private final long[] address;
  private final int[] size;

  LiveBlocks(Trace trace) {
    this.trace = trace;
    address = new long[trace.objects];
    size = new int[trace.objects];
  }

  /**
   * Makes one operation, and writes the first byte of the block and one in every 4,096 of what is
   * new of it.
   *
   * @param subject the allocator
   * @param i index of the operation
   * @return by how much the live bytes changed
   */
  long replay(Subject subject, int i) {
    int object = trace.object[i];
    long bytes = trace.size(i);
    return switch (trace.kind[i]) {
      case Trace.MALLOC -> put(object, subject.malloc(bytes), 0, bytes);
      case Trace.CALLOC -> put(object, subject.calloc(bytes), 0, bytes);
      case Trace.ALIGNED -> {
        long alignment = Math.max(Long.BYTES, 1L << trace.alignmentShift[i]);
        yield put(object, subject.alignedAlloc(alignment, bytes), 0, bytes);
      }
      case Trace.REALLOC -> {
        long old = Integer.toUnsignedLong(size[object]);
        long moved = subject.realloc(address[object], bytes);
        yield put(object, moved, Math.min(old, bytes), bytes) - old;
      }
      default -> {
        subject.free(address[object]);
        address[object] = 0;
        yield -Integer.toUnsignedLong(size[object]);
      }
    };
  }

  private long put(int object, long block, long from, long bytes) {
    if (block == 0) {
      throw new OutOfMemoryError("a replayed allocation of " + bytes + " bytes failed");
    }
    RawMemory.touch(block, from, bytes);
    address[object] = block;
    size[object] = (int) bytes;
    return bytes;
  }

  /** Frees what the recorded program left live, so that the trace can be replayed again. */
  void freeRest(Subject subject) {
    for (int object = 0; object < address.length; object++) {
      if (address[object] != 0) {
        subject.free(address[object]);
        address[object] = 0;
      }
    }
  }
}
