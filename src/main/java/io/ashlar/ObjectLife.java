// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.region.Region;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * What a user wants done at the two ends of an object's life in a typed cache, each given a segment
 * of the layout's size.
 */
final class ObjectLife {

  private final Region region;
  private final long layoutBytes;
  private final Consumer<? super MemorySegment> initialiser;
  private final Consumer<? super MemorySegment> destructor;
  private final LongAdder destroyed = new LongAdder();

  ObjectLife(
      Region region,
      long layoutBytes,
      Consumer<? super MemorySegment> initialiser,
      Consumer<? super MemorySegment> destructor) {
    this.region = region;
    this.layoutBytes = layoutBytes;
    this.initialiser = initialiser;
    this.destructor = destructor;
  }

  private MemorySegment segment(long address) {
    return region.segment().asSlice(address - region.address(), layoutBytes);
  }

  /** Constructs the block at an address. */
  void begin(long address) {
    MemorySegment block = segment(address).fill((byte) 0);
    if (initialiser != null) {
      initialiser.accept(block);
    }
  }

  /** How many objects were destroyed so far. */
  long destroyed() {
    return destroyed.sum();
  }

  /** Makes what destroys a number of objects. */
  End end() {
    return new End();
  }

  /** Destroys objects, whatever the destructor throws. */
  final class End {
    private Throwable thrown;

    private End() {}

    @SuppressWarnings("CatchingUnchecked") // A lambda may throw what it did not declare.
    void accept(long address) {
      destroyed.increment();
      if (destructor == null) {
        return;
      }
      try {
        destructor.accept(segment(address));
      } catch (Throwable e) {
        if (thrown == null) {
          thrown = e;
        } else {
          thrown.addSuppressed(e);
        }
      }
    }

    /** What the destructor threw first, the rest suppressed; null if nothing. */
    Throwable thrown() {
      return thrown;
    }

    /** Throws what the destructor threw, if it did. */
    void rethrow() {
      if (thrown != null) {
        ObjectLife.<RuntimeException>sneak(thrown);
      }
    }
  }

  /** As it came out of the destructor, a checked exception too. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
