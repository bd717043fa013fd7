// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import io.netty.buffer.AdaptiveByteBufAllocator;

/** Netty's adaptive allocator: the default since 4.2. */
final class NettyAdaptive extends NettyBuffers {

  NettyAdaptive() {
    super(new AdaptiveByteBufAllocator(true, true));
  }

  private NettyAdaptive(NettyAdaptive shared) {
    super(shared);
  }

  @Override
  public Subject forThread() {
    return new NettyAdaptive(this);
  }
}
