// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import java.lang.constant.ClassDesc;
import java.lang.invoke.VarHandle;
import java.lang.invoke.VarHandle.VarHandleDesc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Where code that {@link TraceRewriter} has rewritten tells of its accesses, on the thread of the
 * core whose turn it is. Does nothing while no cores run.
 */
public final class Trace {

  private static final int UNKNOWN = -1;

  /** Of a field that nobody writes, and whose place the virtual machine does not tell. */
  private static final int CONSTANT = -2;

  private static volatile Cores cores;

  /** Fields that rewritten code uses, by number: class and name. */
  private static final List<String[]> FIELDS = new ArrayList<>();

  /** Where they lie in their objects. */
  private static long[] offsets = {};

  private static final IdentityHashMap<VarHandle, Long> HANDLE_OFFSETS = new IdentityHashMap<>();

  private Trace() {}

  /** Has the cores told of all accesses from now on; null if nobody is. */
  static void to(Cores listener) {
    cores = listener;
  }

  static Cores cores() {
    return cores;
  }

  /** A number for a field. */
  static synchronized int field(String owner, String name) {
    FIELDS.add(new String[] {owner, name});
    if (FIELDS.size() > offsets.length) {
      int length = offsets.length;
      offsets = Arrays.copyOf(offsets, 2 * length + 1);
      Arrays.fill(offsets, length, offsets.length, UNKNOWN);
    }
    return FIELDS.size() - 1;
  }

  /** A call of the allocator begins. */
  public static void enter() {
    if (cores != null) {
      cores.enter();
    }
  }

  /** It ends. */
  public static void leave() {
    if (cores != null) {
      cores.leave();
    }
  }

  /**
   * A field of an object is read or written.
   *
   * @param object of which
   * @param field its number
   * @param write whether it is written
   */
  public static void field(Object object, int field, boolean write) {
    if (cores != null && object != null) {
      if (offsets[field] == UNKNOWN) {
        offsets[field] = offset(object.getClass(), FIELDS.get(field)[0], FIELDS.get(field)[1]);
      }
      if (offsets[field] != CONSTANT) {
        word(object, offsets[field], write);
      }
    }
  }

  /** Finds the class that is named with the field, from that of an object upwards. */
  private static long offset(Class<?> type, String owner, String name) {
    Class<?> named = type;
    while (!named.getName().equals(owner)) {
      named = named.getSuperclass();
    }
    return named.isRecord() ? CONSTANT : cores.objects().fieldOffset(named, name);
  }

  /**
   * A field is read or written by a handle.
   *
   * @param handle to a field
   * @param object of which
   * @param write whether it may be written
   */
  public static void field(VarHandle handle, Object object, boolean write) {
    if (cores != null) {
      Long offset = HANDLE_OFFSETS.get(handle);
      if (offset == null) {
        offset = offset(handle, object);
        HANDLE_OFFSETS.put(handle, offset);
      }
      word(object, offset, write);
    }
  }

  private static long offset(VarHandle handle, Object object) {
    VarHandleDesc description = handle.describeConstable().orElseThrow();
    ClassDesc owner = (ClassDesc) description.bootstrapArgs()[0];
    String name = owner.packageName() + "." + owner.displayName();
    return offset(object.getClass(), name, description.constantName());
  }

  /**
   * An object that is one word, as those of {@code java.util.concurrent.atomic}, is read or
   * written.
   *
   * @param object which
   * @param write whether it may be written
   */
  public static void word(Object object, boolean write) {
    if (cores != null) {
      word(object, 0, write);
    }
  }

  private static void word(Object object, long offset, boolean write) {
    cores.access(cores.objects().of(object) + offset, write);
  }

  /**
   * An element of an array is read or written.
   *
   * @param array of which
   * @param index of the element
   * @param write whether it may be written
   */
  public static void element(Object array, int index, boolean write) {
    if (cores != null && array != null) {
      word(array, ObjectAddresses.elementOffset(array.getClass(), index), write);
    }
  }

  /**
   * Native memory is read or written.
   *
   * @param address where
   * @param write whether it may be written
   */
  public static void word(long address, boolean write) {
    if (cores != null) {
      cores.access(address, write);
    }
  }

  /** Elements of an array are read or written, a line at a time. */
  static void elements(Object array, int from, int count, boolean write) {
    if (cores != null && count > 0) {
      long start = cores.objects().of(array);
      Class<?> type = array.getClass();
      range(
          start + ObjectAddresses.elementOffset(type, from),
          start + ObjectAddresses.elementOffset(type, from + count),
          write);
    }
  }

  /** Native memory is read or written, a line at a time. */
  static void range(long from, long to, boolean write) {
    if (cores != null) {
      long line = 1L << Lines.LINE_SHIFT;
      for (long at = from; at < to; at = (at + line) & -line) {
        cores.access(at, write);
      }
    }
  }
}
