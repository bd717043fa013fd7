// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** Tells workers to end a burst of work; used once. */
final class Stop implements BooleanSupplier {

  private static final VarHandle STOPPED =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "stopped", VarHandle.class, Stop.class, boolean.class);

  private final CountDownLatch latch = new CountDownLatch(1);

  @SuppressWarnings("unused") // by STOPPED
  private boolean stopped;

  /** Tells them. */
  void stop() {
    STOPPED.setOpaque(this, true);
    latch.countDown();
  }

  /** Waits until it is told. */
  void await() throws InterruptedException {
    latch.await();
  }

  /**
   * Whether it was told. An opaque read: asked after each operation it costs next to nothing, and
   * keeps the compiler from merging operations that follow one another.
   */
  @Override
  public boolean getAsBoolean() {
    return (boolean) STOPPED.getOpaque(this);
  }
}
