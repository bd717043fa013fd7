// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The five functions of a malloc library, as critical downcalls: no thread state transition, the
 * cheapest way from Java into C.
 *
 * <p>A record, because the compiler trusts a record's fields: held in a {@code static final} field,
 * its handles are constants and the calls compile to a plain call instruction.
 */
@SuppressWarnings("restricted")
record NativeCalls(
    MethodHandle mallocHandle,
    MethodHandle callocHandle,
    MethodHandle alignedAllocHandle,
    MethodHandle reallocHandle,
    MethodHandle freeHandle) {

  /**
   * Links the functions of a library.
   *
   * @param lookup finds the library's symbols
   * @param prefix stands before the names of C: {@code mi_} for {@code mi_malloc}
   * @return the calls
   */
  static NativeCalls link(SymbolLookup lookup, String prefix) {
    FunctionDescriptor one = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG);
    FunctionDescriptor two = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG);
    return new NativeCalls(
        handle(lookup, prefix + "malloc", one),
        handle(lookup, prefix + "calloc", two),
        handle(lookup, prefix + "memalign", two),
        handle(lookup, prefix + "realloc", two),
        handle(lookup, prefix + "free", FunctionDescriptor.ofVoid(JAVA_LONG)));
  }

  /**
   * Links the {@code malloc} of a library that the process was started with. It is looked up in the
   * library itself: the linker's default lookup goes to the C library past what was preloaded.
   *
   * @param library the library's file
   * @return the calls
   * @throws IllegalStateException if the process was started without it
   */
  static NativeCalls linkPreloaded(Path library) {
    if (!ProcessMaps.contains(library)) {
      throw new IllegalStateException(
          "start this JVM with LD_PRELOAD=" + library + ": it cannot be loaded later");
    }
    SymbolLookup lookup = Libraries.lookup(library);
    ProcessMaps.requireInside(lookup.findOrThrow("malloc"), library);
    return link(lookup, "");
  }

  private static MethodHandle handle(SymbolLookup lookup, String name, FunctionDescriptor type) {
    MemorySegment function = lookup.findOrThrow(name);
    return Linker.nativeLinker().downcallHandle(function, type, Linker.Option.critical(false));
  }

  long malloc(long byteSize) {
    try {
      return (long) mallocHandle.invokeExact(byteSize);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  long calloc(long byteSize) {
    try {
      return (long) callocHandle.invokeExact(1L, byteSize);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  long alignedAlloc(long byteAlignment, long byteSize) {
    try {
      return (long) alignedAllocHandle.invokeExact(byteAlignment, byteSize);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  long realloc(long address, long newByteSize) {
    try {
      return (long) reallocHandle.invokeExact(address, newByteSize);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  void free(long address) {
    try {
      freeHandle.invokeExact(address);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
