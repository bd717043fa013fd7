// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.function.ToIntBiFunction;

/** Something done while native code is at work on a segment. */
public final class NativeCalls {

  private NativeCalls() {}

  /**
   * Runs an action from within a native sort of a segment's first words, which are equal.
   *
   * @param segment 16 bytes or more
   * @param action what to run
   * @return what the action has thrown, or null
   * @throws Throwable if the call itself fails
   */
  @SuppressWarnings("restricted")
  public static Throwable thrownDuring(MemorySegment segment, Runnable action) throws Throwable {
    Comparison comparison = new Comparison(action);
    try (Arena arena = Arena.ofConfined()) {
      Linker linker = Linker.nativeLinker();
      FunctionDescriptor compare =
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
      MethodType boxed = MethodType.methodType(int.class, Object.class, Object.class);
      MemorySegment callback =
          linker.upcallStub(
              MethodHandles.lookup()
                  .bind(comparison, "applyAsInt", boxed)
                  .asType(compare.toMethodType()),
              compare,
              arena);
      MethodHandle qsort =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("qsort"),
              FunctionDescriptor.ofVoid(
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.ADDRESS));
      qsort.invokeExact(segment, 2L, 8L, callback);
    }
    return comparison.thrown;
  }

  private static final class Comparison implements ToIntBiFunction<Object, Object> {
    private final Runnable action;
    private Throwable thrown;

    Comparison(Runnable action) {
      this.action = action;
    }

    @Override
    public int applyAsInt(Object left, Object right) {
      try {
        action.run();
      } catch (RuntimeException e) {
        thrown = e; // an exception must not leave a function called by native code
      }
      return 0;
    }
  }
}
