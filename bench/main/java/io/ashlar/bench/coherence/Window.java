// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

/**
 * What of the work of all cores is watched: so many calls of the allocator, after so many that are
 * not; or fewer, where cores have given way to each other so often that it would take too long.
 *
 * @param warmUpCalls calls before
 * @param calls calls that are watched
 * @param maxHandOvers most times that one core gives way to another, in each of the two
 */
public record Window(long warmUpCalls, long calls, long maxHandOvers) {

  boolean isOver(boolean watched, long callsMade, long handOvers) {
    return callsMade >= (watched ? calls : warmUpCalls) || handOvers >= maxHandOvers;
  }
}
