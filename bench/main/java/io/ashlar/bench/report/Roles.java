// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.subject.Peer;
import java.util.Arrays;
import java.util.Optional;

/** What an allocator is in a comparison, by its label; one that is not known here is another. */
enum Roles {
  /** What the report is about. */
  OURS,
  /** The same reached or held otherwise, or a part of it. */
  VARIANT,
  /** Behind one lock. */
  BASELINE,
  /** What programs would use if there were no Ashlar: the best of them is what to beat. */
  RIVAL,
  /** Known to be neither, or not known. */
  OTHER,
  /** No allocator. */
  HARNESS,
  /** A simple design. */
  GALLERY;

  static Roles of(String label) {
    if (label.equals(FrameSubject.LOCK_FREE_BUDDY.label())) {
      return OURS;
    }
    if (label.equals(FrameSubject.SPIN_LOCK_BUDDY.label())) {
      return BASELINE;
    }
    return peer(label).map(Roles::of).orElse(OTHER);
  }

  static Optional<Peer> peer(String label) {
    return Arrays.stream(Peer.values()).filter(peer -> peer.label().equals(label)).findFirst();
  }

  private static Roles of(Peer peer) {
    return switch (peer) {
      case ASHLAR -> OURS;
      case ASHLAR_HANDLE, ASHLAR_MEMFD, SLAB_CACHE, PAGE_MAPPER -> VARIANT;
      case SPINLOCK -> BASELINE;
      case GLIBC, MIMALLOC, JEMALLOC, TCMALLOC, ARENA -> RIVAL;
      case NONE -> HARNESS;
      default -> peer.isOfGallery() ? GALLERY : OTHER;
    };
  }

  /** Whether it is marked where it wins and where it loses. */
  boolean isJudged() {
    return this == OURS || this == VARIANT;
  }
}
