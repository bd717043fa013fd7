// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.lang.foreign.Linker;

/**
 * No allocator at all: every block is the same preset range of the thread. What a workload takes
 * with it is what the harness costs.
 */
final class NoAllocator extends Subject {

  /** Address space for the largest block of a workload; only what is written becomes resident. */
  private static final long RANGE_BYTES = 1L << 30;

  private final long address;

  NoAllocator() {
    // calloc, not an Arena: the JDK would write zeros over the whole range and make it resident.
    address = NativeCalls.link(Linker.nativeLinker().defaultLookup(), "").calloc(RANGE_BYTES);
  }

  @Override
  public Subject forThread() {
    return new NoAllocator();
  }

  @Override
  public long malloc(long byteSize) {
    return address;
  }

  @Override
  public long calloc(long byteSize) {
    return address;
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return address;
  }

  @Override
  public long realloc(long block, long newByteSize) {
    return address;
  }

  @Override
  public void free(long block) {}
}
