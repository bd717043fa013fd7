// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Allocator;
import io.ashlar.InvalidFreeException;
import io.ashlar.OutOfNativeMemoryError;
import io.ashlar.memory.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Heaps apart from each other, accounts through the tree, and everything back at once. */
class UserHeapTest {

  private static final long RANGE = 1 << 20;

  private static UserHeap root(long limit) {
    return UserHeap.root("server", RANGE, limit, HeaderAllocator::new);
  }

  private static UserHeap child(UserHeap parent, String name, long limit) {
    return parent.child(name, RANGE, limit, HeaderAllocator::new);
  }

  @Test
  void useCountsAllTheWayUp() {
    try (UserHeap server = root(RANGE);
        UserHeap session = child(server, "session", RANGE);
        UserHeap query = child(session, "query", RANGE)) {
      long block = query.malloc(1008);
      long other = session.malloc(496);
      assertThat(query.usage().ownBytes()).isEqualTo(1008);
      assertThat(session.usage().ownBytes()).isEqualTo(496);
      assertThat(session.usage().usedBytes()).isEqualTo(1504);
      assertThat(server.usage().ownBytes()).isZero();
      assertThat(server.usage().usedBytes()).isEqualTo(1504);
      assertThat(query.usage().name()).isEqualTo("server/session/query");
      assertThat(server.usage().children()).isEqualTo(1);
      block = query.realloc(block, 2000);
      assertThat(server.usage().usedBytes()).isEqualTo(496 + query.usableSize(block));
      block = query.realloc(block, 100);
      assertThat(server.usage().usedBytes()).isEqualTo(496 + 112);
      server.validate();
      query.free(block);
      session.free(other);
      assertThat(server.usage().usedBytes()).isZero();
      assertThat(server.usage().peakBytes()).isEqualTo(1008 + 496 + 2032);
      server.validate();
    }
  }

  @Test
  void limitsHoldHereAndAbove() {
    try (UserHeap server = root(10_000)) {
      UserHeap small = child(server, "small", 3000);
      UserHeap large = child(server, "large", RANGE);
      assertThat(small.malloc(3001)).isZero();
      assertThat(small.usage().refusals()).isEqualTo(1);
      long kept = small.malloc(2032);
      assertThat(kept).isNotZero();
      assertThat(small.malloc(1000)).as("its own limit").isZero();
      long most = large.malloc(7900);
      assertThat(most).isNotZero();
      assertThat(large.malloc(100)).as("its parent's limit").isZero();
      assertThat(server.malloc(100)).as("what is below counts").isZero();
      assertThatThrownBy(() -> large.allocate(100, 8)).isInstanceOf(OutOfNativeMemoryError.class);
      assertThat(large.realloc(most, 9000)).isZero();
      assertThat(large.usage().refusals()).isEqualTo(3);
      assertThat(server.usage().usedBytes())
          .isEqualTo(small.usableSize(kept) + large.usableSize(most));
      server.validate();
      small.free(kept);
      assertThat(server.malloc(100)).isNotZero();
      server.validate();
    }
  }

  /** What rounding makes of a request counts, not the request. */
  @Test
  void usableBytesCount() {
    try (UserHeap heap = root(100)) {
      assertThat(heap.malloc(49)).as("112 are usable").isZero();
      long block = heap.malloc(48);
      assertThat(block).isNotZero();
      heap.validate();
      assertThat(heap.usage().usedBytes()).isEqualTo(48);
    }
  }

  @Test
  void freeingAcrossHeapsIsRefused() {
    try (UserHeap server = root(RANGE);
        UserHeap stranger = root(RANGE)) {
      UserHeap left = child(server, "left", RANGE);
      UserHeap right = child(server, "right", RANGE);
      long block = left.malloc(100);
      for (Allocator other : List.of(right, server, stranger)) {
        assertThatThrownBy(() -> other.free(block)).isInstanceOf(InvalidFreeException.class);
        assertThatThrownBy(() -> other.realloc(block, 10)).isInstanceOf(InvalidFreeException.class);
        assertThatThrownBy(() -> other.usableSize(block)).isInstanceOf(InvalidFreeException.class);
      }
      assertThatThrownBy(() -> right.free(block))
          .hasMessageContaining("server/right")
          .hasMessageContaining("server/left");
      assertThat(left.usage().usedBytes()).isEqualTo(112);
      left.free(block);
      assertThatThrownBy(() -> left.free(block)).isInstanceOf(InvalidFreeException.class);
      assertThat(server.usage().usedBytes()).isZero();
      server.validate();
    }
  }

  @Test
  void closingReturnsEverythingAtOnce() {
    try (UserHeap server = root(RANGE)) {
      long kept = server.malloc(48);
      UserHeap session = child(server, "session", RANGE);
      UserHeap query = child(session, "query", RANGE);
      MemorySegment segment = query.allocate(1000, 8);
      for (int i = 0; i < 1000; i++) {
        Memory.putLong(query.malloc(100), i);
        session.malloc(48);
      }
      assertThat(server.usage().usedBytes()).isEqualTo(48 + 1008 + 112_000 + 48_000);
      assertThat(server.children()).containsExactly(session);
      session.close();
      assertThat(server.usage().usedBytes()).isEqualTo(48);
      assertThat(server.children()).isEmpty();
      assertThatThrownBy(() -> segment.fill((byte) 1)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> query.malloc(1)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> child(session, "late", RANGE))
          .isInstanceOf(IllegalStateException.class);
      session.close();
      query.close();
      assertThat(server.usage().usedBytes()).isEqualTo(48);
      server.free(kept);
      server.validate();
    }
  }

  @Test
  void eachHeapHasADesignOfItsOwn() {
    try (UserHeap server =
        UserHeap.root("server", RANGE, 8 * RANGE, FixedSizeBlockAllocator::new)) {
      List<UserHeap> heaps =
          List.of(
              server,
              child(server, "headers", RANGE),
              server.child(
                  "lists",
                  RANGE,
                  RANGE,
                  range ->
                      new FallbackBlockAllocator(
                          new HeaderAllocator(range), BlockListOptions.finer())),
              server.child(
                  "deferred",
                  RANGE,
                  RANGE,
                  range ->
                      new HeaderAllocator(
                          range,
                          HeaderOptions.defaults().frees(HeaderOptions.Frees.AT_THRESHOLD, 10))));
      for (UserHeap heap : heaps) {
        List<Long> blocks = new ArrayList<>();
        for (int size = 0; size < 3000; size += 29) {
          blocks.add(heap.malloc(size));
        }
        server.validate();
        blocks.forEach(heap::free);
        server.validate();
        assertThat(server.usage().usedBytes()).as(heap.toString()).isZero();
      }
    }
  }

  @Test
  void aDesignThatCannotBeMadeLeavesNothing() {
    assertThatThrownBy(
            () ->
                UserHeap.root(
                    "none",
                    RANGE,
                    RANGE,
                    range -> {
                      throw new IllegalArgumentException("no");
                    }))
        .hasMessage("no");
    try (UserHeap server = root(RANGE)) {
      assertThatThrownBy(() -> child(server, "nothing", 0))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(server.children()).isEmpty();
    }
  }

  /** Threads with a heap of their own each, under one that they share. */
  @Test
  void accountsOfManyThreads() throws InterruptedException, ExecutionException {
    int threads = 4;
    long limit = 64 << 10;
    try (UserHeap server = root(limit);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<Long>> done = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        UserHeap own = child(server, "thread" + t, RANGE);
        done.add(pool.submit(() -> churn(own)));
      }
      for (Future<Long> each : done) {
        assertThat(each.get()).isPositive();
      }
      assertThat(server.usage().usedBytes()).isZero();
      assertThat(server.usage().peakBytes()).isBetween(limit / 2, limit);
      server.validate();
    }
  }

  /** Returns how often the limit that all share was reached. */
  private static long churn(UserHeap heap) {
    List<Long> live = new ArrayList<>();
    for (int i = 0; i < 20_000 || heap.usage().refusals() == 0; i++) {
      long block = heap.malloc(i & 1023);
      if (block == Allocator.NULL) {
        live.forEach(heap::free);
        live.clear();
      } else {
        live.add(block);
      }
    }
    live.forEach(heap::free);
    return heap.usage().refusals();
  }
}
