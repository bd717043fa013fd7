// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;

/** The pool of places for {@code errno}. */
class CallStateTest {

  @BeforeAll
  static void needsPosix() {
    assumeTrue(PosixVirtualMemory.available(), "a system with mmap");
  }

  /** Repeated: the second time shows that all came back. */
  @RepeatedTest(2)
  void noTwoLentAtATimeAreTheSame() {
    int more = Long.SIZE + 5;
    CallState[] lent = Stream.generate(CallState::take).limit(more).toArray(CallState[]::new);
    Set<Long> addresses = new HashSet<>();
    for (CallState state : lent) {
      addresses.add(state.segment().address());
    }
    assertEquals(more, addresses.size());
    for (CallState state : lent) {
      state.close();
    }
    try (CallState first = CallState.take()) {
      assertEquals(7, first.result(7));
      assertEquals(0, first.result(0));
    }
  }
}
