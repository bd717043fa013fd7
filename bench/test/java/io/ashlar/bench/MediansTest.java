// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MediansTest {

  @Test
  void theMiddleOne() {
    assertThat(Medians.of(3, 1, 100)).isEqualTo(3);
    assertThat(Medians.of(List.of(7L))).isEqualTo(7);
  }

  @Test
  void theMeanOfTheMiddleTwo() {
    assertThat(Medians.of(4, 1, 100, 2)).isEqualTo(3);
  }

  @Test
  void noneOfNothing() {
    assertThatThrownBy(Medians::of).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ratiosAreTakenInsideARound() {
    double[] slowMachineAtFirst = {1, 10, 10};
    double[] reference = {2, 20, 20};
    assertThat(Medians.ofRatios(slowMachineAtFirst, reference)).isEqualTo(0.5);
    assertThat(Medians.ofRatios(new double[] {4, 6}, new double[] {2, 2, 9})).isEqualTo(2.5);
  }
}
