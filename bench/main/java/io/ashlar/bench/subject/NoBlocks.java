// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

/** What has no blocks of any size: objects, or scopes, alone. */
abstract class NoBlocks extends Subject {

  NoBlocks() {}

  private UnsupportedOperationException noBlocks() {
    return new UnsupportedOperationException(getClass().getSimpleName() + " has no single blocks");
  }

  @Override
  public long malloc(long byteSize) {
    throw noBlocks();
  }

  @Override
  public long calloc(long byteSize) {
    throw noBlocks();
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    throw noBlocks();
  }

  @Override
  public long realloc(long address, long newByteSize) {
    throw noBlocks();
  }

  @Override
  public void free(long address) {
    throw noBlocks();
  }
}
