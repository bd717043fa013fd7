// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import io.ashlar.bench.workload.Workload;
import java.util.List;
import java.util.Map;

/** What is run on {@link FrameSubject}s rather than on allocators of blocks. */
public abstract class FrameWorkload extends Workload {

  /** Matches all of these workloads' benchmarks, and no other. */
  public static final String PATTERN = "^io\\.ashlar\\.bench\\.frame\\.";

  /** The name of the one that asks how memory looks that was used for long. */
  public static final String FRAGMENTATION = "FrameFragmentation";

  /** Their names. */
  public static final List<String> LABELS =
      List.of("FrameBulk", "FrameRepeat", "FrameRandom", FRAGMENTATION);

  /** Matches those that ask how memory looks that was used for long. */
  public static final String OF_REUSE = "\\." + FRAGMENTATION + "\\.";

  /**
   * What makes a workload small, for a first look at everything.
   *
   * @param label name of one of these
   * @return values of its parameters by name, in the place of the defaults
   */
  public static Map<String, String> quick(String label) {
    return label.equals(FRAGMENTATION) ? Map.of("turns", "1") : Map.of("order", "0");
  }

  /** For subclasses. */
  protected FrameWorkload() {}
}
