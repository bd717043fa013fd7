// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

/**
 * How an object of 256 bytes with 16 fields of 8 bytes is constructed. As with {@link Subject} one
 * kind is loaded in a JVM, so that calls are bound to it.
 *
 * <p>Field 0 and field 2 are the object's state in use, 0 when it is constructed; field 1 has an
 * object's constant, which who uses it reads.
 */
public abstract class ObjectKind {

  /** Bytes of an object. */
  public static final long BYTES = 256;

  /** For subclasses. */
  protected ObjectKind() {}

  /**
   * Finds a kind by its label.
   *
   * @param label {@code fields}, {@code spread}, {@code links} or {@code zeroed}
   * @return the kind
   */
  public static ObjectKind of(String label) {
    // By name, so that the other classes are not loaded.
    String name = Character.toUpperCase(label.charAt(0)) + label.substring(1);
    try {
      return Class.forName(ObjectKind.class.getPackageName() + "." + name + "Object")
          .asSubclass(ObjectKind.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("no kind of object: " + label, e);
    }
  }

  /**
   * Writes the 16 fields, and what else is to be written. A call, not inlined: accesses to native
   * memory are so many nodes to the compiler that with sixteen more of them it stops inlining in
   * the middle of the allocator, and calls each access instead.
   *
   * @param object its address
   */
  public abstract void construct(long object);

  /** Bytes from one field to the next. */
  protected abstract long stride();

  /**
   * Uses an object: reads its constant, and writes two fields.
   *
   * @param object its address
   * @param value what it is to remember
   * @return something of both
   */
  public final long use(long object, long value) {
    long sum = RawMemory.getLong(object + stride()) + value;
    RawMemory.putLong(object, value);
    RawMemory.putLong(object + 2 * stride(), sum);
    return sum;
  }

  /**
   * Brings an object back into its constructed state after {@link #use}.
   *
   * @param object its address
   */
  public final void restore(long object) {
    RawMemory.putLong(object, 0);
    RawMemory.putLong(object + 2 * stride(), 0);
  }
}
