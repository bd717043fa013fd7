// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** Asks malloc libraries for their versions. */
@SuppressWarnings("restricted")
final class NativeText {

  private static final long MAX_BYTES = 256;

  private NativeText() {}

  static String glibcVersion(SymbolLookup lookup) {
    try {
      MethodHandle call = handle(lookup, "gnu_get_libc_version", FunctionDescriptor.of(ADDRESS));
      return text((MemorySegment) call.invokeExact());
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static String mimallocVersion(SymbolLookup lookup) {
    try {
      MethodHandle call = handle(lookup, "mi_version", FunctionDescriptor.of(JAVA_INT));
      int version = (int) call.invokeExact();
      return version / 100 + "." + version / 10 % 10 + "." + version % 10;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static String tcmallocVersion(SymbolLookup lookup) {
    try {
      FunctionDescriptor type = FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS);
      MethodHandle call = handle(lookup, "tc_version", type);
      MemorySegment none = MemorySegment.NULL;
      return text((MemorySegment) call.invokeExact(none, none, none));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static String jemallocVersion(SymbolLookup lookup) {
    FunctionDescriptor type =
        FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle call = handle(lookup, "mallctl", type);
      MemorySegment found = arena.allocate(ADDRESS);
      MemorySegment bytes = arena.allocateFrom(JAVA_LONG, ADDRESS.byteSize());
      MemorySegment none = MemorySegment.NULL;
      int error = (int) call.invokeExact(arena.allocateFrom("version"), found, bytes, none, 0L);
      return error == 0 ? text(found.get(ADDRESS, 0)) : "";
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static MethodHandle handle(SymbolLookup lookup, String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(lookup.findOrThrow(name), type);
  }

  private static String text(MemorySegment zeroTerminated) {
    return zeroTerminated.reinterpret(MAX_BYTES).getString(0);
  }
}
