// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.ashlar.Allocator;
import java.lang.foreign.Arena;

/**
 * What a workload drives: one allocator, as raw addresses.
 *
 * <p>A JVM that measures loads and opens exactly one concrete subclass ({@link Peer#open}). Class
 * hierarchy analysis then binds the calls below to it, and the compiler inlines them into the
 * workload, as it would a user's calls to the one allocator of their program. A second subclass in
 * the same JVM would make every workload pay for a dispatch that users do not have.
 */
public abstract class Subject implements AutoCloseable {

  /** For subclasses. */
  protected Subject() {}

  /**
   * Allocates a block.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return its address; 0 if memory is out
   */
  public abstract long malloc(long byteSize);

  /**
   * Allocates a zeroed block.
   *
   * @param byteSize bytes wanted, 0 or more
   * @return its address; 0 if memory is out
   */
  public abstract long calloc(long byteSize);

  /**
   * Allocates a block at a multiple of an alignment.
   *
   * @param byteAlignment a power of two, at least 8
   * @param byteSize bytes wanted, 0 or more
   * @return its address; 0 if memory is out
   */
  public abstract long alignedAlloc(long byteAlignment, long byteSize);

  /**
   * Changes the size of a block.
   *
   * @param address a live block
   * @param newByteSize bytes wanted, 1 or more
   * @return its address after the call; 0 if memory is out
   */
  public abstract long realloc(long address, long newByteSize);

  /**
   * Frees a block.
   *
   * @param address a live block
   */
  public abstract void free(long address);

  /**
   * Opens a scope of the calling thread, which frees at its close what was allocated in it.
   *
   * @return a confined arena; segments in it are zeroed
   */
  public Arena arena() {
    return new MallocArena(this);
  }

  /**
   * Says which objects will be taken, before any thread does so.
   *
   * @param kind of object
   */
  public void prepare(ObjectKind kind) {}

  /**
   * Takes an object in its constructed state; unless the subject keeps objects constructed, a block
   * that is constructed here.
   *
   * @param kind of object
   * @return its address; 0 if memory is out
   */
  public long takeObject(ObjectKind kind) {
    long object = malloc(ObjectKind.BYTES);
    kind.construct(object);
    return object;
  }

  /**
   * Gives an object back that was used; a subject that keeps objects constructed brings it back
   * into that state first.
   *
   * @param kind of object
   * @param object its address
   */
  public void giveBackObject(ObjectKind kind, long object) {
    free(object);
  }

  /**
   * The subject as the calling thread should use it. Called once by each thread that works, and
   * used by that thread alone.
   *
   * @return this subject, or one of the same class with what the thread keeps for itself
   */
  public Subject forThread() {
    return this;
  }

  /**
   * Has the allocator check its own records, where it keeps some, when nothing is live and no
   * thread calls it.
   *
   * @throws IllegalStateException if they are broken, or know of a live block
   */
  public void checkEmpty() {}

  /** Asks one of ours what {@link #checkEmpty} wants to know. */
  static void requireEmpty(Allocator allocator) {
    allocator.flush();
    allocator.validate();
    long live = allocator.stats().liveBlocks();
    if (live > 0) {
      throw new IllegalStateException("self-check: " + live + " blocks are live in its books");
    }
  }

  /** Gives free memory back to the system, where the allocator can be told to. */
  public void trim() {}

  /**
   * What the allocator has in physical memory, where it knows that itself.
   *
   * @return the bytes, or null where only the growth of the process tells
   */
  public Footprint footprint() {
    return null;
  }

  /**
   * The version of what is measured.
   *
   * @return it; empty for what is built here
   */
  public String version() {
    return "";
  }

  /** Gives back what the allocator holds, where it can; the blocks too. */
  @Override
  public void close() {}

  /**
   * Physical memory of an allocator, in bytes.
   *
   * @param residentBytes of the region the blocks lie in
   * @param metadataBytes of its own records, native and on the Java heap
   */
  public record Footprint(long residentBytes, long metadataBytes) {

    /**
     * Everything together.
     *
     * @return region and records
     */
    public long totalBytes() {
      return residentBytes + metadataBytes;
    }
  }
}
