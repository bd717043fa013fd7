// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.util.random.RandomGenerator;

/**
 * A call of an allocator, to be made in whatever state a {@link Model} is in.
 *
 * @param kind what is called
 * @param byteSize its size, where it takes one
 * @param log2Alignment its alignment, where it takes one
 * @param pick which of the live blocks it concerns, modulo their number
 */
record Operation(Kind kind, long byteSize, int log2Alignment, int pick) {

  enum Kind {
    MALLOC,
    ALIGNED_ALLOC,
    CALLOC,
    ALLOCATE,
    ALLOCATE_ZEROED,
    MALLOC_BATCH,
    REALLOC,
    FREE,
    FREE_BATCH,
    FREE_TWICE,
    FREE_INSIDE,
    FREE_MOST,
    FLUSH,
    TRIM
  }

  /** More allocations than frees; {@link Kind#FREE_MOST} makes up for it. */
  private static final Kind[] MIX = {
    Kind.MALLOC, Kind.MALLOC, Kind.MALLOC, Kind.MALLOC, Kind.ALIGNED_ALLOC, Kind.CALLOC,
    Kind.ALLOCATE, Kind.ALLOCATE_ZEROED, Kind.REALLOC, Kind.REALLOC, Kind.FREE, Kind.FREE,
    Kind.FREE, Kind.FREE, Kind.FREE, Kind.FREE,
  };

  private static final Kind[] RARE = {
    Kind.MALLOC_BATCH, Kind.FREE_BATCH, Kind.FREE_TWICE, Kind.FREE_INSIDE, Kind.FLUSH, Kind.TRIM,
  };

  /** An operation of the usual mix, with small sizes more frequent than large ones. */
  static Operation random(RandomGenerator random, int log2MaxSize) {
    Kind[] kinds = random.nextInt(64) == 0 ? RARE : MIX;
    Kind kind = random.nextInt(3000) == 0 ? Kind.FREE_MOST : kinds[random.nextInt(kinds.length)];
    int bits = random.nextInt(8) == 0 ? log2MaxSize : Math.min(log2MaxSize, 11);
    long byteSize = random.nextLong(1L << random.nextInt(bits + 1));
    return new Operation(
        kind,
        byteSize,
        random.nextInt(random.nextInt(8) == 0 ? 22 : 8),
        random.nextInt(Integer.MAX_VALUE));
  }
}
