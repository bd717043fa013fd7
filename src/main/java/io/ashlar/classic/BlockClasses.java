// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import java.util.Arrays;

/**
 * Sizes of blocks, any that are multiples of 8: which class serves a request, by one look into a
 * table. Immutable.
 */
final class BlockClasses {

  private static final int QUANTUM_SHIFT = 3;

  /** Ascending. */
  private final int[] bytes;

  /** For each multiple of 8, the first class that holds so much. */
  private final byte[] classOf;

  /** Takes sizes in any order, equal ones as one; those that are no multiples of 8 are left out. */
  BlockClasses(int[] sizes) {
    bytes = Arrays.stream(sizes).filter(size -> (size & 7) == 0).sorted().distinct().toArray();
    if (bytes.length == 0 || bytes.length > Byte.MAX_VALUE) {
      throw new IllegalArgumentException(bytes.length + " classes");
    }
    classOf = new byte[(largest() >>> QUANTUM_SHIFT) + 1];
    for (int i = 0, c = 0; i < classOf.length; i++) {
      while (bytes[c] < i << QUANTUM_SHIFT) {
        c++;
      }
      classOf[i] = (byte) c;
    }
  }

  int count() {
    return bytes.length;
  }

  int bytes(int sizeClass) {
    return bytes[sizeClass];
  }

  int largest() {
    return bytes[bytes.length - 1];
  }

  /** The smallest class that holds a size, at most the largest. */
  int classFor(long byteSize) {
    return classOf[(int) (byteSize + 7) >>> QUANTUM_SHIFT];
  }

  /** The class of blocks of exactly a size; -1 if there is none. */
  int classOfExactly(long byteSize) {
    if (byteSize > largest()) {
      return -1;
    }
    int candidate = classFor(byteSize);
    return bytes[candidate] == byteSize ? candidate : -1;
  }
}
