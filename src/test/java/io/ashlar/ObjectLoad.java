// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ashlar.memory.Memory;
import io.ashlar.slab.SlabCache;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.random.RandomGenerator;

/**
 * Random load on a typed cache: threads take objects, swap them with others through shared places,
 * and hand back what comes out. Every object is looked at when it is taken (constructed, and
 * nobody's) and when it is handed back (with the cookie that was put into it).
 */
final class ObjectLoad {

  static final long MAGIC = 0x0b1ec7_5eedL;

  private static final int PLACES = 128;

  private final SlabCache cache;
  private final AtomicLongArray places = new AtomicLongArray(PLACES);

  /** Cookies of the objects in use. */
  private final ConcurrentHashMap<Long, Long> inUse = new ConcurrentHashMap<>();

  private final AtomicLong outs = new AtomicLong();

  ObjectLoad(SlabCache cache) {
    this.cache = cache;
  }

  /** A mark, the object's own address as list heads have it, and zeros. */
  static void construct(MemorySegment block) {
    block.set(JAVA_LONG, 0, MAGIC);
    block.set(JAVA_LONG, 8, block.address());
    block.set(JAVA_LONG, 48, ~block.address());
  }

  @SuppressWarnings("ThreadPriorityCheck") // Another thread should come in between, at best.
  static void constructYielding(MemorySegment block) {
    Thread.yield();
    construct(block);
  }

  static void checkConstructed(long block) {
    check(Memory.getLong(block) == MAGIC, "has no mark", block);
    check(Memory.getLong(block + 8) == block, "does not know itself", block);
    check(Memory.getLong(block + 16) == 0, "has a cookie", block);
    check(Memory.getLong(block + 24) == 0, "has a second cookie", block);
    check(Memory.getLong(block + 48) == ~block, "has no end", block);
  }

  private static void check(boolean holds, String broken, long block) {
    if (!holds) {
      throw new AssertionError("object 0x" + Long.toHexString(block) + " " + broken);
    }
  }

  /** How often there was no object. */
  long outs() {
    return outs.get();
  }

  /** Runs threads, and hands back what is left in the shared places. */
  void run(RandomGenerator random, int platform, int virtual, int operations)
      throws InterruptedException {
    List<Threads.Task> tasks = new ArrayList<>();
    for (int i = 0; i < platform + virtual; i++) {
      SplittableRandom own = new SplittableRandom(random.nextLong());
      tasks.add(() -> work(own, operations));
    }
    Thread[] started = new Thread[1];
    AssertionError[] thrown = new AssertionError[1];
    started[0] =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    Threads.run(
                        Thread.ofVirtual().factory(), tasks.subList(platform, tasks.size()));
                  } catch (AssertionError | InterruptedException e) {
                    thrown[0] = new AssertionError("in a virtual thread", e);
                  }
                });
    try {
      Threads.run(Thread.ofPlatform().factory(), tasks.subList(0, platform));
    } finally {
      started[0].join();
    }
    if (thrown[0] != null) {
      throw thrown[0];
    }
    for (int place = 0; place < PLACES; place++) {
      handBack(places.getAndSet(place, 0));
    }
    check(inUse.isEmpty(), "is one of " + inUse.size() + " left in use", 0);
  }

  private void work(SplittableRandom random, int operations) {
    long[] own = new long[32];
    for (int i = 0; i < operations; i++) {
      int slot = random.nextInt(own.length);
      if (own[slot] == 0) {
        own[slot] = take(random.nextLong());
      } else if (random.nextInt(3) != 0) {
        own[slot] = places.getAndSet(random.nextInt(PLACES), own[slot]);
      } else {
        handBack(own[slot]);
        own[slot] = 0;
      }
      if (random.nextInt(5000) == 0) {
        cache.flush();
      }
      if (random.nextInt(20_000) == 0) {
        cache.trim();
      }
    }
    for (long block : own) {
      handBack(block);
    }
  }

  private long take(long cookie) {
    long block = cache.alloc();
    if (block == SlabCache.NULL) {
      outs.incrementAndGet();
      return 0;
    }
    check(inUse.putIfAbsent(block, cookie) == null, "is in use already", block);
    checkConstructed(block);
    Memory.putLong(block + 16, cookie);
    Memory.putLong(block + 24, ~cookie);
    return block;
  }

  private void handBack(long block) {
    if (block == 0) {
      return;
    }
    long cookie = Memory.getLong(block + 16);
    check(Memory.getLong(block + 24) == ~cookie, "was written by somebody else", block);
    check(inUse.remove(block, cookie), "has the cookie of somebody else", block);
    Memory.putLong(block + 16, 0);
    Memory.putLong(block + 24, 0);
    checkConstructed(block);
    cache.free(block);
  }
}
