// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What comes of errors that are thrown where nobody expects them, by users' code too. */
class ErrorHandlerTest {

  /** So large that what is freed goes to the slab, which notices that it is there. */
  private static final int LARGEST = 32 << 10;

  /** What a handler throws at every call. */
  private static final class HandlerError extends Error {
    private static final long serialVersionUID = 1;
  }

  private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
  private final AtomicInteger calls = new AtomicInteger();

  private Ashlar allocator() {
    return Ashlar.builder()
        .shards(2)
        .hardening(Hardening.OFF)
        .errorHandler(
            error -> {
              calls.incrementAndGet();
              throw new HandlerError();
            })
        .build();
  }

  /** Runs a task in a thread that tells us of what nobody catches. */
  private void run(Thread.Builder builder, Threads.Task task) throws InterruptedException {
    Threads.run(
        runnable -> {
          Thread thread = builder.unstarted(runnable);
          thread.setUncaughtExceptionHandler((where, error) -> uncaught.add(error));
          return thread;
        },
        List.of(task));
  }

  private void freeTwiceByAnotherThread(Allocator allocator) throws InterruptedException {
    long[] blocks = new long[10];
    allocator.mallocBatch(LARGEST, blocks, 0, blocks.length);
    run(
        Thread.ofPlatform(),
        () -> {
          allocator.freeBatch(blocks, 0, blocks.length);
          allocator.free(blocks[blocks.length - 1]);
          allocator.flush();
        });
  }

  private static void allocateDistinct(Allocator allocator) {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 300; i++) {
      long block = allocator.malloc(LARGEST);
      assertNotEquals(Allocator.NULL, block);
      assertTrue(seen.add(block), "given twice");
    }
    seen.forEach(allocator::free);
    allocator.flush();
  }

  /** Every call has its result, in platform and in virtual threads; the error is not lost. */
  @Test
  void whatTheHandlerThrowsIsUncaught() throws InterruptedException {
    try (Ashlar allocator = allocator()) {
      for (int round = 0; round < 10; round++) {
        run(
            Thread.ofPlatform(),
            () -> {
              freeTwiceByAnotherThread(allocator);
              allocateDistinct(allocator);
            });
        run(
            Thread.ofVirtual(),
            () -> {
              freeTwiceByAnotherThread(allocator);
              allocateDistinct(allocator);
            });
      }
      run(
          Thread.ofPlatform(),
          () -> {
            freeTwiceByAnotherThread(allocator);
            allocator.trim();
          });
      assertThat(calls.get()).isGreaterThanOrEqualTo(20);
      assertEquals(calls.get(), uncaught.size());
      assertThat(uncaught).allMatch(error -> error instanceof HandlerError);
    }
  }

  @Test
  void whatTheUncaughtExceptionHandlerThrowsIsIgnored() throws InterruptedException {
    try (Ashlar allocator = allocator()) {
      Threads.run(
          () -> {
            Thread.currentThread()
                .setUncaughtExceptionHandler(
                    (thread, error) -> {
                      uncaught.add(error);
                      throw new IllegalStateException("from the last resort");
                    });
            freeTwiceByAnotherThread(allocator);
            allocateDistinct(allocator);
          });
      assertThat(uncaught).isNotEmpty();
    }
  }

  /** An arena's blocks are freed, and the allocator can be closed. */
  @Test
  void anArenaClosesWhateverTheHandlerThrows() throws InterruptedException {
    Ashlar allocator = allocator();
    run(
        Thread.ofPlatform(),
        () -> {
          try (Arena arena = allocator.arena()) {
            for (int i = 0; i < 100; i++) {
              arena.allocate(LARGEST);
            }
            freeTwiceByAnotherThread(allocator);
          }
          allocator.trim();
        });
    assertThat(uncaught).isNotEmpty();
    // Not of what was freed twice and counted as such.
    assertThat(allocator.stats().liveBlocks()).isNotPositive();
    allocator.close();
  }

  /** Also if frees throw: the other blocks are freed, who made the arena hears of its end. */
  @Test
  void anArenaEndsWhateverFreesThrow() {
    List<Object> freed = new ArrayList<>();
    HandlerError error = new HandlerError();
    AtomicInteger ended = new AtomicInteger();
    try (Ashlar memory = Ashlar.create()) {
      InvocationHandler handler =
          (proxy, method, arguments) -> {
            if (!method.getName().equals("free")) {
              return method.invoke(memory, arguments);
            }
            freed.add(arguments[0]);
            memory.free((long) arguments[0]);
            if (freed.size() == 1) {
              throw error;
            }
            throw new InvalidFreeException((long) arguments[0], "for the test");
          };
      Allocator failing =
          (Allocator)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(), new Class<?>[] {Allocator.class}, handler);
      Arena arena = new AllocatorArena(failing, AllocatorArena.UNSHARED, ended::incrementAndGet);
      for (int i = 0; i < 3; i++) {
        arena.allocate(100);
      }
      assertSame(error, assertThrows(HandlerError.class, arena::close));
      assertEquals(3, freed.size());
      assertEquals(2, error.getSuppressed().length);
      assertEquals(1, ended.get());
      assertThrows(IllegalStateException.class, arena::close);
      assertEquals(1, ended.get());
      assertEquals(0, memory.stats().liveBlocks());
    }
  }
}
