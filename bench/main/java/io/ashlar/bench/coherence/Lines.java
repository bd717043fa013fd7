// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import java.util.Arrays;

/**
 * Which core has which line of memory, and whether it may write it: the protocol that is called
 * MESI, of caches that are never full. A line is <em>exclusive</em> (states M and E, which differ
 * only in what goes to memory), <em>shared</em> (S) by one core or more, or nobody's (I).
 *
 * <pre>
 *   access   the core has it        another has it                nobody has it
 *   read     hit                    transfer; shared by both      cold; exclusive
 *   write    hit if exclusive,      transfer; exclusive,          cold; exclusive
 *            else upgrade;          the others lose it
 *            exclusive, the others
 *            lose it
 * </pre>
 *
 * <p>Not thread-safe.
 */
final class Lines {

  /** Bytes of a line, as a shift. */
  static final int LINE_SHIFT = 6;

  private static final int SHARED = -1;
  private static final int FIRST_LENGTH = 1 << 12;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private static final long NEVER = Long.MIN_VALUE / 2;

  /** What an access takes. */
  enum Access {
    /** Nothing: the core has the line, and may do what it does. */
    HIT,
    /** The line comes from memory, where no other core's copy is. */
    COLD,
    /** The line comes from another core. */
    TRANSFER,
    /** The core has the line, and the others have to give up theirs. */
    UPGRADE
  }

  private final int wordsPerLine;
  private int count;

  /** Numbers of lines and their indices, by hash with linear probing; at most half full. */
  private long[] numbers = new long[2 * FIRST_LENGTH];

  private int[] indices = new int[2 * FIRST_LENGTH];

  /** By line: the core that has it exclusively, or {@link #SHARED}. */
  private int[] owners = new int[FIRST_LENGTH];

  /** By line: a bit for each core that has it. */
  private long[] holders;

  /** By line: when the last access that moved it to a writer was done. */
  private long[] settled = new long[FIRST_LENGTH];

  private long invalidations;

  /**
   * Makes caches that are empty.
   *
   * @param cores how many there are, numbered from 0
   */
  Lines(int cores) {
    wordsPerLine = (cores + Long.SIZE - 1) / Long.SIZE;
    holders = new long[FIRST_LENGTH * wordsPerLine];
  }

  /** The index of the line around an address other than 0, by which it is named from now on. */
  int at(long address) {
    long number = address >>> LINE_SHIFT;
    int slot = slot(number);
    return numbers[slot] == number ? indices[slot] : add(number);
  }

  /** Where a line is in the table, or would be. */
  private int slot(long number) {
    int mask = numbers.length - 1;
    int slot = (int) ((number * GOLDEN) >>> 32) & mask;
    while (numbers[slot] != number && numbers[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private int add(long number) {
    if (count == owners.length) {
      grow();
    }
    int slot = slot(number);
    numbers[slot] = number;
    indices[slot] = count;
    owners[count] = SHARED;
    settled[count] = NEVER;
    return count++;
  }

  private void grow() {
    owners = Arrays.copyOf(owners, 2 * count);
    settled = Arrays.copyOf(settled, 2 * count);
    holders = Arrays.copyOf(holders, 2 * count * wordsPerLine);
    long[] oldNumbers = numbers;
    int[] oldIndices = indices;
    numbers = new long[2 * oldNumbers.length];
    indices = new int[2 * oldIndices.length];
    for (int i = 0; i < oldNumbers.length; i++) {
      if (oldNumbers[i] != 0) {
        int slot = slot(oldNumbers[i]);
        numbers[slot] = oldNumbers[i];
        indices[slot] = oldIndices[i];
      }
    }
  }

  /** Whether a core has a line. */
  boolean has(int core, int index) {
    return (holders[word(core, index)] >>> core & 1) != 0;
  }

  private int word(int core, int index) {
    return index * wordsPerLine + (core >>> 6);
  }

  /** What an access would take. */
  Access look(int core, int index, boolean write) {
    if (owners[index] == core) {
      return Access.HIT;
    }
    if (has(core, index)) {
      return write ? Access.UPGRADE : Access.HIT;
    }
    return copies(index) == 0 ? Access.COLD : Access.TRANSFER;
  }

  /** Makes an access; returns what it took. */
  Access access(int core, int index, boolean write) {
    Access taken = look(core, index, write);
    if (taken == Access.HIT) {
      return taken;
    }
    if (write) {
      invalidations += copies(index) - (has(core, index) ? 1 : 0);
      Arrays.fill(holders, index * wordsPerLine, (index + 1) * wordsPerLine, 0);
      owners[index] = core;
    } else {
      owners[index] = taken == Access.COLD ? core : SHARED;
    }
    holders[word(core, index)] |= 1L << core;
    return taken;
  }

  private int copies(int index) {
    int copies = 0;
    for (int i = index * wordsPerLine; i < (index + 1) * wordsPerLine; i++) {
      copies += Long.bitCount(holders[i]);
    }
    return copies;
  }

  /** Copies that cores have lost to writers so far. */
  long invalidations() {
    return invalidations;
  }

  /** When a line came to its last writer from another core; before all times if it never did. */
  long settled(int index) {
    return settled[index];
  }

  /** Notes when a line has come to a writer. */
  void settle(int index, long time) {
    settled[index] = time;
  }
}
