// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * A subject that checks the one below it at each call: that a block is there, is aligned, lies in
 * no block that is live, is zeroed where it should be and keeps its contents when it is resized;
 * that what is freed is live, and that nobody wrote outside of it; and at the end that nothing is
 * live and freed memory is used again. The first check that fails throws.
 *
 * <p>Most blocks get a guard before and behind them, in which their addresses stand: an allocator
 * that writes into a live block mostly writes there, and so does a workload that writes beyond one.
 * Each {@value #EXACT}th is asked for as it is, so that the sizes of the workload are tried too.
 *
 * <p>For correctness alone: two subjects are loaded, and every call takes a lock.
 */
final class VerifyingSubject extends Subject {

  /** Of so many blocks one has no guards. */
  private static final int EXACT = 4;

  /** Bytes of a guard: as many as keep the alignment that every block has. */
  private static final int GUARD_BYTES = 16;

  private static final long MIN_ALIGNMENT = 16;

  /** What others than ours give blocks of less than {@link #MIN_ALIGNMENT} bytes. */
  private static final long WORD_ALIGNMENT = 8;

  /** Most that mimalloc is held to: of 2.0.9, mi_memalign(256, 256) gives multiples of 128. */
  private static final long MIMALLOC_ALIGNMENT = 128;

  private final Peer peer;
  private final Subject below;
  private final Ledger ledger;

  /** For {@link Peer#openVerified}. */
  VerifyingSubject(Peer peer, Subject below) {
    this(peer, below, new Ledger());
  }

  private VerifyingSubject(Peer peer, Subject below, Ledger ledger) {
    this.peer = peer;
    this.below = below;
    this.ledger = ledger;
  }

  @Override
  public Subject forThread() {
    return new VerifyingSubject(peer, below.forThread(), ledger);
  }

  @Override
  public long malloc(long byteSize) {
    int guard = nextGuard(GUARD_BYTES);
    long bytes = byteSize + 2L * guard;
    return enter(below.malloc(bytes), smallestAlignment(bytes), guard, byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    int guard = nextGuard(GUARD_BYTES);
    long bytes = byteSize + 2L * guard;
    long start = below.calloc(bytes);
    check(start, smallestAlignment(bytes), bytes);
    for (long at = 0; at < bytes; at++) {
      if (RawMemory.getByte(start + at) != 0) {
        throw ledger.failed("calloc(" + bytes + "): byte " + at + " is not zero");
      }
    }
    return enter(start, 1, guard, byteSize);
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    int guard = nextGuard((int) Math.max(byteAlignment, GUARD_BYTES));
    long start = below.alignedAlloc(byteAlignment, byteSize + 2L * guard);
    return enter(start, demanded(byteAlignment, byteSize + 2L * guard), guard, byteSize);
  }

  private long demanded(long byteAlignment, long bytes) {
    if (peer.isBuiltHere()) {
      return byteAlignment;
    }
    if (bytes == 0) {
      return WORD_ALIGNMENT; // jemalloc aligns no more than that where there is nothing to align
    }
    return peer == Peer.MIMALLOC ? Math.min(byteAlignment, MIMALLOC_ALIGNMENT) : byteAlignment;
  }

  @Override
  public long realloc(long address, long newByteSize) {
    Ledger.Block old = leave(address);
    long kept = Math.min(old.byteSize(), newByteSize);
    byte[] before = RawMemory.bytes(address, kept);
    long bytes = newByteSize + 2L * old.guard();
    long start = below.realloc(old.start(), bytes);
    long moved = enter(start, smallestAlignment(bytes), old.guard(), newByteSize);
    int difference = Arrays.mismatch(before, RawMemory.bytes(moved, kept));
    if (difference >= 0) {
      throw ledger.failed(
          "realloc to " + newByteSize + " bytes changed byte " + difference + " of " + old);
    }
    return moved;
  }

  @Override
  public void free(long address) {
    below.free(leave(address).start());
  }

  @Override
  public Arena arena() {
    return new VerifiedArena(below.arena(), ledger);
  }

  @Override
  public void prepare(ObjectKind kind) {
    below.prepare(kind);
  }

  /** Constructing an object once more must change nothing. */
  @Override
  public long takeObject(ObjectKind kind) {
    long object = enter(below.takeObject(kind), MIN_ALIGNMENT, 0, ObjectKind.BYTES);
    byte[] taken = RawMemory.bytes(object, ObjectKind.BYTES);
    kind.construct(object);
    if (!Arrays.equals(taken, RawMemory.bytes(object, ObjectKind.BYTES))) {
      throw ledger.failed("object " + Ledger.hex(object) + " is not as constructed");
    }
    return object;
  }

  @Override
  public void giveBackObject(ObjectKind kind, long object) {
    leave(object);
    below.giveBackObject(kind, object);
  }

  private int nextGuard(int bytes) {
    return ledger.next() % EXACT == 0 ? 0 : bytes;
  }

  private long smallestAlignment(long bytes) {
    return bytes < MIN_ALIGNMENT && !peer.isBuiltHere() ? WORD_ALIGNMENT : MIN_ALIGNMENT;
  }

  private void check(long start, long alignment, long bytes) {
    if (start == 0) {
      throw ledger.failed("no block of " + bytes + " bytes");
    }
    if (start % alignment != 0) {
      throw ledger.failed(
          Ledger.hex(start) + ", of " + bytes + " bytes, is not aligned to " + alignment);
    }
  }

  /** Takes a block into the ledger; returns the address that the workload gets to see. */
  private long enter(long start, long alignment, int guard, long byteSize) {
    check(start, alignment, byteSize + 2L * guard);
    Ledger.Block block = new Ledger.Block(start, byteSize, guard);
    ledger.add(block);
    writeGuards(block);
    return block.address();
  }

  private Ledger.Block leave(long address) {
    Ledger.Block block = ledger.remove(address);
    checkGuards(block);
    return block;
  }

  private static void writeGuards(Ledger.Block block) {
    for (int at = 0; at < block.guard(); at += Long.BYTES) {
      RawMemory.putLong(block.start() + at, mark(block, at));
      RawMemory.putLong(block.end() - block.guard() + at, ~mark(block, at));
    }
  }

  private void checkGuards(Ledger.Block block) {
    for (int at = 0; at < block.guard(); at += Long.BYTES) {
      if (RawMemory.getLong(block.start() + at) != mark(block, at)
          || RawMemory.getLong(block.end() - block.guard() + at) != ~mark(block, at)) {
        throw ledger.failed("written outside of " + block);
      }
    }
  }

  private static long mark(Ledger.Block block, int at) {
    return (block.address() * 31 + block.byteSize() + at) * 0x9E3779B97F4A7C15L;
  }

  @Override
  public void trim() {
    below.trim();
  }

  @Override
  public Footprint footprint() {
    return below.footprint();
  }

  @Override
  public String version() {
    return below.version();
  }

  /** The last checks: all is freed, and can be had again. */
  @Override
  public void checkEmpty() {
    ledger.requireEmpty();
    below.checkEmpty();
    ReuseProbe.run(peer, below.forThread());
    below.checkEmpty();
  }

  @Override
  public void close() {
    checkEmpty();
    below.close();
  }
}
