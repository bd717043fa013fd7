// SPDX-License-Identifier: Apache-2.0
package io.ashlar.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ashlar.Seeds;
import java.lang.foreign.Arena;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A bit tree does what a {@link TreeSet} does. */
class BitTreeTest {

  /** Every subset of up to twelve numbers that straddle a word. */
  @Test
  void everySmallSet() {
    try (Arena arena = Arena.ofConfined()) {
      int offset = 58;
      int numbers = 12;
      BitTree tree = tree(arena, offset + numbers);
      for (int subset = 0; subset < 1 << numbers; subset++) {
        TreeSet<Long> model = new TreeSet<>();
        for (int i = 0; i < numbers; i++) {
          if ((subset >>> i & 1) != 0) {
            tree.add(offset + i);
            model.add((long) offset + i);
          }
        }
        assertSame(model, tree, offset + numbers);
        model.forEach(tree::remove);
        assertTrue(tree.isEmpty());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 262_144, 262_145, 300_000})
  void randomChanges(long bound) throws InterruptedException {
    Seeds.run(
        random -> {
          try (Arena arena = Arena.ofConfined()) {
            BitTree tree = tree(arena, bound);
            TreeSet<Long> model = new TreeSet<>();
            for (int i = 0; i < 20_000; i++) {
              // From few numbers at first, so that words fill and run empty.
              long number = random.nextLong(Math.min(bound, 1 + i / 4));
              number = random.nextBoolean() ? number : bound - 1 - number;
              assertEquals(model.contains(number), tree.contains(number));
              if (model.remove(number)) {
                tree.remove(number);
              } else {
                model.add(number);
                tree.add(number);
              }
              long from = random.nextLong(bound + 1);
              Long next = model.ceiling(from);
              assertEquals(next == null ? -1 : next, tree.next(from));
              assertEquals(model.isEmpty(), tree.isEmpty());
            }
            assertSame(model, tree, bound);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 64, 65, 4096, 4097, 262_144, 262_145})
  void bothEnds(long bound) {
    try (Arena arena = Arena.ofConfined()) {
      BitTree tree = tree(arena, bound);
      assertEquals(-1, tree.next(0));
      assertEquals(-1, tree.next(bound));
      tree.add(bound - 1);
      assertEquals(bound - 1, tree.next(0));
      assertEquals(bound - 1, tree.next(bound - 1));
      assertEquals(-1, tree.next(bound));
      tree.remove(bound - 1);
      tree.add(0);
      assertEquals(0, tree.next(0));
      assertEquals(-1, tree.next(1));
    }
  }

  private static BitTree tree(Arena arena, long bound) {
    return new BitTree(arena.allocate(BitTree.byteSize(bound), 64).address(), bound);
  }

  private static void assertSame(SortedSet<Long> model, BitTree tree, long bound) {
    assertEquals(model.isEmpty(), tree.isEmpty());
    long at = tree.next(0);
    for (long member : model) {
      assertEquals(member, at);
      assertTrue(tree.contains(member));
      at = at + 1 > bound ? -1 : tree.next(at + 1);
    }
    assertEquals(-1, at);
  }
}
