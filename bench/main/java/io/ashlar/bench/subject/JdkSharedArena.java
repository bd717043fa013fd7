// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.lang.foreign.Arena;

/** The JDK's shared arena, for scopes alone: any thread may use what is allocated in it. */
final class JdkSharedArena extends Subject {

  @Override
  public Arena arena() {
    return Arena.ofShared();
  }

  private static UnsupportedOperationException scopesOnly() {
    return new UnsupportedOperationException("a shared arena has no single blocks");
  }

  @Override
  public long malloc(long byteSize) {
    throw scopesOnly();
  }

  @Override
  public long calloc(long byteSize) {
    throw scopesOnly();
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    throw scopesOnly();
  }

  @Override
  public long realloc(long address, long newByteSize) {
    throw scopesOnly();
  }

  @Override
  public void free(long address) {
    throw scopesOnly();
  }
}
