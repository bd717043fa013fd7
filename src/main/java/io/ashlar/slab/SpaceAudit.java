// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

import io.ashlar.frame.FrameTable;

/**
 * Walks all frames of a space that nobody is working on, and checks that what the frame table, the
 * directory, the block map and the frame allocator say of them is one story.
 */
final class SpaceAudit {

  private static final long GRANULE = 1L << SizeClasses.GRANULE_SHIFT;

  private final SlabSpace space;
  private long slabFrames;
  private long runFrames;
  private long objectFrames;

  SpaceAudit(SlabSpace space) {
    this.space = space;
  }

  void run() {
    long high = space.highFrame();
    for (long frame = 0; frame < high; ) {
      long tag = space.frameTable().tag(frame);
      if (FrameTag.isSlab(tag)) {
        frame += auditSlab(frame, tag);
      } else if (FrameTag.isRun(tag)) {
        frame += auditRun(frame, tag);
      } else if (FrameTag.isObject(tag)) {
        auditObjects(frame, tag);
        frame++;
      } else {
        check(tag == FrameTag.NOTHING, "has a tag of no kind", frame);
        auditNothingBegins(frame, 1);
        frame++;
      }
    }
    space.objects().forEach(objects -> objectFrames += objects.committedFrames());
    long frames = slabFrames + runFrames + objectFrames;
    long mapped = space.large().mappedBytes() + space.large().scatteredBytes();
    long scattered = FrameTable.framesFor(space.large().scatteredBytes());
    check(
        space.frames().freeFrames() + frames + scattered == space.frames().frames(),
        "frames: free + slabs' + runs' + mapped ones are not all",
        space.frames().freeFrames());
    check(
        SlabSpace.bytes(frames) + mapped == space.usedBytes(),
        "bytes used are not those of slabs, runs and mappings",
        space.usedBytes());
    check(
        SlabSpace.bytes(slabFrames) == space.slabBytes(),
        "frames of slabs are not those of the directory",
        slabFrames);
    check(
        SlabSpace.bytes(runFrames) + mapped == space.large().liveBytes(),
        "live bytes are not those of runs and mappings",
        runFrames);
  }

  private int auditSlab(long frame, long tag) {
    Slab slab = space.slab(FrameTag.value(tag));
    check(slab.firstFrame() == frame, "is in a slab that begins elsewhere", frame);
    check(slab.home().number() == FrameTag.home(FrameTag.key(tag)), "names a wrong home", frame);
    int count = SizeClasses.slabFrames(slab.sizeClass());
    for (long at = frame; at < frame + count; at++) {
      check(space.frameTable().tag(at) == tag, "differs from its slab's first", at);
    }
    auditBlocks(slab, frame, count);
    slabFrames += count;
    return count;
  }

  /** A granule is live only where a block begins, and only in the map of the class. */
  private void auditBlocks(Slab slab, long frame, int count) {
    int code = SizeClasses.code(slab.sizeClass());
    int blockBytes = SizeClasses.blockBytes(slab.sizeClass());
    long start = SlabSpace.bytes(frame);
    for (long offset = 0; offset < SlabSpace.bytes(count); offset += GRANULE) {
      boolean begins = offset % blockBytes == 0 && offset / blockBytes < slab.capacity();
      check(
          begins || !isLive(start + offset, code),
          "has a live block, though no block begins",
          start + offset);
    }
    for (int zoom = SizeClasses.MIN_ZOOM; zoom <= SizeClasses.MAX_ZOOM; zoom++) {
      check(
          zoom == SizeClasses.zoom(code) || !hasLive(frame, count, zoom),
          "has live blocks in the map of another class's granules",
          frame);
    }
  }

  private int auditRun(long frame, long tag) {
    int count = FrameTag.value(tag);
    check(count > 0 && frame + count <= space.highFrame(), "begins a run too long", frame);
    for (long at = frame + 1; at < frame + count; at++) {
      check(space.frameTable().tag(at) == FrameTag.NOTHING, "is inside a run and tagged", at);
    }
    auditNothingBegins(frame, count);
    runFrames += count;
    return count;
  }

  /** That the slab's frames are all tagged so, the typed cache checks. */
  private void auditObjects(long frame, long tag) {
    ObjectSpace objects = space.objects().get(FrameTag.cache(tag));
    check(objects != null, "is in a slab of a typed cache that is closed", frame);
    ObjectSlab slab = objects.slab(FrameTag.value(tag));
    check(
        slab != null
            && frame >= slab.firstFrame()
            && frame < (long) slab.firstFrame() + slab.frames(),
        "is not in the slab of a typed cache that it names",
        frame);
    auditNothingBegins(frame, 1);
  }

  private void auditNothingBegins(long frame, int count) {
    for (int zoom = SizeClasses.MIN_ZOOM; zoom <= SizeClasses.MAX_ZOOM; zoom++) {
      check(!hasLive(frame, count, zoom), "has a live block, though in no slab", frame);
    }
  }

  private boolean hasLive(long frame, int count, int zoom) {
    long granule = FrameTable.FRAME_BYTES >> zoom;
    long end = SlabSpace.bytes(frame + count);
    for (long offset = SlabSpace.bytes(frame); offset < end; offset += granule) {
      if (isLive(offset, SizeClasses.codeOfZoom(zoom))) {
        return true;
      }
    }
    return false;
  }

  private boolean isLive(long offset, int code) {
    long place = space.blocks().place(offset, code);
    return space.blocks().isMarked(place);
  }

  private static void check(boolean holds, String broken, long where) {
    if (!holds) {
      throw new IllegalStateException(broken + ": " + where);
    }
  }
}
