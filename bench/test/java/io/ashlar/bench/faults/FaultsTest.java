// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ashlar.bench.subject.Designs;
import io.ashlar.bench.subject.Peer;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The figures are of the designs that have the faults, and not of those that mend them. */
class FaultsTest {

  static Stream<Peer> designs() {
    return Arrays.stream(Peer.values()).filter(Designs::has);
  }

  @ParameterizedTest
  @MethodSource("designs")
  void everyDesignHasItsFigures(Peer peer) {
    Faults faults = Faults.of(peer, 1);
    assertThat(faults.emptied()).isBetween(0.0, 1.0);
    assertThat(Double.isNaN(faults.holes())).isEqualTo(peer == Peer.STACK);
    assertThat(faults.usable()).isBetween(1.0, 1.5);
    assertThat(faults.small()).isBetween(1.9, 9.0);
    assertThat(faults.nanos()).hasSameSizeAs(Faults.LIVE).allMatch(nanos -> nanos > 0);
  }

  @Test
  void whatIsNeverMergedStaysSmall() {
    assertThat(Faults.of(Peer.LIST, 1).emptied()).isLessThan(0.01);
    assertThat(Faults.of(Peer.LIST_COALESCING, 1).emptied()).isEqualTo(1);
  }

  @Test
  void whatIsFreedBelowTheNewestIsLost() {
    double bump = Faults.of(Peer.BUMP, 1).holes();
    assertThat(bump).isLessThan(Faults.of(Peer.LIST_COALESCING, 1).holes());
  }

  @Test
  void listsKeepWhatTheyHaveUnlessTheyAreShort() {
    assertThat(Faults.of(Peer.BLOCKS, 1).kept()).isGreaterThan(1);
    assertThat(Faults.of(Peer.BLOCKS_CAPPED, 1).kept()).isLessThan(0.1);
    assertThat(Faults.of(Peer.HEADER, 1).kept()).isZero();
  }

  @Test
  void powersOfTwoWasteMoreThanFinerClasses() {
    assertThat(Faults.of(Peer.SPINLOCK, 1).usable()).isEqualTo(1.333, within(0.01));
    assertThat(Faults.of(Peer.BLOCKS_FINER, 1).usable()).isLessThan(1.1);
  }

  @Test
  void eightBytesTakeSixteenAndAHeaderMore() {
    assertThat(Faults.of(Peer.BUMP, 1).small()).isEqualTo(2);
    assertThat(Faults.of(Peer.STACK, 1).small()).isEqualTo(4, within(0.01));
    assertThat(Faults.of(Peer.HEADER, 1).small()).isEqualTo(8, within(0.01));
  }
}
