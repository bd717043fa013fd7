// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

/** mimalloc, loaded beside the C library's malloc. */
final class Mimalloc extends Subject {

  private static final NativeCalls CALLS =
      NativeCalls.link(Libraries.lookup(Peer.MIMALLOC.requireLibrary()), "mi_");

  @Override
  public long malloc(long byteSize) {
    return CALLS.malloc(byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    return CALLS.calloc(byteSize);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    return CALLS.alignedAlloc(byteAlignment, byteSize);
  }

  @Override
  public long realloc(long address, long newByteSize) {
    return CALLS.realloc(address, newByteSize);
  }

  @Override
  public void free(long address) {
    CALLS.free(address);
  }

  @Override
  public String version() {
    return NativeText.mimallocVersion(Libraries.lookup(Peer.MIMALLOC.requireLibrary()));
  }
}
