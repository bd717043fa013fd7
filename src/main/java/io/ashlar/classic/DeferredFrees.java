// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static io.ashlar.Allocator.NULL;

import io.ashlar.memory.Counts;
import io.ashlar.memory.Memory;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Blocks that are freed, and wait for that to be carried out: a chain through the blocks
 * themselves, so it is as long as it need be and takes no memory.
 *
 * <p>Any thread puts blocks in at the front (lock-free, after R. K. Treiber's stack). One thread at
 * a time, the holder of the allocator's lock, takes them out: it exchanges the whole chain for an
 * empty one, and has it to itself. As single blocks are never taken from the shared chain, the
 * front may go away and come back between a look at it and the exchange, and no harm is done.
 */
final class DeferredFrees {

  private static final VarHandle HEAD = handle("head");
  private static final VarHandle COUNT = handle("count");

  private static VarHandle handle(String field) {
    return ConstantBootstraps.fieldVarHandle(
        MethodHandles.lookup(), field, VarHandle.class, DeferredFrees.class, long.class);
  }

  private final BlockList blocks;

  /** The block put in last, or {@code NULL}; each begins with the one put in before it. */
  long head;

  /** Blocks put in and not taken out; for a moment off by those that are being put in. */
  long count;

  /** What was taken from the chain and not handed out yet. Of the holder of the lock. */
  private long taken;

  DeferredFrees(BlockList blocks) {
    this.blocks = blocks;
  }

  private static long headOpaque(DeferredFrees frees) {
    return (long) HEAD.getOpaque(frees);
  }

  /**
   * Puts a block in, which nobody else must touch any more. Lock-free; done once the exchange of
   * the head succeeds.
   *
   * @return about how many blocks wait now
   */
  long put(long block) {
    boolean done;
    do {
      long next = headOpaque(this);
      Memory.putLong(block, next);
      done = HEAD.compareAndSet(this, next, block);
      if (Counts.ON) {
        Counts.atomic(done);
      }
    } while (!done);
    if (Counts.ON) {
      Counts.atomic(true);
    }
    return (long) COUNT.getAndAdd(this, 1L) + 1;
  }

  /** About how many blocks wait. */
  long count() {
    return (long) COUNT.getOpaque(this);
  }

  /**
   * Takes a block out, or {@code NULL} if none waits. For the holder of the lock; wait-free.
   *
   * @throws IllegalStateException if the chain is broken; what was behind the break is lost
   */
  long take() {
    if (taken == NULL) {
      if (headOpaque(this) == NULL) {
        return NULL;
      }
      taken = (long) HEAD.getAndSet(this, NULL);
    }
    long block = taken;
    if (!blocks.isPlace(BlockList.headerOf(block))) {
      taken = NULL; // Where the chain goes on is not known any more.
      throw new IllegalStateException("a block was written to after it was freed");
    }
    taken = Memory.getLong(block);
    return block;
  }

  /** Says that blocks were taken out. */
  void took(long blocks) {
    COUNT.getAndAdd(this, -blocks);
  }
}
