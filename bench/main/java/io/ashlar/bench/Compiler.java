// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/**
 * The JVM's compiler, waited for before anything is measured.
 *
 * <p>With more threads at work than processors, the compiler's own threads starve, and what is
 * measured is half-compiled code: at 16 threads on two processors for seconds. Between two bursts
 * of work it catches up in milliseconds.
 */
public final class Compiler {

  /** As long as most compilations: only finished ones count. */
  private static final long QUIET_MILLIS = 9;

  private static final long PATIENCE_MILLIS = 1_000;
  private static final long STEP_MILLIS = 3;

  private static final CompilationMXBean BEAN = ManagementFactory.getCompilationMXBean();

  private Compiler() {}

  /**
   * Time spent compiling.
   *
   * @return milliseconds since the JVM began, in compilations that have ended
   */
  public static long totalMillis() {
    return BEAN.getTotalCompilationTime();
  }

  /**
   * Waits until nothing has been compiled for a while, or patience ends.
   *
   * @throws InterruptedException if interrupted
   */
  public static void awaitQuiet() throws InterruptedException {
    long seen = totalMillis();
    long quiet = 0;
    for (long waited = 0; waited < PATIENCE_MILLIS && quiet < QUIET_MILLIS; ) {
      TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
      waited += STEP_MILLIS;
      long now = totalMillis();
      quiet = now == seen ? quiet + STEP_MILLIS : 0;
      seen = now;
    }
  }
}
