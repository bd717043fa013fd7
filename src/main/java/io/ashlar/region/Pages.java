// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

/** Sizes and ranges in OS pages. */
final class Pages {

  /** Where the system cannot be asked: the page size of Windows and of most else. */
  private static final long USUAL_PAGE_SIZE = 4096;

  /** Bytes of an OS page, a power of two. */
  static final long SIZE = PosixVirtualMemory.available() ? PosixCalls.pageSize() : USUAL_PAGE_SIZE;

  private Pages() {}

  /**
   * Rounds up to whole pages. What would overflow becomes the largest number of whole pages, which
   * no system has: the system's refusal of it is then the answer.
   */
  static long roundUp(long byteSize) {
    long last = Long.MAX_VALUE & -SIZE;
    return byteSize >= last ? last : (byteSize + SIZE - 1) & -SIZE;
  }

  /** The sum, or the largest number of whole pages where it would overflow. */
  static long saturatedSum(long byteSize, long otherByteSize) {
    long sum = byteSize + otherByteSize;
    return sum < 0 ? Long.MAX_VALUE & -SIZE : sum;
  }

  static void checkSize(long byteSize) {
    if (byteSize <= 0) {
      throw new IllegalArgumentException("size " + byteSize + " is not positive");
    }
  }

  static void checkAlignment(long byteAlignment) {
    if (byteAlignment < SIZE || Long.bitCount(byteAlignment) != 1) {
      throw new IllegalArgumentException(
          "alignment %d is not a power of two of at least one OS page (%d)"
              .formatted(byteAlignment, SIZE));
    }
  }

  /** Checks that a range consists of whole pages and lies within a region of a size. */
  static void checkRange(long byteOffset, long byteLength, long byteSize) {
    if (byteOffset < 0 || byteLength < 0 || byteLength > byteSize - byteOffset) {
      throw new IllegalArgumentException(
          "offset %d, length %d: not within the region's %d bytes"
              .formatted(byteOffset, byteLength, byteSize));
    }
    if (((byteOffset | byteLength) & (SIZE - 1)) != 0) {
      throw new IllegalArgumentException(
          "offset %d, length %d: not whole OS pages (%d)".formatted(byteOffset, byteLength, SIZE));
    }
  }
}
