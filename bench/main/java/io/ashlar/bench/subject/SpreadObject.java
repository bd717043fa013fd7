// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import org.openjdk.jmh.annotations.CompilerControl;

/** 16 fields over the whole object, each with 8 bytes behind it that are not constructed. */
final class SpreadObject extends ObjectKind {

  @Override
  protected long stride() {
    return 2 * Long.BYTES;
  }

  /** Written out, as setters of fields are. */
  @Override
  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  public void construct(long object) {
    RawMemory.putLong(object, 0);
    RawMemory.putLong(object + 16, 1);
    RawMemory.putLong(object + 32, 0);
    RawMemory.putLong(object + 48, -1);
    RawMemory.putLong(object + 64, 0x10);
    RawMemory.putLong(object + 80, 0);
    RawMemory.putLong(object + 96, 0x7fff_ffffL);
    RawMemory.putLong(object + 112, 4096);
    RawMemory.putLong(object + 128, 0);
    RawMemory.putLong(object + 144, 42);
    RawMemory.putLong(object + 160, 0);
    RawMemory.putLong(object + 176, 1L << 40);
    RawMemory.putLong(object + 192, 0);
    RawMemory.putLong(object + 208, 0);
    RawMemory.putLong(object + 224, 256);
    RawMemory.putLong(object + 240, ~0x5eedL);
  }
}
