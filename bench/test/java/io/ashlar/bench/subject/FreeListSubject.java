// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** A sound allocator without books of its own, for tests to break. For any number of threads. */
public class FreeListSubject extends Subject {

  private static final long CAPACITY = 256L << 20;
  private static final long UNIT = 16;

  private final MemorySegment memory;
  private final Map<Long, Deque<Long>> free = new HashMap<>();
  private final Map<Long, Long> sizes = new HashMap<>();
  private long used;

  public FreeListSubject() {
    memory = Arena.ofAuto().allocate(CAPACITY, 4096);
  }

  /** This one below the checks of a workload's calls. */
  public final Subject verified() {
    return new VerifyingSubject(Peer.SPINLOCK, this);
  }

  @Override
  public synchronized long malloc(long byteSize) {
    return alignedAlloc(UNIT, byteSize);
  }

  @Override
  public synchronized long calloc(long byteSize) {
    long block = malloc(byteSize);
    RawMemory.fill(block, byteSize, 0);
    return block;
  }

  @Override
  public synchronized long alignedAlloc(long byteAlignment, long byteSize) {
    long rounded = Math.max(UNIT, (byteSize + UNIT - 1) & -UNIT);
    Long block = byteAlignment == UNIT ? listOf(rounded).pollLast() : null;
    if (block == null) {
      long start = (memory.address() + used + byteAlignment - 1) & -byteAlignment;
      used = start + rounded - memory.address();
      if (used > CAPACITY) {
        throw new IllegalStateException("this test's memory is out");
      }
      block = start;
    }
    sizes.put(block, rounded);
    return block;
  }

  @Override
  public synchronized long realloc(long address, long newByteSize) {
    long block = malloc(newByteSize);
    long kept = Math.min(sizes.get(address), newByteSize);
    for (long at = 0; at < kept; at++) {
      RawMemory.putByte(block + at, RawMemory.getByte(address + at));
    }
    free(address);
    return block;
  }

  @Override
  public synchronized void free(long address) {
    listOf(sizes.remove(address)).addLast(address);
  }

  private Deque<Long> listOf(long rounded) {
    return free.computeIfAbsent(rounded, bytes -> new ArrayDeque<>());
  }
}
