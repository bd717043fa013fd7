// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.bench.coherence.Trace;

/** A subject that tells when calls to the one below begin and end; malloc and free alone. */
public final class TracedSubject extends Subject {

  private final Subject below;

  /**
   * Stands in front of a subject.
   *
   * @param below which
   */
  public TracedSubject(Subject below) {
    this.below = below;
  }

  @Override
  public Subject forThread() {
    return new TracedSubject(below.forThread());
  }

  @Override
  public long malloc(long byteSize) {
    Trace.enter();
    long block = below.malloc(byteSize);
    Trace.leave();
    return block;
  }

  @Override
  public void free(long address) {
    Trace.enter();
    below.free(address);
    Trace.leave();
  }

  @Override
  public long calloc(long byteSize) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long realloc(long address, long newByteSize) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    below.close();
  }
}
