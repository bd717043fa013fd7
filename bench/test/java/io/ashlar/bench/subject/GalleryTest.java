// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GalleryTest {

  static Stream<Peer> gallery() {
    return Arrays.stream(Peer.values()).filter(Peer::isOfGallery);
  }

  @ParameterizedTest
  @MethodSource("gallery")
  void everyDesignIsOpenedForOneThreadAndForMore(Peer peer) {
    for (int threads : new int[] {1, 2}) {
      try (Subject subject = peer.open(threads)) {
        for (int i = 0; i < 100; i++) {
          long block = subject.malloc(64);
          RawMemory.fill(block, 64, i);
          subject.free(block);
        }
        subject.free(subject.realloc(subject.calloc(100), 1000));
        subject.free(subject.alignedAlloc(256, 10));
        assertThat(subject.footprint().totalBytes()).isPositive();
      }
    }
  }

  /** Or a cell would measure a design that has long stopped to allocate. */
  @Test
  void runningOutOfMemoryIsAnError() {
    try (Subject subject = Peer.BUMP.open(1)) {
      assertThatThrownBy(() -> subject.malloc(1L << 50)).hasMessage("bump: memory is out");
    }
  }
}
