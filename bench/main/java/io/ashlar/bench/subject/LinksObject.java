// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import org.openjdk.jmh.annotations.CompilerControl;

/**
 * What a kernel's objects begin with: a count that is 0, its own address, two locks of an owner and
 * waiters, and five heads of empty lists, each of which points to itself twice; 16 words over the
 * object.
 */
final class LinksObject extends ObjectKind {

  private static final long NOBODY = -1;

  @Override
  protected long stride() {
    return 2 * Long.BYTES;
  }

  @Override
  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  public void construct(long object) {
    RawMemory.putLong(object, 0);
    RawMemory.putLong(object + 16, object);
    lock(object + 32);
    lock(object + 64);
    list(object + 96);
    list(object + 128);
    list(object + 160);
    list(object + 192);
    list(object + 224);
  }

  private static void lock(long address) {
    RawMemory.putLong(address, 0);
    RawMemory.putLong(address + 16, NOBODY);
  }

  private static void list(long head) {
    RawMemory.putLong(head, head);
    RawMemory.putLong(head + 16, head);
  }
}
