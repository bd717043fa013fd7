// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

/**
 * What of the work of all cores is watched: so many calls of the allocator, after so many that are
 * not; or fewer, where it takes too long.
 *
 * @param warmUpCalls calls before
 * @param calls calls that are watched
 * @param maxEffort most accesses in each of the two; a core that gives way to another counts for
 *     {@value #HAND_OVER}
 */
public record Window(long warmUpCalls, long calls, long maxEffort) {

  private static final int HAND_OVER = 16;

  boolean isOver(boolean watched, long callsMade, long accesses, long handOvers) {
    return callsMade >= (watched ? calls : warmUpCalls)
        || accesses + HAND_OVER * handOvers >= maxEffort;
  }
}
