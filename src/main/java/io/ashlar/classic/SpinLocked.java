// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import io.ashlar.Allocator;
import io.ashlar.AllocatorStats;
import io.ashlar.memory.SpinLock;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Any allocator made safe for threads by one spin lock around each of its calls: test and
 * test-and-set, waiting with {@link Thread#onSpinWait} and, once that has lasted, giving up the
 * processor.
 *
 * <p>All calls may be made from any thread. They block while another thread is in one; the
 * linearization point of each is the release of the lock. The lock is not fair, and a thread that
 * is preempted while it holds it stops all others: that is what the scalable allocator is for.
 *
 * <p>Sizes, alignments, and which bad frees are found are the inner allocator's. It must not be
 * used directly from other threads while this one is in use.
 */
public final class SpinLocked implements Allocator {

  private final SpinLock lock = new SpinLock();
  private final Allocator allocator;

  /**
   * Puts a lock around an allocator.
   *
   * @param allocator the allocator, closed with this one
   */
  public SpinLocked(Allocator allocator) {
    this.allocator = Objects.requireNonNull(allocator);
  }

  @Override
  public long malloc(long byteSize) {
    lock.lock();
    try {
      return allocator.malloc(byteSize);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    lock.lock();
    try {
      return allocator.alignedAlloc(byteAlignment, byteSize);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long calloc(long byteSize) {
    lock.lock();
    try {
      return allocator.calloc(byteSize);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long realloc(long address, long newByteSize) {
    lock.lock();
    try {
      return allocator.realloc(address, newByteSize);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void free(long address) {
    lock.lock();
    try {
      allocator.free(address);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long usableSize(long address) {
    lock.lock();
    try {
      return allocator.usableSize(address);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int mallocBatch(long byteSize, long[] into, int from, int n) {
    lock.lock();
    try {
      return allocator.mallocBatch(byteSize, into, from, n);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void freeBatch(long[] addresses, int from, int n) {
    lock.lock();
    try {
      allocator.freeBatch(addresses, from, n);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    lock.lock();
    try {
      return allocator.allocate(byteSize, byteAlignment);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public MemorySegment allocateZeroed(long byteSize, long byteAlignment) {
    lock.lock();
    try {
      return allocator.allocateZeroed(byteSize, byteAlignment);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public MemorySegment reallocate(MemorySegment block, long newByteSize) {
    lock.lock();
    try {
      return allocator.reallocate(block, newByteSize);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public AllocatorStats stats() {
    lock.lock();
    try {
      return allocator.stats();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void flush() {
    lock.lock();
    try {
      allocator.flush();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long trim() {
    lock.lock();
    try {
      return allocator.trim();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void validate() {
    lock.lock();
    try {
      allocator.validate();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      allocator.close();
    } finally {
      lock.unlock();
    }
  }
}
