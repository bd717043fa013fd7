// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.infra.Control;

/**
 * Producers allocate blocks and write them, proxies read a word, write one and pass them on,
 * consumers read them and free them. The blocks go through bounded queues, 64 at a time, first in
 * first out; who finds a queue full or empty waits. Of each three threads one is a producer, one a
 * consumer and one a proxy; two are a producer and a consumer, and one alone is both in turn.
 *
 * <p>One operation is one block in the hands of one thread, with the time that the thread waits.
 */
public class MessagePassing extends ThreadWorkload {

  private static final int BATCH = 64;

  /** Bytes of a block. */
  @Param("64")
  public int size;

  /** Most batches in a queue. */
  @Param("64")
  public int queue;

  private final IdleStrategy idle = new BackoffIdleStrategy(100, 100, 1_000, 50_000);
  private Subject subject;
  private Role role;
  private Queues queues;

  /** A batch of this thread that found no room yet. */
  private long[] pending;

  private enum Role {
    PRODUCER,
    CONSUMER,
    PROXY,
    ALL
  }

  /** For JMH. */
  public MessagePassing() {}

  @Override
  void begin(Team team, int index) {
    subject = team.subject().forThread();
    queues = team.share(Queues.class, () -> new Queues(queue, team.threads() > 2));
    role = team.threads() == 1 ? Role.ALL : Role.values()[index % 3];
  }

  /**
   * The next batch.
   *
   * @param control tells when measuring ends
   * @return what was read, if anything was
   */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long batch(Control control) {
    return step(() -> control.stopMeasurement);
  }

  @Override
  long step(BooleanSupplier end) {
    return switch (role) {
      case PRODUCER -> produce(end);
      case PROXY -> forward(end);
      case CONSUMER -> consume(end);
      case ALL -> produce(end) + consume(end);
    };
  }

  private long produce(BooleanSupplier end) {
    if (pending == null) {
      long[] batch = queues.empty.poll();
      pending = batch == null ? new long[BATCH] : batch;
      for (int i = 0; i < BATCH; i++) {
        long block = subject.malloc(size);
        RawMemory.fill(block, size, i);
        pending[i] = block;
      }
    }
    return offerPending(queues.produced, end);
  }

  private long forward(BooleanSupplier end) {
    if (pending == null) {
      pending = take(queues.produced, end);
      for (int i = 0; pending != null && i < BATCH; i++) {
        RawMemory.putByte(pending[i] + size - 1, RawMemory.getByte(pending[i]));
      }
    }
    return pending == null ? 0 : offerPending(queues.forConsumers, end);
  }

  private long consume(BooleanSupplier end) {
    long[] batch = take(queues.forConsumers, end);
    if (batch == null) {
      return 0;
    }
    long sum = 0;
    for (long block : batch) {
      sum += RawMemory.sum(block, size);
      subject.free(block);
    }
    queues.empty.offer(batch);
    return sum;
  }

  private long offerPending(Queue<long[]> to, BooleanSupplier end) {
    idle.reset();
    while (!to.offer(pending)) {
      if (end.getAsBoolean()) {
        return 0;
      }
      idle.idle();
    }
    pending = null;
    return BATCH;
  }

  private long[] take(Queue<long[]> from, BooleanSupplier end) {
    idle.reset();
    long[] batch;
    while ((batch = from.poll()) == null && !end.getAsBoolean()) {
      idle.idle();
    }
    return batch;
  }

  @Override
  void end() {
    free(pending);
    free(queues.produced);
    free(queues.forConsumers);
  }

  private void free(Queue<long[]> batches) {
    for (long[] batch = batches.poll(); batch != null; batch = batches.poll()) {
      free(batch);
    }
  }

  private void free(long[] batch) {
    for (int i = 0; batch != null && i < BATCH; i++) {
      subject.free(batch[i]);
    }
  }

  /** The ways from thread to thread, and the way back of emptied arrays. */
  private static final class Queues {

    private final Queue<long[]> produced;
    private final Queue<long[]> forConsumers;
    private final Queue<long[]> empty;

    Queues(int capacity, boolean proxies) {
      produced = new ArrayBlockingQueue<>(capacity);
      forConsumers = proxies ? new ArrayBlockingQueue<>(capacity) : produced;
      empty = new ArrayBlockingQueue<>(2 * capacity);
    }
  }
}
