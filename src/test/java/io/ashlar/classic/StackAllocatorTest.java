// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.InvalidFreeException;
import io.ashlar.Seeds;
import io.ashlar.memory.Memory;
import org.agrona.collections.LongArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Order, marks and headers. */
class StackAllocatorTest {

  private static final int CAPACITY = 64 << 10;

  private final StackAllocator stack = StackAllocator.create(CAPACITY);

  @AfterEach
  void close() {
    stack.close();
  }

  @Test
  void anotherBlockThanTheNewestIsRefusedByName() {
    long first = stack.malloc(100);
    long second = stack.malloc(200);
    long third = stack.malloc(300);
    for (long older : new long[] {first, second}) {
      assertThatThrownBy(() -> stack.free(older))
          .isInstanceOf(InvalidFreeException.class)
          .hasMessageContaining(Long.toHexString(older))
          .hasMessageContaining(Long.toHexString(third));
      assertThatThrownBy(() -> stack.realloc(older, 1000))
          .isInstanceOf(InvalidFreeException.class)
          .hasMessageContaining(Long.toHexString(third));
      assertThat(stack.stats().liveBlocks()).isEqualTo(3);
      stack.validate();
    }
    assertThat(stack.realloc(first, 10)).as("to shrink one is no matter").isEqualTo(first);
    assertThat(stack.usableSize(first)).isEqualTo(112);
    stack.free(third);
    stack.free(second);
    stack.free(first);
    assertThat(stack.fragmentation()).isEqualTo(new Fragmentation(CAPACITY, CAPACITY, 1));
    stack.validate();
  }

  @Test
  void theNewestBlockGrowsAndShrinksWhereItIs() {
    long first = stack.malloc(16);
    assertThat(stack.realloc(first, CAPACITY - 16)).isEqualTo(first);
    assertThat(stack.malloc(0)).isZero();
    assertThat(stack.realloc(first, CAPACITY)).isZero();
    assertThat(stack.realloc(first, 16)).isEqualTo(first);
    assertThat(stack.malloc(16)).isEqualTo(first + 32);
    stack.validate();
  }

  @Test
  void releaseFreesWhatCameAfterTheMark() {
    long empty = stack.mark();
    long first = stack.malloc(100);
    long outer = stack.mark();
    long second = stack.alignedAlloc(1024, 100);
    stack.malloc(0);
    long inner = stack.mark();
    stack.malloc(5000);
    assertThat(stack.release(inner)).isOne();
    assertThat(stack.release(inner)).isZero();
    assertThat(stack.release(outer)).isEqualTo(2);
    assertThatThrownBy(() -> stack.free(second)).isInstanceOf(InvalidFreeException.class);
    stack.validate();
    assertThat(stack.usableSize(first)).isEqualTo(112);
    assertThat(stack.release(empty)).isOne();
    assertThat(stack.fragmentation().freeBytes()).isEqualTo(CAPACITY);
    stack.validate();
  }

  /**
   * A mark is a moment, not a place: blocks that lie where older ones did are newer all the same.
   */
  @Test
  void marksNeverGoStale() {
    stack.malloc(100);
    long older = stack.malloc(100);
    long mark = stack.mark();
    stack.free(older);
    assertThat(stack.malloc(100)).isEqualTo(older);
    assertThat(stack.release(mark)).isOne();
    assertThat(stack.stats().liveBlocks()).isOne();
    stack.validate();
  }

  @Test
  void whatIsNoMarkIsRefused() {
    stack.malloc(100);
    for (long bad : new long[] {-1, 2, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> stack.release(bad)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(stack.stats().liveBlocks()).isOne();
  }

  @Test
  void aHeaderWrittenOverIsFound() {
    long first = stack.malloc(16);
    long second = stack.malloc(16);
    long kept = Memory.getLong(second - 16);
    for (long damage : new long[] {8, 4096, -2, Long.MAX_VALUE, second - first}) {
      Memory.putLong(second - 16, damage);
      assertThatThrownBy(() -> stack.free(second))
          .isInstanceOf(IllegalStateException.class)
          .isNotInstanceOf(InvalidFreeException.class)
          .hasMessageContaining("written over");
      assertThatThrownBy(stack::validate).isInstanceOf(IllegalStateException.class);
      assertThat(stack.stats().liveBlocks()).isEqualTo(2);
    }
    Memory.putLong(second - 16, kept);
    stack.validate();
    Memory.putLong(second - 16, -1);
    assertThatThrownBy(stack::validate)
        .as("a header that cuts off blocks")
        .isInstanceOf(IllegalStateException.class);
    Memory.putLong(second - 16, kept);
    stack.free(second);
    stack.free(first);
  }

  @Test
  void randomPushesPopsAndReleases() throws InterruptedException {
    Seeds.run(
        random -> {
          LongArrayList blocks = new LongArrayList();
          LongArrayList marks = new LongArrayList();
          LongArrayList depths = new LongArrayList();
          for (int i = 0; i < 20_000; i++) {
            int what = random.nextInt(40);
            if (what < 20) {
              long size = random.nextInt(1 << random.nextInt(12));
              long block = stack.alignedAlloc(1L << random.nextInt(9), size);
              if (block != Allocator.NULL) {
                Memory.fill(block, stack.usableSize(block), (byte) blocks.size());
                blocks.addLong(block);
              }
            } else if (what < 37 && !blocks.isEmpty()) {
              pop(blocks, marks, depths);
            } else if (what == 37) {
              marks.addLong(stack.mark());
              depths.addLong(blocks.size());
            } else if (what == 38 && !marks.isEmpty()) {
              long depth = depths.getLong(depths.size() - 1);
              assertThat(stack.release(marks.getLong(marks.size() - 1)))
                  .isEqualTo(blocks.size() - depth);
              while (blocks.size() > depth) {
                blocks.removeAt(blocks.size() - 1);
              }
              marks.removeAt(marks.size() - 1);
              depths.removeAt(depths.size() - 1);
            }
            if (i % 200 == 0) {
              stack.validate();
              assertThat(stack.stats().liveBlocks()).isEqualTo(blocks.size());
            }
          }
        });
  }

  /** Frees the newest, and with it the marks that would stand for more than is left. */
  private void pop(LongArrayList blocks, LongArrayList marks, LongArrayList depths) {
    long block = blocks.removeAt(blocks.size() - 1);
    long usable = stack.usableSize(block);
    assertThat(Memory.getByte(block)).isEqualTo((byte) blocks.size());
    assertThat(Memory.getByte(block + usable - 1)).isEqualTo((byte) blocks.size());
    stack.free(block);
    while (!depths.isEmpty() && depths.getLong(depths.size() - 1) > blocks.size()) {
      marks.removeAt(marks.size() - 1);
      depths.removeAt(depths.size() - 1);
    }
  }
}
