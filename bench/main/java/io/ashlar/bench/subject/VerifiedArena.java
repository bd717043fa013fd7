// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** An arena whose segments are checked as {@link VerifyingSubject} checks blocks. */
final class VerifiedArena implements Arena {

  private final Arena below;
  private final Ledger ledger;
  private final List<Long> addresses = new ArrayList<>();

  VerifiedArena(Arena below, Ledger ledger) {
    this.below = below;
    this.ledger = ledger;
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    MemorySegment segment = below.allocate(byteSize, byteAlignment);
    if (segment.byteSize() != byteSize || segment.address() % byteAlignment != 0) {
      throw ledger.failed(segment + " for " + byteSize + " bytes aligned to " + byteAlignment);
    }
    for (byte each : segment.toArray(JAVA_BYTE)) {
      if (each != 0) {
        throw ledger.failed(segment + " is not all zeros");
      }
    }
    ledger.add(new Ledger.Block(segment.address(), byteSize, 0));
    addresses.add(segment.address());
    return segment;
  }

  @Override
  public MemorySegment.Scope scope() {
    return below.scope();
  }

  @Override
  public void close() {
    addresses.forEach(ledger::remove);
    below.close();
    if (below.scope().isAlive()) {
      throw ledger.failed("an arena that was closed is alive");
    }
  }
}
