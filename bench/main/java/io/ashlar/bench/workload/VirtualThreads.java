// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * 100,000 virtual threads: each allocates 16 to 1,039 bytes, writes the first byte and the last,
 * blocks until all have done so, and frees the block, on whatever carrier it then runs.
 *
 * <p>One operation is all of that, with the start and the end of the threads; the second figure is
 * the time for a block, of which each thread has one.
 */
public class VirtualThreads extends ThreadWorkload {

  private static final int MIN_BYTES = 16;
  private static final int MAX_BYTES = 1039;

  /** Virtual threads, which JMH's share among themselves. */
  @Param("100000")
  public int threads;

  /** How many of them this thread starts. */
  private int mine;

  private Subject subject;
  private int[] sizes;

  /** For JMH. */
  public VirtualThreads() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject();
    mine = Math.max(1, threads / team.threads());
    Sequence random = new Sequence(index);
    sizes = new int[mine];
    Arrays.setAll(sizes, i -> MIN_BYTES + random.below(MAX_BYTES - MIN_BYTES + 1));
  }

  /**
   * The operation.
   *
   * @param counter counts the blocks
   * @return how many threads there were
   */
  @Benchmark
  public long run(Blocks counter) {
    counter.blocks += mine;
    return step(() -> false);
  }

  @Override
  long step(BooleanSupplier end) {
    CountDownLatch allocated = new CountDownLatch(mine);
    CountDownLatch freed = new CountDownLatch(mine);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    for (int i = 0; i < mine; i++) {
      int bytes = sizes[i];
      Thread.startVirtualThread(
          () -> {
            try {
              live(bytes, allocated);
            } catch (Throwable e) {
              failure.compareAndSet(null, e);
              allocated.countDown(); // or the others would wait for ever
            } finally {
              freed.countDown();
            }
          });
    }
    try {
      freed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while threads work", e);
    }
    if (failure.get() != null) {
      throw new IllegalStateException("a thread failed", failure.get());
    }
    return mine;
  }

  private void live(int bytes, CountDownLatch allocated) throws InterruptedException {
    Subject mine = subject.forThread();
    long block = mine.malloc(bytes);
    RawMemory.putByte(block, (byte) bytes);
    RawMemory.putByte(block + bytes - 1, (byte) bytes);
    allocated.countDown();
    allocated.await();
    mine.free(block);
  }

  @Override
  void end() {}
}
