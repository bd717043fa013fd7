// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.FrameTable;
import io.ashlar.frame.LockFreeBuddy;
import io.ashlar.frame.Metadata;
import io.ashlar.frame.PageMapper;
import io.ashlar.region.Region;

/**
 * The page mapper in the worst case: every other frame is in use for ever, so each block is made of
 * single frames. A free gives their memory back to the system.
 */
final class ScatteredPages extends Subject {

  /** 256 MiB, of which half can be had. */
  private static final int FRAMES = 1 << 16;

  private static final int MAX_ORDER = 13;

  private final Region region =
      Region.reserveMemfd(
          (long) FRAMES * FrameTable.FRAME_BYTES, Region.osPageSize(), Region.Commitment.LAZY);
  private final Metadata metadata =
      new Metadata(LockFreeBuddy.byteSize(FRAMES, MAX_ORDER), !region.decommits());
  private final PageMapper mapper;

  ScatteredPages() {
    FrameAllocator frames = new LockFreeBuddy(metadata, FRAMES, MAX_ORDER);
    while (frames.allocate(1, 1) != FrameAllocator.NONE) {
      // until all are taken
    }
    for (int frame = 0; frame < FRAMES; frame += 2) {
      frames.free(frame, 1);
    }
    mapper = new PageMapper(region, frames);
  }

  @Override
  public long malloc(long byteSize) {
    return mapper.map(byteSize, 1);
  }

  /** Holes that were punched read as zeros. */
  @Override
  public long calloc(long byteSize) {
    return malloc(byteSize);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return mapper.map(byteSize, byteAlignment);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    return mapper.resize(address, newByteSize);
  }

  @Override
  public void free(long address) {
    if (mapper.unmap(address) == 0) {
      throw new IllegalStateException("no block at 0x" + Long.toHexString(address));
    }
  }

  @Override
  public void close() {
    mapper.close();
    metadata.close();
    region.close();
  }
}
