// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.RawMemory;
import io.ashlar.bench.subject.Subject;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Each thread has 1,000 slots, visited by a prime stride, and blocks of 8 to 16,000 bytes, the
 * larger the fewer. A loop frees up to 80 and allocates up to 100, those below 4,096 bytes also
 * aligned to 8 or 16, and touches each page. Every second loop a batch of as many is handed to the
 * next thread, which frees it.
 *
 * <p>One operation is one loop; the second figure is the time for a block.
 */
public class RpTest extends ThreadWorkload {

  private static final int STRIDE = 691;
  private static final int MIN_BYTES = 8;
  private static final int ALIGNED_BELOW = 4096;
  private static final int DRAWN = 1 << 14;

  /** Slots of a thread; no multiple of 691. */
  @Param("1000")
  public int slots;

  /** Bytes of the largest block. */
  @Param("16000")
  public int maxBytes;

  /** Most blocks that a loop frees, beside those that it allocates over. */
  @Param("80")
  public int frees;

  /** Most blocks that a loop allocates. */
  @Param("100")
  public int allocations;

  private final int[] sizes = new int[DRAWN];
  private int nextSize;
  private long[] blocks;
  private int freeAt;
  private int allocateAt;
  private boolean hands;

  private Subject subject;
  private Sequence random;
  private Mail mail;
  private int index;
  private int next;

  /** An emptied batch. */
  private long[] spare;

  /** For JMH. */
  public RpTest() {}

  @Override
  void begin(Team team, int ofTeam) {
    subject = team.subject().forThread();
    index = ofTeam;
    next = (index + 1) % team.threads();
    mail = team.share(Mail.class, () -> new Mail(team.threads()));
    random = new Sequence(index);
    // The share of sizes above one falls with the square of its distance from the largest.
    Arrays.setAll(
        sizes, i -> (int) (maxBytes - (maxBytes - MIN_BYTES) * Math.sqrt(random.next() * 0x1p-32)));
    blocks = new long[slots];
    spare = new long[allocations];
  }

  /**
   * The operation.
   *
   * @param counter counts the blocks
   * @return how many were allocated
   */
  @Benchmark
  public long loop(Blocks counter) {
    long allocated = step(() -> false);
    counter.blocks += allocated;
    return allocated;
  }

  @Override
  long step(BooleanSupplier end) {
    receive();
    for (int left = 1 + random.below(frees); left > 0; left--) {
      freeSlot(freeAt);
      freeAt = (freeAt + STRIDE) % slots;
    }
    int wanted = 1 + random.below(allocations);
    for (int left = wanted; left > 0; left--) {
      freeSlot(allocateAt);
      blocks[allocateAt] = allocate();
      allocateAt = (allocateAt + STRIDE) % slots;
    }
    hands = !hands;
    if (!hands) {
      handOver(wanted);
      return 2L * wanted;
    }
    return wanted;
  }

  private void freeSlot(int slot) {
    if (blocks[slot] != 0) {
      subject.free(blocks[slot]);
      blocks[slot] = 0;
    }
  }

  private long allocate() {
    int bytes = sizes[nextSize];
    nextSize = (nextSize + 1) & (DRAWN - 1);
    int alignment = bytes < ALIGNED_BELOW ? 8 * random.below(3) : 0;
    long block = alignment == 0 ? subject.malloc(bytes) : subject.alignedAlloc(alignment, bytes);
    RawMemory.touch(block, 0, bytes);
    return block;
  }

  /** What the next thread has not taken since the last time comes back, and is freed here. */
  private void handOver(int count) {
    long[] batch = spare == null ? new long[allocations] : spare;
    spare = null;
    for (int i = 0; i < count; i++) {
      batch[i] = allocate();
    }
    empty(mail.boxes.getAndSet(next, batch));
  }

  private void receive() {
    empty(mail.boxes.getAndSet(index, null));
  }

  private void empty(long[] batch) {
    if (batch == null) {
      return;
    }
    for (int i = 0; i < batch.length; i++) {
      if (batch[i] != 0) {
        subject.free(batch[i]);
        batch[i] = 0;
      }
    }
    spare = batch;
  }

  @Override
  void end() {
    for (int slot = 0; slot < slots; slot++) {
      freeSlot(slot);
    }
    for (int box = 0; box < mail.boxes.length(); box++) {
      empty(mail.boxes.getAndSet(box, null));
    }
  }

  /** A box for a batch to each thread. */
  private static final class Mail {

    private final AtomicReferenceArray<long[]> boxes;

    Mail(int threads) {
      boxes = new AtomicReferenceArray<>(threads);
    }
  }
}
