// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Allocator;
import io.ashlar.classic.FixedSizeBlockAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The reference with the plainest lock there is: test, test and set, and nothing but spinning in
 * between. That of {@link SpinLockBaseline} gives up the processor after a while: with more threads
 * than processors the holder may be waiting for just that. The two together show what this does.
 */
final class SpinningBaseline extends Subject {

  private static final VarHandle HELD;

  static {
    try {
      HELD = MethodHandles.lookup().findVarHandle(SpinningBaseline.class, "held", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Allocator allocator = FixedSizeBlockAllocator.create();

  @SuppressWarnings("UnusedVariable") // by HELD
  private int held;

  private void lock() {
    do {
      while ((int) HELD.getOpaque(this) != 0) {
        Thread.onSpinWait();
      }
    } while (!HELD.compareAndSet(this, 0, 1));
  }

  private void unlock() {
    HELD.setRelease(this, 0);
  }

  @Override
  public long malloc(long byteSize) {
    lock();
    try {
      return allocator.malloc(byteSize);
    } finally {
      unlock();
    }
  }

  @Override
  public long calloc(long byteSize) {
    lock();
    try {
      return allocator.calloc(byteSize);
    } finally {
      unlock();
    }
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    lock();
    try {
      return allocator.alignedAlloc(byteAlignment, byteSize);
    } finally {
      unlock();
    }
  }

  @Override
  public long realloc(long address, long newByteSize) {
    lock();
    try {
      return allocator.realloc(address, newByteSize);
    } finally {
      unlock();
    }
  }

  @Override
  public void free(long address) {
    lock();
    try {
      allocator.free(address);
    } finally {
      unlock();
    }
  }

  @Override
  public void checkEmpty() {
    requireEmpty(allocator);
  }

  @Override
  public void close() {
    allocator.close();
  }
}
