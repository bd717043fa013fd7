// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Ashlar;
import io.ashlar.LocalAllocator;
import java.lang.foreign.Arena;

/**
 * The scalable allocator with default settings, each thread through a handle that it keeps: what an
 * event loop does.
 */
final class AshlarHandle extends Subject {

  private final Ashlar allocator;

  /** The thread's; null in the subject that the threads' come from. */
  private final LocalAllocator local;

  AshlarHandle() {
    this(Ashlar.create(), null);
  }

  private AshlarHandle(Ashlar allocator, LocalAllocator local) {
    this.allocator = allocator;
    this.local = local;
  }

  @Override
  public Subject forThread() {
    return new AshlarHandle(allocator, allocator.attach());
  }

  @Override
  public long malloc(long byteSize) {
    return local.malloc(byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    return local.calloc(byteSize);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return local.alignedAlloc(byteAlignment, byteSize);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    return local.realloc(address, newByteSize);
  }

  @Override
  public void free(long address) {
    local.free(address);
  }

  @Override
  public Arena arena() {
    return allocator.arena();
  }

  @Override
  public void checkEmpty() {
    requireEmpty(allocator);
  }

  @Override
  public void trim() {
    allocator.trim();
  }

  @Override
  public void close() {
    allocator.close();
  }
}
