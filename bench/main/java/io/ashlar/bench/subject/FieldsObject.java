// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import org.openjdk.jmh.annotations.CompilerControl;

/** 16 fields beside each other, and 128 bytes behind them of which nobody minds what is in them. */
final class FieldsObject extends ObjectKind {

  @Override
  protected long stride() {
    return Long.BYTES;
  }

  /** Written out, as setters of fields are. */
  @Override
  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  public void construct(long object) {
    RawMemory.putLong(object, 0);
    RawMemory.putLong(object + 8, 1);
    RawMemory.putLong(object + 16, 0);
    RawMemory.putLong(object + 24, -1);
    RawMemory.putLong(object + 32, 0x10);
    RawMemory.putLong(object + 40, 0);
    RawMemory.putLong(object + 48, 0x7fff_ffffL);
    RawMemory.putLong(object + 56, 4096);
    RawMemory.putLong(object + 64, 0);
    RawMemory.putLong(object + 72, 42);
    RawMemory.putLong(object + 80, 0);
    RawMemory.putLong(object + 88, 1L << 40);
    RawMemory.putLong(object + 96, 0);
    RawMemory.putLong(object + 104, 0);
    RawMemory.putLong(object + 112, 256);
    RawMemory.putLong(object + 120, ~0x5eedL);
  }
}
