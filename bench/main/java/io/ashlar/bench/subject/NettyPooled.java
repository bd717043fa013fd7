// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.netty.buffer.PooledByteBufAllocator;

/** Netty's pooled allocator: jemalloc's design of 2006 in Java. */
final class NettyPooled extends NettyBuffers {

  NettyPooled() {
    super(
        new PooledByteBufAllocator(
            true,
            PooledByteBufAllocator.defaultNumHeapArena(),
            PooledByteBufAllocator.defaultNumDirectArena(),
            PooledByteBufAllocator.defaultPageSize(),
            PooledByteBufAllocator.defaultMaxOrder(),
            PooledByteBufAllocator.defaultSmallCacheSize(),
            PooledByteBufAllocator.defaultNormalCacheSize(),
            true));
  }

  private NettyPooled(NettyPooled shared) {
    super(shared);
  }

  @Override
  public Subject forThread() {
    return new NettyPooled(this);
  }
}
