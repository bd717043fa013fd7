// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A region of anonymous private memory. */
final class PosixRegion extends MappedRegion {

  private PosixRegion(Arena arena, MemorySegment segment) {
    super(arena, segment);
  }

  /** Reserves whole pages. */
  static PosixRegion reserve(long byteSize, long byteAlignment, Commitment commitment) {
    String request = request(byteSize, byteAlignment, commitment);
    Arena arena = Arena.ofShared();
    boolean done = false;
    try {
      PosixRegion region =
          new PosixRegion(arena, map(arena, byteSize, byteAlignment, commitment, request));
      if (commitment == Commitment.EAGER) {
        region.populate(0, byteSize);
      }
      done = true;
      return region;
    } finally {
      if (!done) {
        arena.close();
      }
    }
  }

  @Override
  public void decommit(long byteOffset, long byteLength) {
    MemorySegment range = range(byteOffset, byteLength);
    if (byteLength == 0) {
      return;
    }
    if (PosixSystem.CURRENT != PosixSystem.LINUX) {
      remapFixed(range);
      return;
    }
    long result = PosixCalls.madvise(range, PosixCalls.MADV_DONTNEED);
    if (result == -Errno.EINVAL) {
      // The range itself is valid. What is left are pages locked in memory: those stay.
      range.fill((byte) 0);
    } else {
      check("madvise(MADV_DONTNEED)", result, range);
    }
  }

  /** Decommits by mapping anew: outside Linux, {@code MADV_DONTNEED} need not make zeros. */
  private static void remapFixed(MemorySegment range) {
    long result = PosixCalls.mmapOver(range, PosixCalls.PROT_READ_WRITE, PosixCalls.MAP_NORESERVE);
    check("mmap(MAP_FIXED)", result, range);
  }
}
