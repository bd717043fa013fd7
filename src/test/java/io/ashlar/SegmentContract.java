// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.AllocatorSpec.Feature;
import io.ashlar.memory.Memory;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The part of {@link AllocatorContract} about segments and the thread's handle. */
public abstract class SegmentContract extends RawContract {

  /** For subclasses. */
  protected SegmentContract() {}

  @Test
  void segmentsAreExact() {
    for (long alignment : alignments()) {
      for (long size : new long[] {0, 1, 7, 100, 5000, 40_000}) {
        if (size <= spec().maxBlockBytes()) {
          MemorySegment segment = allocator.allocate(size, alignment);
          assertEquals(size, segment.byteSize());
          assertEquals(0, segment.address() % alignment);
          assertTrue(segment.isNative());
          assertFalse(segment.isReadOnly());
          segment.fill((byte) 1);
          assertThrows(
              IndexOutOfBoundsException.class, () -> segment.get(ValueLayout.JAVA_BYTE, size));
          allocator.free(segment);
        }
      }
    }
    assertLiveBlocks(0);
  }

  @Test
  void theDefaultsOfSegmentAllocator() {
    MemorySegment text = allocator.allocateFrom("dressed stone");
    assertEquals("dressed stone", text.getString(0));
    MemorySegment ints = allocator.allocateFrom(ValueLayout.JAVA_INT, 1, 2, 3);
    assertArrayEquals(new int[] {1, 2, 3}, ints.toArray(ValueLayout.JAVA_INT));
    MemorySegment longs = allocator.allocate(ValueLayout.JAVA_LONG, 9);
    assertEquals(72, longs.byteSize());
    MemorySegment struct =
        allocator.allocate(
            MemoryLayout.structLayout(ValueLayout.JAVA_LONG, ValueLayout.JAVA_DOUBLE));
    assertEquals(16, struct.byteSize());
    allocator.free(struct);
    allocator.free(longs);
    allocator.free(ints);
    allocator.free(text);
    assertEquals(5, allocator.allocateFrom(ValueLayout.JAVA_INT, 5).get(ValueLayout.JAVA_INT, 0));
    assertEquals(0, allocator.allocate(8).address() % Allocator.MIN_ALIGNMENT);
    assertLiveBlocks(2);
  }

  @Test
  void allocateZeroedClearsMemoryUsedBefore() {
    for (long size : sizes()) {
      for (int round = 0; round < 2; round++) {
        MemorySegment segment = allocator.allocateZeroed(size, 32);
        assertEquals(size, segment.byteSize());
        assertEquals(0, segment.address() % 32);
        assertZero(segment.address(), size);
        segment.fill((byte) 0x5a);
        allocator.free(segment);
      }
    }
  }

  @Test
  void segmentsOfBadSizesAndAlignmentsAreRefused() {
    MemorySegment block = allocator.allocate(100, 1);
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> allocator.allocateZeroed(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> allocator.reallocate(block, -1));
    for (long alignment : new long[] {0, -8, 3, Long.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> allocator.allocate(64, alignment));
      assertThrows(IllegalArgumentException.class, () -> allocator.allocateZeroed(64, alignment));
    }
    MemorySegment onHeap = MemorySegment.ofArray(new byte[64]);
    assertThrows(IllegalArgumentException.class, () -> allocator.free(onHeap));
    assertThrows(IllegalArgumentException.class, () -> allocator.reallocate(onHeap, 10));
    allocator.free(MemorySegment.NULL);
    assertLiveBlocks(1);
    allocator.free(block);
  }

  @Test
  void outOfMemoryIsAnErrorThatSaysWhatWasAsked() {
    MemorySegment block = allocator.allocate(100, 1);
    write(block.address(), 100, 9);
    long tooMuch = 1L << 50;
    OutOfNativeMemoryError error =
        assertThrows(OutOfNativeMemoryError.class, () -> allocator.allocate(tooMuch, 1));
    assertThat(error.getMessage().replaceAll("[^0-9]", "")).contains(Long.toString(tooMuch));
    assertThrows(OutOfNativeMemoryError.class, () -> allocator.allocateZeroed(tooMuch, 1));
    assertThrows(OutOfNativeMemoryError.class, () -> allocator.reallocate(block, tooMuch));
    assertHolds(block.address(), 100, 9);
    assertLiveBlocks(1);
    allocator.free(block);
  }

  @Test
  void reallocateKeepsContents() {
    long[] sizes = sizes();
    MemorySegment segment = allocator.allocate(10, 1);
    segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 77);
    for (long size : sizes) {
      segment = allocator.reallocate(segment, Math.max(1, size));
      assertEquals(Math.max(1, size), segment.byteSize());
      assertEquals(77, segment.get(ValueLayout.JAVA_BYTE, 0));
    }
    for (int i = sizes.length - 1; i >= 0; i--) {
      segment = allocator.reallocate(segment, Math.max(1, sizes[i]));
      assertEquals(77, segment.get(ValueLayout.JAVA_BYTE, 0));
    }
    assertLiveBlocks(1);
    allocator.free(segment);
    assertEquals(24, allocator.reallocate(MemorySegment.NULL, 24).byteSize());
    assertLiveBlocks(1);
  }

  @Test
  void eitherDialectFreesTheOthersBlocks() {
    for (long size : sizes()) {
      allocator.free(allocator.allocate(size, 1).address());
      allocator.free(MemorySegment.ofAddress(malloc(size)));
    }
    assertLiveBlocks(0);
  }

  @Test
  void segmentsAreOutOfReachOnceTheAllocatorIsClosed() {
    for (long size : sizes()) {
      Allocator other = another(spec().capacityBytes());
      MemorySegment segment = other.allocate(Math.max(1, size), 1);
      MemorySegment zeroed = other.allocateZeroed(Math.max(1, size), 1);
      assertTrue(segment.scope().isAlive());
      other.close();
      assertFalse(segment.scope().isAlive());
      assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
      assertThrows(IllegalStateException.class, () -> zeroed.fill((byte) 0));
    }
  }

  @Test
  void afterCloseEverythingIsRefused() {
    MemorySegment segment = allocator.allocate(64, 8);
    long block = malloc(64);
    LocalAllocator handle = allocator.attach();
    handle.free(handle.malloc(64));
    allocator.validate();
    allocator.close();
    allocator.close();
    assertClosed(() -> allocator.malloc(64));
    assertClosed(() -> allocator.malloc(0));
    assertClosed(() -> allocator.malloc(100_000));
    assertClosed(() -> allocator.alignedAlloc(64, 64));
    assertClosed(() -> allocator.calloc(64));
    assertClosed(() -> allocator.realloc(block, 128));
    assertClosed(() -> allocator.realloc(Allocator.NULL, 128));
    assertClosed(() -> allocator.free(block));
    assertClosed(() -> allocator.free(Allocator.NULL));
    assertClosed(() -> allocator.usableSize(block));
    assertClosed(() -> allocator.mallocBatch(64, new long[2], 0, 2));
    assertClosed(() -> allocator.freeBatch(new long[] {block}, 0, 1));
    assertClosed(() -> allocator.allocate(64, 8));
    assertClosed(() -> allocator.allocateZeroed(64, 8));
    assertClosed(() -> allocator.reallocate(segment, 100));
    assertClosed(() -> allocator.free(segment));
    assertClosed(allocator::arena);
    assertClosed(allocator::attach);
    assertClosed(allocator::stats);
    assertClosed(() -> handle.malloc(64));
    assertClosed(() -> handle.free(block));
  }

  private static void assertClosed(Runnable call) {
    assertEquals(
        IllegalStateException.class,
        assertThrows(IllegalStateException.class, call::run).getClass(),
        "refused as closed, not as a bad address");
  }

  @Test
  void theHandleIsTheSameAllocator() {
    LocalAllocator handle = allocator.attach();
    for (long size : sizes()) {
      long block = handle.malloc(size);
      checkBlock(block, size, 1);
      assertEquals(allocator.usableSize(block), handle.usableSize(block));
      allocator.free(block);
      handle.free(malloc(size));
    }
    long zero = handle.calloc(100);
    assertZero(zero, 100);
    Memory.putByte(zero, (byte) 3);
    long moved = handle.realloc(zero, 5000);
    assertEquals(3, Memory.getByte(moved));
    handle.free(moved);
    handle.free(Allocator.NULL);
    long aligned = handle.alignedAlloc(256, 10);
    assertEquals(0, aligned % 256);
    handle.free(MemorySegment.ofAddress(aligned));
    handle.free(handle.allocate(10, 64));
    handle.free(MemorySegment.NULL);
    assertThrows(IllegalArgumentException.class, () -> handle.malloc(-1));
    assertThrows(InvalidFreeException.class, () -> handle.free(aligned + 8));
    assertLiveBlocks(0);
  }

  @Test
  void theHandleIsForItsThreadAlone() throws InterruptedException {
    requires(Feature.THREADS);
    LocalAllocator handle = allocator.attach();
    long block = handle.malloc(64);
    MemorySegment segment = MemorySegment.ofAddress(block);
    Threads.run(
        () -> {
          assertThrows(WrongThreadException.class, () -> handle.malloc(64));
          assertThrows(WrongThreadException.class, () -> handle.malloc(100_000));
          assertThrows(WrongThreadException.class, () -> handle.free(block));
          assertThrows(WrongThreadException.class, () -> handle.free(segment));
          assertThrows(WrongThreadException.class, () -> handle.calloc(64));
          assertThrows(WrongThreadException.class, () -> handle.alignedAlloc(64, 64));
          assertThrows(WrongThreadException.class, () -> handle.realloc(block, 128));
          assertThrows(WrongThreadException.class, () -> handle.usableSize(block));
          assertThrows(WrongThreadException.class, () -> handle.allocate(64, 8));
        });
    assertLiveBlocks(1);
    handle.free(block);
  }

  @Test
  void theHandleOfAVirtualThread() throws InterruptedException {
    requires(Feature.THREADS);
    Threads.runVirtual(
        () -> {
          LocalAllocator handle = allocator.attach();
          long block = handle.malloc(64);
          checkBlock(block, 64, 1);
          handle.free(block);
          handle.free(handle.malloc(200_000));
        });
    assertLiveBlocks(0);
  }
}
