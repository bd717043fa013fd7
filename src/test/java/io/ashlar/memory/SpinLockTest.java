// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpinLockTest {

  private final SpinLock lock = new SpinLock();
  private long guarded;

  @Test
  void isHeldByOne() {
    assertFalse(lock.isHeld());
    assertTrue(lock.tryLock());
    assertTrue(lock.isHeld());
    assertFalse(lock.tryLock());
    lock.unlock();
    assertFalse(lock.isHeld());
    lock.lock();
    assertFalse(lock.tryLock());
    lock.unlock();
  }

  /** More threads than processors, some waiting and some trying, add to a plain field. */
  @Test
  void whatIsWrittenUnderItIsSeen() throws InterruptedException {
    int rounds = 20_000;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      boolean tries = i % 2 == 0;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int round = 0; round < rounds; round++) {
                      if (tries) {
                        for (int attempt = 0; !lock.tryLock(); attempt++) {
                          Backoff.pause(attempt);
                        }
                      } else {
                        lock.lock();
                      }
                      guarded++;
                      lock.unlock();
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(6L * rounds, guarded);
  }
}
