// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.latency;

/**
 * From when on a call's time counts.
 *
 * <p>A loop that times each call and makes the next one when the last has returned omits what it
 * should count most: while a call stalls it makes no others, and so a stall of a millisecond is one
 * slow call among millions of fast ones, though everybody who wanted to call in that millisecond
 * had to wait. That is the coordinated omission. Here the omission is not mended afterwards by a
 * guess at what is missing; calls are made to a schedule that does not depend on how long they
 * take.
 */
public enum Timing {
  /** From when it is made: what the call itself takes, in a loop that is closed. */
  SERVICE("service", "from the call on, as fast as they go"),
  /**
   * From when it should have been made. Each thread has a schedule, open and at a fixed rate, and
   * waits for the next moment in it before each call; a call that takes longer than the time until
   * the next delays that, and the delay counts. All allocators have the same rate; it must be well
   * below what they can do, or else the delays grow for as long as is measured.
   */
  SCHEDULE("schedule", "from the moment intended on, at a fixed rate");

  private final String label;
  private final String meaning;

  Timing(String label, String meaning) {
    this.label = label;
    this.meaning = meaning;
  }

  /**
   * The name in results.
   *
   * @return a word
   */
  public String label() {
    return label;
  }

  /**
   * For tables.
   *
   * @return it in words
   */
  public String meaning() {
    return meaning;
  }
}
