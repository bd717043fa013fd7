// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ashlar.Ashlar;
import io.ashlar.slab.SlabCache;
import java.lang.foreign.MemoryLayout;

/** A typed cache of the scalable allocator, by raw addresses. */
final class AshlarSlabCache extends NoBlocks {

  private static final MemoryLayout LAYOUT =
      MemoryLayout.sequenceLayout(ObjectKind.BYTES / Long.BYTES, JAVA_LONG);

  private static final Ashlar ALLOCATOR = Ashlar.create();

  /** Set once, before a worker runs: which objects these are is known at run time only. */
  private static ObjectKind constructed;

  /** In a static field, as the documentation of the allocator recommends. */
  private static final SlabCache CACHE =
      ALLOCATOR.slabCache(LAYOUT, object -> constructed.construct(object.address()));

  @Override
  public long takeObject(ObjectKind kind) {
    long object = CACHE.alloc();
    if (object == SlabCache.NULL) {
      throw new IllegalStateException("memory is out");
    }
    return object;
  }

  @Override
  public void giveBackObject(ObjectKind kind, long object) {
    kind.restore(object);
    CACHE.free(object);
  }

  @Override
  public void prepare(ObjectKind kind) {
    constructed = kind;
  }

  @Override
  public void checkEmpty() {
    requireEmpty(ALLOCATOR);
  }

  @Override
  public void close() {
    CACHE.close();
    ALLOCATOR.close();
  }
}
