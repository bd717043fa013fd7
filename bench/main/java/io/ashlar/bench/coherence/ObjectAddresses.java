// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import java.util.HashMap;
import java.util.Map;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.FieldLayout;

/**
 * Addresses of Java objects, which really move: each gets one of its own, for good, beyond those of
 * native memory. They lie one behind the other as they are first met, in the sizes and with the
 * layouts that this virtual machine gives them.
 *
 * <p>Not thread-safe. The objects live as long as this.
 */
final class ObjectAddresses {

  /** Beyond what a program can map. */
  private static final long FIRST = 1L << 60;

  private static final int ALIGNMENT = 8;
  private static final int ARRAY_HEADER = 16;
  private static final int REFERENCE_BYTES = 4;
  private static final int FIRST_LENGTH = 1 << 10;

  /** By hash, with linear probing; never more than half full. */
  private Object[] objects = new Object[FIRST_LENGTH];

  private long[] addresses = new long[FIRST_LENGTH];
  private int count;
  private long next = FIRST;
  private final Map<Class<?>, ClassLayout> layouts = new HashMap<>();

  /** Where an object begins. */
  @SuppressWarnings("ReferenceEquality") // by identity
  long of(Object object) {
    int mask = objects.length - 1;
    int at = System.identityHashCode(object) & mask;
    while (objects[at] != null) {
      if (objects[at] == object) {
        return addresses[at];
      }
      at = (at + 1) & mask;
    }
    if (2 * count >= objects.length) {
      grow();
      return of(object);
    }
    long address = next;
    next += (byteSize(object) + ALIGNMENT - 1) & -ALIGNMENT;
    objects[at] = object;
    addresses[at] = address;
    count++;
    return address;
  }

  private void grow() {
    Object[] oldObjects = objects;
    long[] oldAddresses = addresses;
    objects = new Object[2 * oldObjects.length];
    addresses = new long[2 * oldObjects.length];
    int mask = objects.length - 1;
    for (int i = 0; i < oldObjects.length; i++) {
      if (oldObjects[i] != null) {
        int at = System.identityHashCode(oldObjects[i]) & mask;
        while (objects[at] != null) {
          at = (at + 1) & mask;
        }
        objects[at] = oldObjects[i];
        addresses[at] = oldAddresses[i];
      }
    }
  }

  private long byteSize(Object object) {
    Class<?> type = object.getClass();
    return type.isArray()
        ? elementOffset(type, java.lang.reflect.Array.getLength(object))
        : layout(type).instanceSize();
  }

  private ClassLayout layout(Class<?> type) {
    return layouts.computeIfAbsent(type, ClassLayout::parseClass);
  }

  /** Where an element of an array lies, from the array's beginning. */
  static long elementOffset(Class<?> arrayType, int index) {
    return ARRAY_HEADER + (long) index * elementBytes(arrayType.getComponentType());
  }

  private static int elementBytes(Class<?> type) {
    if (type == long.class || type == double.class) {
      return Long.BYTES;
    }
    if (type == byte.class || type == boolean.class) {
      return Byte.BYTES;
    }
    return type == char.class || type == short.class ? Short.BYTES : REFERENCE_BYTES;
  }

  /**
   * Where a field lies, from the object's beginning.
   *
   * @param owner the class that is named with the field, or one below it
   * @param name of the field
   */
  long fieldOffset(Class<?> owner, String name) {
    long offset = -1;
    for (FieldLayout field : layout(owner).fields()) {
      if (field.name().equals(name)) {
        offset = field.offset(); // the last is that of the lowest class
      }
    }
    if (offset < 0) {
      throw new IllegalStateException(owner + " has no field " + name);
    }
    return offset;
  }
}
