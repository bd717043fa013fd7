// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.Version;

/**
 * Direct buffers of Netty as blocks. A buffer is an object that is released, not an address, so 16
 * bytes in front of a block hold its buffer's number in a table of those that are live. That is
 * what it costs to use these allocators under raw addresses, and what a program does not pay that
 * keeps the object: some nanoseconds, a larger class where a size is a power of two, and a copy for
 * each {@code realloc}. The objects and the table lie on the Java heap, and are in no memory
 * figure.
 *
 * <p>As Netty has them by default, but that leaks are not looked for, and that a small Java heap
 * does not make the adaptive one save memory. The pooled one has caches for all threads; the
 * adaptive one has caches only for threads of Netty's own kind, which those here are not.
 */
abstract class NettyBuffers extends Subject {

  private static final int HEADER_BYTES = 16;

  static {
    System.setProperty("io.netty.allocator.lowMemory", "false"); // read when the first is made
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  private final ByteBufAllocator allocator;
  private final BufferTable table;
  private final BufferTable.Numbers numbers;

  NettyBuffers(ByteBufAllocator allocator) {
    this(allocator, new BufferTable());
  }

  /** A thread's. */
  NettyBuffers(NettyBuffers shared) {
    this(shared.allocator, shared.table);
  }

  private NettyBuffers(ByteBufAllocator allocator, BufferTable table) {
    this.allocator = allocator;
    this.table = table;
    this.numbers = table.new Numbers();
  }

  @Override
  public long malloc(long byteSize) {
    return alignedAlloc(1, byteSize);
  }

  @Override
  public long calloc(long byteSize) {
    long address = malloc(byteSize);
    RawMemory.clear(address, byteSize);
    return address;
  }

  @Override
  public long alignedAlloc(long byteAlignment, long byteSize) {
    int padding = byteAlignment <= HEADER_BYTES ? 0 : Math.toIntExact(byteAlignment);
    int bytes = Math.toIntExact(byteSize + HEADER_BYTES + padding);
    ByteBuf buffer = allocator.directBuffer(bytes, bytes);
    long address = buffer.memoryAddress() + HEADER_BYTES;
    if (padding > 0) {
      address = address + padding - 1 & -byteAlignment;
    }
    RawMemory.putLong(address - HEADER_BYTES, numbers.put(buffer));
    return address;
  }

  @Override
  public long realloc(long address, long newByteSize) {
    ByteBuf buffer = table.get(number(address));
    long end = buffer.memoryAddress() + buffer.capacity();
    long moved = malloc(newByteSize);
    RawMemory.copy(address, moved, Math.min(end - address, newByteSize));
    free(address);
    return moved;
  }

  @Override
  public void free(long address) {
    numbers.remove(number(address)).release();
  }

  private static int number(long address) {
    return (int) RawMemory.getLong(address - HEADER_BYTES);
  }

  @Override
  public String version() {
    return Version.identify().values().iterator().next().artifactVersion();
  }
}
