// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.bench.JmhCommand.Arguments;
import java.util.List;
import org.junit.jupiter.api.Test;

class JmhCommandTest {

  @Test
  void argumentsOfJmhStayAsTheyAre() {
    List<String> all = List.of("Pair", "-p", "allocator=ashlar,mimalloc", "-t", "2", "-rf", "json");

    assertThat(Arguments.split(all)).isEqualTo(new Arguments(1, all));
  }

  @Test
  void roundsAreOurs() {
    assertThat(Arguments.split(List.of("Pair", "--rounds", "3", "-f", "1")))
        .isEqualTo(new Arguments(3, List.of("Pair", "-f", "1")));
  }

  @Test
  void roundsMustBeANumber() {
    for (List<String> wrong :
        List.of(List.of("--rounds"), List.of("--rounds", "-f"), List.of("--rounds", "0"))) {
      assertThatThrownBy(() -> Arguments.split(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("--rounds");
    }
  }
}
