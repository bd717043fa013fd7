// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ashlar.memory.Memory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpinLockBuddyTest extends FrameAllocatorContract {

  @Override
  FrameAllocator make(Metadata metadata, int frames, int maxOrder) {
    return new SpinLockBuddy(metadata, frames, maxOrder);
  }

  @Override
  long byteSize(int frames, int maxOrder) {
    return SpinLockBuddy.byteSize(frames, maxOrder);
  }

  /** The check must see any bit of the records that is wrong. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void damageIsFound(int order) {
    int frames = 64;
    Metadata metadata = metadata(frames, 4);
    long records = metadata.allocate(0) + Metadata.footprint(0);
    SpinLockBuddy buddy = new SpinLockBuddy(metadata, frames, 4);
    buddy.allocate(1, 1);
    buddy.validate();
    long tree = records + order * Metadata.footprint(1);
    for (int number = 0; number < 64 >>> order; number++) {
      long before = Memory.getLong(tree);
      Memory.putLong(tree, before ^ 1L << number);
      assertThrows(IllegalStateException.class, buddy::validate, "order " + order + ", " + number);
      Memory.putLong(tree, before);
      buddy.validate();
    }
  }
}
