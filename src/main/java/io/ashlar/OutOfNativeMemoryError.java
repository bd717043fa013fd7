// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.io.Serial;

/** An allocator cannot give the memory asked for. Nothing was changed. */
public final class OutOfNativeMemoryError extends OutOfMemoryError {

  @Serial private static final long serialVersionUID = 1;

  /**
   * Makes the error.
   *
   * @param requestedBytes bytes asked for
   * @param liveBytes bytes in use
   * @param reservedBytes bytes of address space reserved
   */
  public OutOfNativeMemoryError(long requestedBytes, long liveBytes, long reservedBytes) {
    super(
        "cannot allocate %,d bytes: %,d bytes in use, %,d bytes reserved"
            .formatted(requestedBytes, liveBytes, reservedBytes));
  }
}
