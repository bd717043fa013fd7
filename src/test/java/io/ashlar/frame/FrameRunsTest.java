// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class FrameRunsTest {

  private final FrameRuns runs = new FrameRuns();

  @Test
  void keepsTheirOrder() {
    for (int i = 0; i < 100; i++) {
      runs.add(1000 - i, 1 + i);
    }
    assertEquals(100, runs.size());
    assertEquals(5050, runs.totalFrames());
    for (int i = 0; i < 100; i++) {
      assertEquals(1000 - i, runs.first(i));
      assertEquals(1 + i, runs.frames(i));
    }
    runs.clear();
    assertEquals(0, runs.size());
    assertEquals(0, runs.totalFrames());
  }

  @Test
  void neighboursBecomeOne() {
    runs.coalesce();
    assertEquals("FrameRuns[]", runs.toString());
    int[][] each = {{8, 8}, {100, 1}, {0, 4}, {16, 1}, {4, 4}, {50, 2}, {52, 1}};
    for (int[] run : each) {
      runs.add(run[0], run[1]);
    }
    runs.coalesce();
    assertEquals("FrameRuns[0 + 17, 50 + 3, 100 + 1]", runs.toString());
    assertEquals(21, runs.totalFrames());
  }

  @Test
  void cutsAtTheEnd() {
    runs.add(0, 10);
    runs.add(50, 5);
    runs.add(20, 3);
    FrameRuns cut = new FrameRuns();
    runs.cut(2, cut);
    assertEquals("FrameRuns[0 + 10, 50 + 5, 20 + 1]", runs.toString());
    assertEquals("FrameRuns[21 + 2]", cut.toString());
    runs.cut(7, cut);
    assertEquals("FrameRuns[0 + 9]", runs.toString());
    assertEquals("FrameRuns[21 + 2, 20 + 1, 50 + 5, 9 + 1]", cut.toString());
    assertEquals(9, runs.totalFrames());
    assertEquals(9, cut.totalFrames());
    runs.addAll(cut);
    assertEquals(18, runs.totalFrames());
  }

  @Test
  void badRunsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> runs.add(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> runs.add(0, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> runs.first(0));
  }
}
