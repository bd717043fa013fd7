// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ashlar.Seeds;
import io.ashlar.memory.Memory;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class DirtyFramesTest {

  /** Every run of two words and a bit, on a clean record and on a dirty one. */
  @Test
  void everyRun() {
    int frames = 130;
    try (Metadata metadata = new Metadata(1 << 20, false)) {
      DirtyFrames dirty = new DirtyFrames(metadata, frames);
      for (int first = 0; first < frames; first++) {
        for (int count = 1; count <= frames - first; count++) {
          assertEquals(0, dirty.mark(first, count));
          assertEquals(count, dirty.mark(0, frames));
          assertEquals(count, dirty.clean(first, count));
          assertEquals(frames - count, dirty.clean(0, frames));
        }
      }
    }
  }

  @Test
  void randomRunsAgainstABitSet() throws InterruptedException {
    Seeds.run(
        random -> {
          int frames = 1000;
          try (Metadata metadata = new Metadata(1 << 20, false)) {
            DirtyFrames dirty = new DirtyFrames(metadata, frames);
            BitSet model = new BitSet();
            BitSet old = new BitSet();
            for (int i = 0; i < 20_000; i++) {
              int first = random.nextInt(frames);
              int end = first + 1 + random.nextInt(frames - first);
              int count = end - first;
              BitSet before = model.get(first, end);
              int next = old.nextSetBit(first);
              assertEquals(next < 0 ? end : Math.min(end, next), dirty.firstOld(first, end));
              assertEquals(Math.min(end, old.nextClearBit(first)), dirty.firstNotOld(first, end));
              switch (random.nextInt(3)) {
                case 0 -> {
                  assertEquals(before.cardinality(), dirty.mark(first, count));
                  model.set(first, end);
                  old.clear(first, end);
                }
                case 1 -> {
                  assertEquals(before.cardinality(), dirty.clean(first, count));
                  model.clear(first, end);
                  old.clear(first, end);
                }
                default -> {
                  assertEquals(before.cardinality(), dirty.age(first, count));
                  before.stream().forEach(frame -> old.set(first + frame));
                }
              }
              dirty.validate(frames);
            }
          }
        });
  }

  @Test
  void metadataIsZeroedAlignedAndBounded() {
    try (Metadata metadata = new Metadata(3 * Metadata.footprint(1), false)) {
      long first = metadata.allocate(1);
      long second = metadata.allocate(8);
      assertEquals(0, first % (64 << 10));
      assertEquals(Metadata.footprint(1), second - first);
      assertEquals(0, Memory.getLong(second));
      assertThrows(IllegalStateException.class, () -> metadata.allocate(Metadata.footprint(1) + 1));
      metadata.allocate(1);
      assertThrows(IllegalStateException.class, () -> metadata.allocate(1));
      Memory.putLong(first, 7);
      metadata.decommit(first, Metadata.footprint(1));
      assertEquals(0, Memory.getLong(first));
      Memory.putLong(first, 7);
      metadata.decommit(first, 100); // not a whole page
      assertEquals(7, Memory.getLong(first));
    }
  }

  @Test
  void tags() {
    try (Metadata metadata = new Metadata(1 << 20, false)) {
      FrameTable table = FrameTable.create(metadata, 100);
      assertEquals(100, table.frames());
      table.setTags(10, 5, -7);
      for (int frame = 0; frame < 100; frame++) {
        assertEquals(frame >= 10 && frame < 15 ? -7 : 0, table.tag(frame));
        assertEquals(table.tag(frame), table.tagAt(frame * 4096L + 4095));
      }
      assertEquals(false, table.casTag(10, 0, 1));
      assertEquals(true, table.casTag(10, -7, 1));
      assertEquals(1, table.tag(10));
      assertEquals(0, FrameTable.framesFor(0));
      assertEquals(1, FrameTable.framesFor(1));
      assertEquals(1, FrameTable.framesFor(4096));
      assertEquals(2, FrameTable.framesFor(4097));
    }
  }
}
