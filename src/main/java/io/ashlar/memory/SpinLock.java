// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A test-and-test-and-set lock for sections of a few instructions. Not reentrant, not fair; a
 * thread that is preempted while it holds the lock stops the others, which is why the scalable
 * allocator takes it with {@link #tryLock} wherever there is somewhere else to go. Alone on its
 * cache lines.
 */
@SuppressWarnings("unused")
public final class SpinLock extends SpinLockState {

  private static final VarHandle HELD =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "held", VarHandle.class, SpinLockState.class, int.class);

  long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf;

  /** Makes a free lock. */
  public SpinLock() {}

  /**
   * Takes the lock if it is free. Wait-free.
   *
   * @return whether the caller now holds it
   */
  public boolean tryLock() {
    if ((int) HELD.getOpaque(this) != 0) {
      if (Counts.ON) {
        Counts.notLocked(false);
      }
      return false;
    }
    boolean taken = HELD.compareAndSet(this, 0, 1);
    if (Counts.ON) {
      count(taken);
    }
    return taken;
  }

  /** Takes the lock, waiting until it is free. Blocking. */
  public void lock() {
    while (!HELD.compareAndSet(this, 0, 1)) {
      if (Counts.ON) {
        count(false);
      }
      Backoff.awaitFree(this);
    }
    if (Counts.ON) {
      count(true);
    }
  }

  private static void count(boolean taken) {
    if (taken) {
      Counts.locked();
    } else {
      Counts.notLocked(true);
    }
  }

  /** Frees the lock, which the caller must hold; what was written under it is seen by the next. */
  public void unlock() {
    HELD.setRelease(this, 0);
  }

  /**
   * Whether somebody holds the lock.
   *
   * @return whether it was held at some moment during the call
   */
  public boolean isHeld() {
    return (int) HELD.getOpaque(this) != 0;
  }
}

/** The one hot word. */
abstract class SpinLockState extends Padding {
  int held;
}
