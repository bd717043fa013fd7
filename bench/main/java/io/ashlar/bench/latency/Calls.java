// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.latency;

/** Which calls are looked at. */
public enum Calls {
  /** All. */
  BOTH("both", "malloc and free"),
  /** Allocations. */
  MALLOC("malloc", "malloc"),
  /** Frees. */
  FREE("free", "free");

  private final String label;
  private final String meaning;

  Calls(String label, String meaning) {
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
