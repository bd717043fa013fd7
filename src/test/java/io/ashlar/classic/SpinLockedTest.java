// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.LocalAllocator;
import io.ashlar.memory.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The lock does for threads what the allocator inside does not. */
class SpinLockedTest {

  @Test
  void threadsShareTheBaseline() throws InterruptedException, ExecutionException {
    try (Allocator allocator = Baseline.create(64 << 20);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Integer>> done = new ArrayList<>();
      for (int t = 1; t <= 4; t++) {
        long mark = t;
        done.add(threads.submit(() -> churn(allocator, mark)));
      }
      for (Future<Integer> each : done) {
        assertThat(each.get()).isZero();
      }
      assertThat(allocator.stats().liveBlocks()).isZero();
      allocator.validate();
    }
  }

  /** Returns how many blocks did not hold what was written to them. */
  private static int churn(Allocator allocator, long mark) {
    long[] blocks = new long[64];
    int broken = 0;
    for (int i = 0; i < 20_000; i++) {
      int slot = (int) (i * mark & 63);
      if (blocks[slot] != 0) {
        broken += Memory.getLong(blocks[slot]) == mark ? 0 : 1;
        allocator.free(blocks[slot]);
      }
      blocks[slot] = allocator.malloc(16 + (i & 1023) * 4L);
      Memory.putLong(blocks[slot], mark);
    }
    allocator.freeBatch(blocks, 0, blocks.length);
    return broken;
  }

  @Test
  void theOtherDialectAndTheHandle() {
    Allocator allocator = Baseline.create(1 << 20);
    MemorySegment segment = allocator.allocateZeroed(100, 64);
    assertThat(segment.byteSize()).isEqualTo(100);
    MemorySegment larger = allocator.reallocate(segment, 10_000);
    assertThat(larger.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 99)).isZero();
    allocator.free(larger);
    LocalAllocator handle = allocator.attach();
    handle.free(handle.malloc(10));
    try (Arena arena = allocator.arena()) {
      arena.allocate(100);
    }
    assertThat(allocator.stats().liveBlocks()).isZero();
    allocator.validate();
    allocator.close();
    allocator.close();
    assertThatThrownBy(() -> allocator.malloc(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> larger.fill((byte) 1)).isInstanceOf(IllegalStateException.class);
  }
}
