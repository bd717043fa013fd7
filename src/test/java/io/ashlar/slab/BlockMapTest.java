// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.frame.FrameTable;
import io.ashlar.frame.Metadata;
import io.ashlar.memory.Padding;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.collections.Long2LongHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The states of blocks, in regions so small that every place is looked at. */
class BlockMapTest {

  private static final long NOBODY = -1;

  /** Where a region might be: nothing of it is touched. */
  private static final long REGION = 1L << 40;

  private final List<Metadata> opened = new ArrayList<>();

  private BlockMap map(long frames, boolean checked) {
    long bytes = frames * FrameTable.FRAME_BYTES;
    Metadata metadata =
        new Metadata(
            BlockMap.byteSize(bytes) + Metadata.footprint(FrameTable.byteSize((int) frames)),
            false);
    opened.add(metadata);
    FrameTable table = FrameTable.create(metadata, (int) frames);
    return BlockMap.create(metadata, table, REGION, bytes, checked);
  }

  @AfterEach
  void close() {
    opened.forEach(Metadata::close);
  }

  /** A state's byte, as a number from the base of the map. */
  private static long index(long place) {
    return place >>> FrameTable.FRAME_SHIFT;
  }

  /** Every granule of every zoom of every frame has a byte of its own, inside of the map. */
  @Test
  void placesNeverCollide() {
    for (int frames : new int[] {1, 2, 3, 16, 33}) {
      BlockMap map = map(frames, true);
      Long2LongHashMap owners = new Long2LongHashMap(NOBODY);
      for (int zoom = SizeClasses.MIN_ZOOM; zoom <= SizeClasses.MAX_ZOOM; zoom++) {
        long granule = FrameTable.FRAME_BYTES >> zoom;
        for (long offset = 0; offset < map.regionBytes(); offset += granule) {
          long place = map.place(offset, SizeClasses.codeOfZoom(zoom));
          assertEquals(0, place & (FrameTable.FRAME_BYTES - 1));
          assertTrue(index(place) < (2 * map.regionBytes()) >>> SizeClasses.GRANULE_SHIFT);
          assertEquals(NOBODY, owners.put(index(place), offset), "zoom " + zoom + ", " + offset);
        }
      }
    }
  }

  /** Threads that use blocks of their own slabs write lines of their own, whatever the classes. */
  @Test
  void statesOfASlabFillLinesOfTheirOwn() {
    for (int frames : new int[] {16, 48, 1 << 10}) {
      BlockMap map = map(frames, true);
      for (int c = 1; c < SizeClasses.BOUND; c++) {
        int code = SizeClasses.code(c);
        long slabBytes = (long) SizeClasses.slabFrames(c) << FrameTable.FRAME_SHIFT;
        for (long slab = 0; slab < map.regionBytes(); slab += slabBytes) {
          assertEquals(0, index(map.place(slab, code)) % Padding.BYTES, "class " + c);
        }
      }
      assertEquals(0, map.begin() % Padding.BYTES);
    }
  }

  /** What is told by asking about a part is what is told by asking about all. */
  @Test
  void residentStatesAreThoseOfTheLowBlocks() {
    for (int frames : new int[] {1, 16, 33, 1 << 18}) {
      BlockMap map = map(frames, true);
      Metadata metadata = opened.get(opened.size() - 1);
      long high = Math.min(map.regionBytes(), 300L * FrameTable.FRAME_BYTES);
      for (int zoom = SizeClasses.MIN_ZOOM; zoom <= SizeClasses.MAX_ZOOM; zoom++) {
        int code = SizeClasses.codeOfZoom(zoom);
        map.setLive(map.place(0, code));
        map.setLive(map.place(high - (FrameTable.FRAME_BYTES >> zoom), code));
      }
      long all = metadata.residentBytes() - metadata.residentBytesBefore(map.begin());
      assertEquals(all, map.residentBytes(metadata, high), frames + " frames");
      assertEquals(all, map.residentBytes(metadata, map.regionBytes()), frames + " frames");
      if (frames == 1 << 18) {
        // It does find less where less is asked about.
        assertTrue(map.residentBytes(metadata, FrameTable.FRAME_BYTES) < all);
      }
    }
  }

  /** Of any two blocks of any two classes, wherever their slabs are, at most one is marked. */
  @Test
  void markingABlockMarksNoOther() {
    BlockMap map = map(64, true);
    for (int c = 1; c < SizeClasses.BOUND; c++) {
      long offset = lastBlock(c);
      map.setLive(map.place(offset, SizeClasses.code(c)));
      for (int other = 1; other < SizeClasses.BOUND; other++) {
        boolean same = sameGranules(c, other);
        for (long at = 0; at < map.regionBytes(); at += SizeClasses.blockBytes(other)) {
          boolean live = map.isLive(map.place(at, SizeClasses.code(other)));
          assertEquals(same && at == offset, live, c + ", " + other + ": " + at);
        }
      }
      map.setFree(map.place(offset, SizeClasses.code(c)));
    }
  }

  private static long lastBlock(int sizeClass) {
    return (SizeClasses.slabBlocks(sizeClass) - 1L) * SizeClasses.blockBytes(sizeClass);
  }

  private static boolean sameGranules(int sizeClass, int other) {
    return SizeClasses.zoom(SizeClasses.code(sizeClass))
        == SizeClasses.zoom(SizeClasses.code(other));
  }

  /** Every address of a slab whose blocks are all live, and one whose first block is. */
  @Test
  void onlyTheStartOfALiveBlockIsLive() {
    BlockMap map = map(64, true);
    for (int c = 1; c < SizeClasses.BOUND; c++) {
      int code = SizeClasses.code(c);
      int blockBytes = SizeClasses.blockBytes(c);
      int slabBytes = SizeClasses.slabFrames(c) << FrameTable.FRAME_SHIFT;
      for (int i = 0; i < SizeClasses.slabBlocks(c); i++) {
        map.setLive(map.place((long) i * blockBytes, code));
      }
      int live = 0;
      for (long offset = 0; offset < slabBytes; offset++) {
        if (map.isLive(map.place(offset, code))) {
          assertEquals(0, offset % blockBytes, "class " + c);
          live++;
        } else {
          assertFalse(map.tryFree(map.place(offset, code)), "class " + c);
        }
      }
      assertEquals(SizeClasses.slabBlocks(c), live);
      for (int i = 1; i < SizeClasses.slabBlocks(c); i++) {
        assertTrue(map.tryFree(map.place((long) i * blockBytes, code)));
        assertFalse(map.tryFree(map.place((long) i * blockBytes, code)));
        assertFalse(map.isLive(map.place((long) i * blockBytes, code)));
      }
      assertTrue(map.isLive(map.place(0, code)), "the neighbours are freed, not it");
      map.setFree(map.place(0, code));
    }
  }

  /** Only that an address is not inside of a granule can be told. */
  @Test
  void withoutChecksNothingIsKept() {
    BlockMap map = map(16, false);
    int code = SizeClasses.code(SizeClasses.COUNT);
    long place = map.place(0, code);
    assertTrue(map.isLive(place));
    map.setLive(place);
    assertFalse(map.isMarked(place));
    assertFalse(map.isLive(map.place(16, code)));
    map.setFree(place);
    assertTrue(map.isLive(place));
  }

  @Test
  void addressesOfTheRegion() {
    BlockMap map = map(16, true);
    SplittableRandom random = new SplittableRandom(16);
    for (int i = 0; i < 100_000; i++) {
      long address = random.nextLong() >> random.nextInt(64);
      boolean inside = address >= REGION && address < REGION + map.regionBytes();
      assertEquals(inside, map.contains(map.offset(address)));
      assertEquals(address, map.address(map.offset(address)));
    }
    assertTrue(map.contains(map.offset(REGION)));
    assertTrue(map.contains(map.offset(REGION + map.regionBytes() - 1)));
    assertFalse(map.contains(map.offset(REGION - 1)));
    assertFalse(map.contains(map.offset(REGION + map.regionBytes())));
  }
}
