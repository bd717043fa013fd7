// SPDX-License-Identifier: Apache-2.0
package io.ashlar.region;

import java.io.Serial;

/**
 * The system refused a call on memory. The message names the call, the error by number and name,
 * and what was asked for.
 */
public final class SystemCallException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  /** The call that failed. */
  private final String call;

  /** The error number of the system. */
  private final int errno;

  /**
   * Makes the report of a failed call.
   *
   * @param call name of the call, such as {@code mmap}
   * @param errno error number that the system gave
   * @param request what was asked for, to close the message
   */
  public SystemCallException(String call, int errno, String request) {
    this(call, errno, request, null);
  }

  /**
   * Makes the report of a failed call that another error brought to light.
   *
   * @param call name of the call, such as {@code mmap}
   * @param errno error number that the system gave
   * @param request what was asked for, to close the message
   * @param cause the error that told of the failure, or {@code null}
   */
  public SystemCallException(String call, int errno, String request, Throwable cause) {
    super(call + ": " + Errno.name(errno) + " (errno " + errno + "): " + request, cause);
    this.call = call;
    this.errno = errno;
  }

  /**
   * The call that failed.
   *
   * @return its name, such as {@code mmap}
   */
  public String call() {
    return call;
  }

  /**
   * The error number of the system. Numbers differ between systems: to compare, use {@link
   * #errnoName()}.
   *
   * @return the number, positive
   */
  public int errno() {
    return errno;
  }

  /**
   * The error's name, as in the system's manual.
   *
   * @return the name, such as {@code ENOMEM}; {@code errno 123} for a number without a known name
   */
  public String errnoName() {
    return Errno.name(errno);
  }
}
