// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The scope of memory that somebody else closes, as the arena that {@link
 * MemorySegment#reinterpret(long, Arena, java.util.function.Consumer)} asks for. It gives no memory
 * and cannot be closed.
 *
 * @param scope the scope
 */
record LentScope(MemorySegment.Scope scope) implements Arena {

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    throw new UnsupportedOperationException("a lent scope has no memory");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("a lent scope is not closed by who borrows it");
  }
}
