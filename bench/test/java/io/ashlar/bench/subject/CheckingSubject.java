// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * An allocator that checks its caller: what is freed or resized must be live. It never uses an
 * address twice, so that a stale one is found out.
 */
public final class CheckingSubject extends Subject {

  private static final long CAPACITY = 64 << 20;

  private final MemorySegment memory = Arena.ofAuto().allocate(CAPACITY, 4096);
  private final Map<Long, Long> live = new TreeMap<>();
  private final Set<Thread> threads = new HashSet<>();
  private long used;
  private long allocations;

  @Override
  public synchronized long malloc(long byteSize) {
    return alignedAlloc(16, byteSize);
  }

  @Override
  public synchronized long calloc(long byteSize) {
    return alignedAlloc(16, byteSize);
  }

  @Override
  public synchronized long alignedAlloc(long byteAlignment, long byteSize) {
    threads.add(Thread.currentThread());
    long start = (used + byteAlignment - 1) & -byteAlignment;
    used = start + Math.max(1, byteSize);
    assertThat(used).as("this test's memory").isLessThanOrEqualTo(CAPACITY);
    long address = memory.address() + start;
    live.put(address, byteSize);
    allocations++;
    return address;
  }

  @Override
  public synchronized long realloc(long address, long newByteSize) {
    free(address);
    return alignedAlloc(16, newByteSize);
  }

  @Override
  public synchronized void free(long address) {
    assertThat(live.remove(address)).as("bytes of the block freed at %x", address).isNotNull();
  }

  public synchronized int liveBlocks() {
    return live.size();
  }

  public synchronized long liveBytes() {
    return live.values().stream().mapToLong(Long::longValue).sum();
  }

  public synchronized long allocations() {
    return allocations;
  }

  /** How many threads allocated. */
  public synchronized int threads() {
    return threads.size();
  }

  @Override
  public Footprint footprint() {
    return new Footprint(liveBytes(), 0);
  }
}
