// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.cache.FastPath;
import io.ashlar.cache.ObjectPath;
import io.ashlar.cache.ThreadCache;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import org.junit.jupiter.api.Test;

/**
 * Slow paths stay out of their callers' machine code: the compiler inlines a method of at most 35
 * bytes of code ({@code MaxInlineSize}) also where it is seldom called, and all below it.
 */
class SlowPathTest {

  private static final int INLINED_BYTES = 35;

  @Test
  void slowPathsAreLongerThanWhatIsInlinedWhereItIsSeldomCalled() throws IOException {
    assertThat(codeBytes(ScalableAllocator.class, "mallocSlow")).isGreaterThan(INLINED_BYTES);
    assertThat(codeBytes(ScalableAllocator.class, "freeSlow")).isGreaterThan(INLINED_BYTES);
    assertThat(codeBytes(ThreadCache.class, "allocateSlow")).isGreaterThan(INLINED_BYTES);
    assertThat(codeBytes(ThreadCache.class, "freeSlow")).isGreaterThan(INLINED_BYTES);
    assertThat(codeBytes(FastPath.class, "freeRemote")).isGreaterThan(INLINED_BYTES);
    assertThat(codeBytes(ObjectPath.class, "freeRemote")).isGreaterThan(INLINED_BYTES);
    assertThat(codeBytes(ScalableSlabCache.class, "allocSlow")).isGreaterThan(INLINED_BYTES);
    assertThat(codeBytes(ScalableSlabCache.class, "freeSlow")).isGreaterThan(INLINED_BYTES);
  }

  private static int codeBytes(Class<?> type, String method) throws IOException {
    try (InputStream in = type.getResourceAsStream(type.getSimpleName() + ".class")) {
      return ClassFile.of().parse(in.readAllBytes()).methods().stream()
          .filter(model -> model.methodName().equalsString(method))
          .findAny()
          .flatMap(MethodModel::code)
          .map(code -> ((CodeAttribute) code).codeLength())
          .orElseThrow();
    }
  }
}
