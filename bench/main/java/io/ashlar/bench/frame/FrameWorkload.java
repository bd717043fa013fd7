// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.frame;

import io.ashlar.bench.workload.Workload;
import java.util.List;

/** What is run on {@link FrameSubject}s rather than on allocators of blocks. */
public abstract class FrameWorkload extends Workload {

  /** Matches all of these workloads' benchmarks, and no other. */
  public static final String PATTERN = "^io\\.ashlar\\.bench\\.frame\\.";

  /** Their names. */
  public static final List<String> LABELS =
      List.of("FrameBulk", "FrameRepeat", "FrameRandom", "FrameFragmentation");

  /** Matches those that ask how memory looks that was used for long. */
  public static final String OF_REUSE = "\\.FrameFragmentation\\.";

  /** For subclasses. */
  protected FrameWorkload() {}
}
