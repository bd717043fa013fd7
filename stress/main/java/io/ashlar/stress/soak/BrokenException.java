// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

import java.io.Serial;

/** An allocator has not kept its word. */
final class BrokenException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  BrokenException(String message) {
    super(message);
  }
}
