// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKindTest {

  private static final long UNTOUCHED = 0x5a5a_5a5a_5a5a_5a5aL;

  @ParameterizedTest
  @ValueSource(strings = {"fields", "spread", "links", "zeroed"})
  void anObjectThatIsRestoredIsAsConstructed(String label) {
    ObjectKind kind = ObjectKind.of(label);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment object = arena.allocate(ObjectKind.BYTES, 16);
      kind.construct(object.address());
      long[] constructed = object.toArray(JAVA_LONG);
      assertThat(kind.use(object.address(), 77)).isEqualTo(constructed[index(kind, 1)] + 77);
      assertThat(object.toArray(JAVA_LONG)).isNotEqualTo(constructed);
      kind.restore(object.address());
      assertThat(object.toArray(JAVA_LONG)).isEqualTo(constructed);
    }
  }

  /** Sixteen words are written, wherever they lie. */
  @ParameterizedTest
  @ValueSource(strings = {"fields", "spread", "links"})
  void sixteenFieldsAreWritten(String label) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment object = arena.allocate(ObjectKind.BYTES, 16).fill((byte) 0x5a);
      ObjectKind.of(label).construct(object.address());
      assertThat(Arrays.stream(object.toArray(JAVA_LONG)).filter(word -> word != UNTOUCHED).count())
          .isEqualTo(16);
    }
  }

  @Test
  void aCacheAndABlockAreTheSameObjects() {
    ObjectKind kind = ObjectKind.of("links");
    // Not closed: they are in static fields, for the life of the JVM.
    Subject cache = new AshlarSlabCache();
    cache.prepare(kind);
    for (Subject subject : new Subject[] {cache, new AshlarRaw()}) {
      for (int round = 0; round < 3; round++) {
        long object = subject.takeObject(kind);
        assertThat(RawMemory.getLong(object)).isZero();
        assertThat(RawMemory.getLong(object + 16)).isEqualTo(object);
        assertThat(RawMemory.getLong(object + 224)).isEqualTo(object + 224);
        kind.use(object, 5);
        subject.giveBackObject(kind, object);
      }
    }
  }

  @Test
  void otherKindsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> ObjectKind.of("none"));
  }

  private static int index(ObjectKind kind, int field) {
    return (int) (field * kind.stride() / Long.BYTES);
  }
}
