// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.Seeds;
import io.ashlar.frame.Metadata;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The bits, against a map of intervals. */
class LiveBlocksTest {

  private static final int REGION = 256 << 10;

  private final Metadata metadata =
      new Metadata(Metadata.footprint(LiveBlocks.byteSize(REGION)), false);
  private final LiveBlocks blocks = new LiveBlocks(metadata, REGION);

  @AfterEach
  void close() {
    metadata.close();
  }

  @Test
  void everyBlockOfASmallRegion() {
    for (int from = 0; from < 3 << 10; from += 16) {
      for (int to = from + 16; to <= 3 << 10; to += 16) {
        blocks.add(from, to - from);
        assertThat(blocks.contains(from)).isTrue();
        assertThat(blocks.bytes(from)).isEqualTo(to - from);
        assertThat(blocks.overlaps(from, 16)).isTrue();
        assertThat(blocks.overlaps(to - 16, 32)).isTrue();
        assertThat(blocks.overlaps(to, 4096)).isFalse();
        assertThat(from > 0 && blocks.overlaps(0, from)).isFalse();
        assertThat(blocks.overlaps(0, from + 16)).isTrue();
        blocks.remove(from, to - from);
        assertThat(blocks.contains(from)).isFalse();
      }
    }
  }

  @Test
  void randomBlocks() throws InterruptedException {
    Seeds.run(
        random -> {
          TreeMap<Long, Long> model = new TreeMap<>();
          for (int i = 0; i < 20_000; i++) {
            long from = 16L * random.nextInt(REGION / 16);
            long bytes = 16L + 16L * random.nextInt(1 << random.nextInt(10));
            if (from + bytes > REGION) {
              continue;
            }
            Map.Entry<Long, Long> below = model.lowerEntry(from + bytes);
            boolean overlaps = below != null && below.getKey() + below.getValue() > from;
            assertThat(blocks.overlaps(from, bytes)).isEqualTo(overlaps);
            assertThat(blocks.contains(from)).isEqualTo(model.containsKey(from));
            if (!overlaps) {
              blocks.add(from, bytes);
              model.put(from, bytes);
            } else if (i % 3 > 0) {
              assertThat(blocks.bytes(below.getKey())).isEqualTo(below.getValue());
              blocks.remove(below.getKey(), below.getValue());
              model.remove(below.getKey());
            }
          }
          TreeMap<Long, Long> visited = new TreeMap<>();
          blocks.visit(visited::put);
          assertThat(visited).isEqualTo(model);
          model.forEach(blocks::remove);
          blocks.visit((offset, bytes) -> assertThat(offset).isNull());
        });
  }

  @Test
  void boundsThatDoNotTakeTurnsAreFound() {
    blocks.add(1024, 64);
    blocks.add(1040, 16);
    assertThatThrownBy(() -> blocks.visit((offset, bytes) -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("overlap");
    blocks.remove(1024, 64);
    blocks.remove(1040, 16);
    blocks.visit((offset, bytes) -> assertThat(offset).isNull());
  }
}
