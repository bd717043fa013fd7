// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What rewritten code calls in the place of methods of the JDK that access memory, wait, or tell
 * what machine and which time it is: each under the name of the method it stands for.
 */
public final class Substitutes {

  private Substitutes() {}

  // ---- memory ----------------------------------------------------------------------------------

  /**
   * {@link System#arraycopy}.
   *
   * @param from source
   * @param fromIndex first element read
   * @param to target
   * @param toIndex first element written
   * @param n how many
   */
  public static void arraycopy(Object from, int fromIndex, Object to, int toIndex, int n) {
    Trace.elements(from, fromIndex, n, false);
    Trace.elements(to, toIndex, n, true);
    System.arraycopy(from, fromIndex, to, toIndex, n);
  }

  /**
   * {@link Arrays#fill(long[], int, int, long)}.
   *
   * @param array what
   * @param from first element written
   * @param to behind the last
   * @param value what they get
   */
  public static void fill(long[] array, int from, int to, long value) {
    Trace.elements(array, from, to - from, true);
    Arrays.fill(array, from, to, value);
  }

  /**
   * {@link MemorySegment#fill}.
   *
   * @param segment native
   * @param value of each byte
   * @return the segment
   */
  public static MemorySegment fill(MemorySegment segment, byte value) {
    Trace.range(segment.address(), segment.address() + segment.byteSize(), true);
    return segment.fill(value);
  }

  /**
   * {@link MemorySegment#copy(MemorySegment, long, MemorySegment, long, long)}.
   *
   * @param from native
   * @param fromOffset first byte read
   * @param to native
   * @param toOffset first byte written
   * @param n how many
   */
  public static void copy(
      MemorySegment from, long fromOffset, MemorySegment to, long toOffset, long n) {
    Trace.range(from.address() + fromOffset, from.address() + fromOffset + n, false);
    Trace.range(to.address() + toOffset, to.address() + toOffset + n, true);
    MemorySegment.copy(from, fromOffset, to, toOffset, n);
  }

  /**
   * {@link MemorySegment#copy(MemorySegment, ValueLayout, long, Object, int, int)}.
   *
   * @param from native
   * @param layout of an element
   * @param offset first byte read
   * @param to an array
   * @param index first element written
   * @param n how many
   */
  public static void copy(
      MemorySegment from, ValueLayout layout, long offset, Object to, int index, int n) {
    long address = from.address() + offset;
    Trace.range(address, address + n * layout.byteSize(), false);
    Trace.elements(to, index, n, true);
    MemorySegment.copy(from, layout, offset, to, index, n);
  }

  /**
   * {@link MemorySegment#copy(Object, int, MemorySegment, ValueLayout, long, int)}.
   *
   * @param from an array
   * @param index first element read
   * @param to native
   * @param layout of an element
   * @param offset first byte written
   * @param n how many
   */
  public static void copy(
      Object from, int index, MemorySegment to, ValueLayout layout, long offset, int n) {
    long address = to.address() + offset;
    Trace.elements(from, index, n, false);
    Trace.range(address, address + n * layout.byteSize(), true);
    MemorySegment.copy(from, index, to, layout, offset, n);
  }

  // ---- waiting ---------------------------------------------------------------------------------

  private static void pause() {
    Cores cores = Trace.cores();
    if (cores != null) {
      cores.pause();
    }
  }

  /** {@link Thread#onSpinWait}. */
  public static void onSpinWait() {
    pause();
  }

  /** {@link Thread#yield}. */
  @SuppressWarnings("NamedLikeContextualKeyword") // as there
  public static void yield() {
    pause();
  }

  /**
   * {@link ReentrantLock#lock}, waited for as by a spin lock.
   *
   * @param lock which
   */
  public static void lock(ReentrantLock lock) {
    Trace.word(lock, true);
    while (!lock.tryLock()) {
      pause();
      Trace.word(lock, true);
    }
  }

  /**
   * {@link ReentrantLock#unlock}.
   *
   * @param lock which
   */
  public static void unlock(ReentrantLock lock) {
    lock.unlock();
    Trace.word(lock, true);
  }

  // ---- the machine -----------------------------------------------------------------------------

  /**
   * {@link Thread#isVirtual}: a core's thread stands for a platform thread.
   *
   * @param thread any
   * @return false
   */
  public static boolean isVirtual(Thread thread) {
    return false;
  }

  /**
   * {@link Runtime#availableProcessors}.
   *
   * @param runtime this one's
   * @return the virtual cores, while they run
   */
  public static int availableProcessors(Runtime runtime) {
    Cores cores = Trace.cores();
    return cores == null ? runtime.availableProcessors() : cores.count();
  }

  /**
   * {@link System#nanoTime}.
   *
   * @return the current core's time
   */
  public static long nanoTime() {
    Cores cores = Trace.cores();
    return cores == null ? System.nanoTime() : cores.nanoTime();
  }
}
