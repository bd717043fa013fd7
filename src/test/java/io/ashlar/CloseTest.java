// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What closing an allocator refuses, and that nothing has changed then. */
class CloseTest {

  private static final long BLOCK = 100;
  private static final long MAPPING = 33 << 20;

  /** A block of a slab, or one that is a mapping of its own, is in use by native code. */
  @ParameterizedTest
  @ValueSource(longs = {BLOCK, MAPPING})
  void refusedDuringNativeCallsAndChangesNothing(long byteSize) throws Throwable {
    Ashlar allocator = Ashlar.create();
    MemorySegment used = allocator.allocateZeroed(byteSize, 8);
    MemorySegment block = allocator.allocateZeroed(BLOCK, 8);
    MemorySegment mapping = allocator.allocateZeroed(MAPPING, 8);
    assertInstanceOf(IllegalStateException.class, NativeCalls.thrownDuring(used, allocator::close));
    for (MemorySegment segment : new MemorySegment[] {used, block, mapping}) {
      assertTrue(segment.scope().isAlive());
      assertEquals(0, segment.get(ValueLayout.JAVA_LONG, 8));
    }
    assertEquals(3, allocator.stats().liveBlocks());
    allocator.free(block);
    allocator.free(mapping);
    allocator.validate();
    allocator.close();
    assertFalse(used.scope().isAlive());
    assertFalse(mapping.scope().isAlive());
  }

  /** Arenas are counted where their threads are, and these may end. */
  @Test
  void refusedWhileAnArenaIsOpenInAnyThread() throws InterruptedException {
    Ashlar allocator = Ashlar.create();
    Threads.Task openAndClose =
        () -> {
          try (Arena arena = allocator.arena()) {
            arena.allocate(BLOCK);
            assertThrows(IllegalStateException.class, allocator::close);
          }
        };
    for (int i = 0; i < 20; i++) {
      Threads.run(openAndClose, openAndClose);
      Threads.runVirtual(openAndClose);
    }
    allocator.trim();
    assertEquals(0, allocator.stats().liveBlocks());
    allocator.validate();
    allocator.close();
    allocator.close();
  }

  @Test
  void refusedForAnArenaOfAThreadThatHasEnded() throws InterruptedException {
    Ashlar allocator = Ashlar.create();
    Threads.run(() -> allocator.arena().allocate(BLOCK));
    allocator.trim();
    assertThrows(IllegalStateException.class, allocator::close);
    assertEquals(1, allocator.stats().liveBlocks());
  }

  @Test
  void blocksAndMappingsHaveOneScope() {
    try (Ashlar allocator = Ashlar.create()) {
      MemorySegment block = allocator.allocate(BLOCK, 1);
      MemorySegment mapping = allocator.allocate(MAPPING, 1);
      assertEquals(block.scope(), mapping.scope());
    }
  }
}
