// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

/** Entry point of the comparison run. */
public final class Main {
  private Main() {}

  /**
   * Hands the arguments to JMH.
   *
   * @param args JMH's own
   * @throws Exception whatever JMH throws
   */
  public static void main(String[] args) throws Exception {
    org.openjdk.jmh.Main.main(args);
  }
}
