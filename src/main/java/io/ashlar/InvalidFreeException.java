// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import java.io.Serial;

/**
 * The refusal of an address that is not the start of a live block of the allocator asked: never
 * allocated, inside a block, outside the region, freed before, or another allocator's. Nothing was
 * changed.
 */
public final class InvalidFreeException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1;

  /** The address that was refused. */
  private final long address;

  /**
   * Makes the refusal of an address.
   *
   * @param address the address refused
   * @param known what is known of it, to follow the address in the message
   */
  public InvalidFreeException(long address, String known) {
    super("0x" + Long.toHexString(address) + ": " + known);
    this.address = address;
  }

  /**
   * The address that was refused.
   *
   * @return the address
   */
  public long address() {
    return address;
  }
}
