// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

/** jemalloc, preloaded: its thread-local storage does not allow loading it later. */
final class Jemalloc extends Subject {

  private static final NativeCalls CALLS =
      NativeCalls.linkPreloaded(Peer.JEMALLOC.requireLibrary());

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
    return NativeText.jemallocVersion(Libraries.lookup(Peer.JEMALLOC.requireLibrary()));
  }
}
