// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.Subject;
import java.util.function.Supplier;

/** The threads of a workload, as far as they know of each other. */
final class Team {

  private final Subject subject;
  private final int threads;
  private Object shared;

  /**
   * Makes a team.
   *
   * @param subject the allocator
   * @param threads how many there are
   */
  Team(Subject subject, int threads) {
    this.subject = subject;
    this.threads = threads;
  }

  /** The allocator, of which each thread asks for {@linkplain Subject#forThread its own}. */
  Subject subject() {
    return subject;
  }

  int threads() {
    return threads;
  }

  /** The one thing that all threads share, made by the first that asks for it. */
  synchronized <T> T share(Class<T> type, Supplier<T> make) {
    if (shared == null) {
      shared = make.get();
    }
    return type.cast(shared);
  }
}
