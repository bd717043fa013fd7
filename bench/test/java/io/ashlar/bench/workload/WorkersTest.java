// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.subject.CheckingSubject;
import io.ashlar.bench.subject.ObjectKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {

  private final CheckingSubject subject = new CheckingSubject();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void theHandOverEndsWhoeverIsLeftWaiting(int threads) throws Exception {
    HandOver handOver = new HandOver(2, 8);
    List<XmallocWorker> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(new XmallocWorker(subject, handOver, i, threads, new int[] {24, 40}));
    }
    long wanted = 20 * 8;
    Stop stop = new Stop();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> bursts = new ArrayList<>();
      for (XmallocWorker worker : workers) {
        bursts.add(executor.submit(() -> worker.burst(stop)));
      }
      while (workers.stream().mapToLong(Worker::operations).sum() < wanted) {
        Thread.onSpinWait();
      }
      stop.stop();
      for (Future<?> burst : bursts) {
        burst.get();
      }
    }
    workers.forEach(Worker::finish);

    assertThat(subject.liveBlocks()).isZero();
    long operations = workers.stream().mapToLong(Worker::operations).sum();
    assertThat(subject.allocations()).isBetween(operations - 3 * 8, operations + 4 * 8);
  }

  @Test
  void nobodyWaitsForRoomAtTheEnd() {
    XmallocWorker worker = new XmallocWorker(subject, new HandOver(1, 4), 0, 2, new int[] {16});

    assertThat(worker.step(() -> true)).isTrue();
    assertThat(worker.step(() -> true)).as("no room").isFalse();
    assertThat(worker.step(() -> true)).as("still none").isFalse();
    assertThat(subject.allocations()).as("what found no room is kept").isEqualTo(8);
    worker.finish();
    assertThat(subject.liveBlocks()).isZero();
  }

  @Test
  void nobodyWaitsForABatchAtTheEnd() {
    XmallocWorker worker = new XmallocWorker(subject, new HandOver(1, 4), 1, 2, new int[] {16});

    assertThat(worker.step(() -> true)).isFalse();
  }

  @Test
  void larsonHandsItsSlotsToFreshThreads() throws InterruptedException {
    LarsonWorker worker = new LarsonWorker(new Recycling(), 0);
    worker.start();
    long delivered = 0;
    while (delivered < 2 * 500_000) {
      delivered = worker.receive();
    }
    worker.stop();
    assertThat(worker.operations()).isGreaterThanOrEqualTo(delivered);
    worker.start();
    assertThat(worker.receive()).isGreaterThan(delivered);
    worker.stop();
    worker.finish();
  }

  @Test
  void replaceKeepsAsManyBlocksAsItBeganWith() {
    ReplaceWorker worker = new ReplaceWorker(subject, 3);
    for (int i = 0; i < 5_000; i++) {
      worker.step();
    }
    assertThat(subject.liveBlocks()).isEqualTo(1024);
    worker.finish();
    assertThat(subject.liveBlocks()).isZero();
  }

  @Test
  void objectsAreReplacedAndNoneLeft() {
    ObjectWorker worker = new ObjectWorker(subject, ObjectKind.of("fields"), 100, 1);
    for (int i = 0; i < 1_000; i++) {
      worker.step();
    }
    assertThat(subject.liveBlocks()).isEqualTo(100);
    worker.finish();
    assertThat(subject.liveBlocks()).isZero();
  }

  @Test
  void pairLeavesNothing() {
    assertThat(new PairWorker(subject, 64).step()).isPositive();
    assertThat(subject.liveBlocks()).isZero();
  }

  @Test
  void aSequenceIsTheSameInEachRunAndStaysBelowItsBound() {
    Sequence one = new Sequence(4);
    Sequence same = new Sequence(4);
    Sequence other = new Sequence(5);
    int differences = 0;
    for (int i = 0; i < 1_000; i++) {
      int drawn = one.below(1008);
      assertThat(drawn).isEqualTo(same.below(1008)).isBetween(0, 1007);
      differences += drawn == other.below(1008) ? 0 : 1;
    }
    assertThat(differences).isGreaterThan(900);
  }

  /** Gives out the same few kilobytes over and over. */
  private static final class Recycling extends io.ashlar.bench.subject.Subject {

    private final long address = java.lang.foreign.Arena.global().allocate(4096, 16).address();

    @Override
    public long malloc(long byteSize) {
      return address;
    }

    @Override
    public long calloc(long byteSize) {
      return address;
    }

    @Override
    public long alignedAlloc(long byteAlignment, long byteSize) {
      return address;
    }

    @Override
    public long realloc(long block, long newByteSize) {
      return address;
    }

    @Override
    public void free(long block) {}
  }
}
