// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A region whose memory is a file without a name, so that parts of it can be mapped a second time:
 * {@link Window}. {@link Region#reserveMemfd} says in what it differs from anonymous memory.
 *
 * <p>The file lies over the whole of the region, its first byte at the region's first. It is as
 * large as the region from the start and has no pages but those touched. Decommitting punches a
 * hole into it, which takes the pages out of all mappings at once; the address range itself is left
 * alone, so that the call takes no lock on the address space.
 *
 * <p>A number of a file may come to be another file's once it is closed. So calls that take the
 * number count themselves in and out; the region closes only when none is under way.
 */
final class MemfdRegion extends MappedRegion {

  private static final Path MAX_MAP_COUNT = Path.of("/proc/sys/vm/max_map_count");

  /** What Linux has unless it is set otherwise. */
  private static final int USUAL_MAX_MAP_COUNT = 65_530;

  private static final int CLOSED = -1;

  private final int file;

  /** The most mappings that windows may have together. */
  private final int windowLimit;

  /** Calls on the file that are under way; {@link #CLOSED} once there can be none. */
  private final AtomicInteger users = new AtomicInteger();

  /** The kernel's mappings that windows have, or may come to have. */
  private final AtomicInteger windowMappings = new AtomicInteger();

  private MemfdRegion(Arena arena, MemorySegment segment, int file, int windowLimit) {
    super(arena, segment);
    this.file = file;
    this.windowLimit = windowLimit;
  }

  /**
   * Reserves whole pages. Windows may have half of the mappings that there can be: the rest is left
   * to whatever else maps, such as the JVM, which ends where it cannot.
   */
  static MemfdRegion reserve(long byteSize, long byteAlignment, Commitment commitment) {
    return reserve(byteSize, byteAlignment, commitment, maxMapCount() / 2);
  }

  /** The same with another limit of mappings, for tests. */
  static MemfdRegion reserve(
      long byteSize, long byteAlignment, Commitment commitment, int windowLimit) {
    String request = request(byteSize, byteAlignment, commitment);
    Arena arena = Arena.ofShared();
    long file = -1;
    boolean done = false;
    try {
      // First as anonymous memory: so the system looks whether it can be had, which for an eager
      // region says more than a file's size, which may be anything.
      MemorySegment segment = map(arena, byteSize, byteAlignment, commitment, request);
      file = check("memfd_create", MemfdCalls.memfdCreate("ashlar"), request);
      check("ftruncate", MemfdCalls.ftruncate((int) file, byteSize), request);
      check(
          "mmap(MAP_FIXED | MAP_SHARED)",
          MemfdCalls.mapOver(
              segment.address(), (int) file, 0, byteSize, PosixCalls.PROT_READ_WRITE),
          request);
      MemfdRegion region = new MemfdRegion(arena, segment, (int) file, windowLimit);
      if (commitment == Commitment.EAGER) {
        region.populate(0, byteSize);
      }
      done = true;
      return region;
    } finally {
      if (!done) {
        try (arena) {
          if (file >= 0) {
            check("close", MemfdCalls.close((int) file), request);
          }
        }
      }
    }
  }

  @Override
  public void decommit(long byteOffset, long byteLength) {
    MemorySegment range = range(byteOffset, byteLength);
    if (byteLength == 0) {
      return;
    }
    enter();
    try {
      long result;
      do {
        result = MemfdCalls.punchHole(file, byteOffset, byteLength);
      } while (result == -Errno.EINTR);
      check("fallocate(FALLOC_FL_PUNCH_HOLE)", result, range);
    } finally {
      users.getAndDecrement();
    }
  }

  private void enter() {
    int before;
    do {
      before = users.get();
      if (before == CLOSED) {
        throw new IllegalStateException("the region is closed: " + this);
      }
    } while (!users.compareAndSet(before, before + 1));
  }

  // ---- windows ---------------------------------------------------------------------------------

  @Override
  public boolean hasWindows() {
    return true;
  }

  @Override
  public Window window(long byteSize, long byteAlignment, int places) {
    checkOpen();
    Pages.checkSize(byteSize);
    Pages.checkAlignment(byteAlignment);
    if (places < 1) {
      throw new IllegalArgumentException(places + " places");
    }
    long size = Pages.roundUp(byteSize);
    String request =
        "a window of %,d bytes aligned to %,d, in up to %,d mappings"
            .formatted(size, byteAlignment, places);
    int mappings = (int) Math.min(Integer.MAX_VALUE, places + (long) Window.GUARDS);
    acquire(mappings, request);
    long mapping = -1;
    enter();
    try {
      long mappedBytes = Pages.saturatedSum(Pages.saturatedSum(size, byteAlignment), Pages.SIZE);
      // Of the file, though it is not to be accessed: mappings of one file at offsets that do not
      // follow each other never become one. So a window's can be unmapped without one being split,
      // for which there would have to be room among the process's mappings.
      mapping = check("mmap", MemfdCalls.map(file, 0, mappedBytes, PosixCalls.PROT_NONE), request);
      long address = (mapping + Pages.SIZE + byteAlignment - 1) & -byteAlignment;
      return new Window(this, mapping, mappedBytes, address, size, mappings);
    } finally {
      users.getAndDecrement();
      if (mapping < 0) {
        release(mappings);
      }
    }
  }

  private void acquire(int mappings, String request) {
    int before;
    do {
      before = windowMappings.get();
      if (mappings > windowLimit - before) {
        throw new SystemCallException(
            "mmap",
            Errno.ENOMEM,
            "%s: windows have %,d and may have %,d, of vm.max_map_count %,d"
                .formatted(request, before, windowLimit, maxMapCount()));
      }
    } while (!windowMappings.compareAndSet(before, before + mappings));
  }

  void release(int mappings) {
    windowMappings.getAndAdd(-mappings);
  }

  /** Maps a part of the region, or address space that cannot be accessed, in a window. */
  void mapOver(long address, long byteOffset, long byteLength, boolean accessible) {
    enter();
    try {
      int protection = accessible ? PosixCalls.PROT_READ_WRITE : PosixCalls.PROT_NONE;
      long result = MemfdCalls.mapOver(address, file, byteOffset, byteLength, protection);
      if (result < 0) {
        throw new SystemCallException(
            "mmap(MAP_FIXED | MAP_SHARED)",
            (int) -result,
            "%,d bytes at 0x%x, windows having up to %,d of the process's mappings (at most %,d)"
                .formatted(byteLength, address, windowMappings.get(), maxMapCount()));
      }
    } finally {
      users.getAndDecrement();
    }
  }

  /** The most mappings that the process may have now. */
  static int maxMapCount() {
    if (!Files.exists(MAX_MAP_COUNT)) {
      return USUAL_MAX_MAP_COUNT;
    }
    // By a reader with a buffer: the file gives what is in it to the first read alone, and the
    // shorter ways begin with a read of one byte.
    try (BufferedReader reader = Files.newBufferedReader(MAX_MAP_COUNT)) {
      return Integer.parseInt(reader.readLine().strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- end -------------------------------------------------------------------------------------

  @Override
  public synchronized void close() {
    if (users.get() == CLOSED) {
      return;
    }
    if (!users.compareAndSet(0, CLOSED)) {
      throw new IllegalStateException("in use by a call: " + this);
    }
    boolean unmapped = false;
    try {
      super.close();
      unmapped = true;
    } finally {
      if (!unmapped) {
        users.set(0);
      }
    }
    check("close", MemfdCalls.close(file), toString());
  }
}
