// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress;

/** Entry point of the stress tests. */
public final class Main {
  private Main() {}

  /**
   * Hands the arguments to JCStress.
   *
   * @param args JCStress's own
   * @throws Exception whatever JCStress throws
   */
  public static void main(String[] args) throws Exception {
    org.openjdk.jcstress.Main.main(args);
  }
}
