// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Makes traces of what glibc's {@code mtrace(3)} writes, a line for each call. Reads and writes as
 * it goes: what it holds in memory are the blocks that are live.
 *
 * <p>With glibc 2.34 and later {@code MALLOC_TRACE=FILE LD_PRELOAD=libc_malloc_debug.so.0 PROGRAM}
 * writes such a file if the program calls {@code mtrace()}; {@code bench/run convert --help} tells
 * how to have that called in one that does not.
 *
 * <p>A line is {@code @ program:[caller] } and then one of {@code + address size}, {@code -
 * address}, {@code < address} followed by a line {@code > address size} for a block resized, {@code
 * ! address size} for one that could not be; or that without the caller. The numbers are
 * hexadecimal, but for {@code 0} and {@code (nil)}. {@code = Start} and {@code = End} surround
 * them.
 *
 * <p>A thread that resizes a block is heard of after the fact, and another may have been given the
 * old address before that. So the blocks at one address are known in order, and what ends one ends
 * the oldest.
 */
public final class MtraceConverter {

  /** A replay holds sizes of 32 bits. */
  private static final long MAX_BYTES = 0xFFFF_FFFFL;

  /** The number of a block that is not in the trace. */
  private static final long LEFT_OUT = -1;

  private final TraceWriter writer;
  private final Long2ObjectHashMap<Block> live = new Long2ObjectHashMap<>();

  /** Blocks older than the one in {@link #live} at the same address: hardly ever any. */
  private final Map<Long, Deque<Block>> older = new HashMap<>();

  /** Between the two lines of a resize: where the block was, and the block if it is known. */
  private boolean resizing;

  private long resizedAddress;
  private Block resized;

  /** The line that is read, and how far. */
  private String line = "";

  private int at;

  private long unknownFrees;
  private long unknownResizes;
  private long failures;
  private long overlaps;
  private long tooLarge;
  private long notUnderstood;

  private MtraceConverter(TraceWriter writer) {
    this.writer = writer;
  }

  private record Block(long id, long bytes) {}

  /**
   * What came out.
   *
   * @param operations in the trace
   * @param objects in the trace
   * @param peakLiveBytes most bytes live at once
   * @param neverFreed objects that are live at the end
   * @param unknownFrees frees of blocks that were not seen allocated, left out
   * @param unknownResizes resizes of such blocks, which are allocations in the trace
   * @param failures calls that got no memory, left out
   * @param overlaps allocations where another block was still live
   * @param tooLarge allocations of 4 GiB or more, left out
   * @param notUnderstood lines that are none of mtrace's, or a resize of which half is missing
   */
  public record Summary(
      long operations,
      long objects,
      long peakLiveBytes,
      long neverFreed,
      long unknownFrees,
      long unknownResizes,
      long failures,
      long overlaps,
      long tooLarge,
      long notUnderstood) {}

  /**
   * Converts a file.
   *
   * @param text what mtrace wrote
   * @param trace for the trace; replaced if it exists
   * @return what is in it
   * @throws IOException if that fails
   * @throws IllegalArgumentException if there is no call in the text
   */
  public static Summary convert(Path text, Path trace) throws IOException {
    // Names of programs may be of any bytes; each is a character of this set.
    try (BufferedReader in = Files.newBufferedReader(text, StandardCharsets.ISO_8859_1);
        TraceWriter writer = new TraceWriter(trace)) {
      MtraceConverter converter = new MtraceConverter(writer);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        converter.read(line);
      }
      converter.endResize();
      if (writer.operations() == 0) {
        throw new IllegalArgumentException("no calls of malloc in " + text);
      }
      writer.finish();
      return converter.summary();
    }
  }

  private Summary summary() {
    long left =
        live.values().stream().filter(block -> block.id != LEFT_OUT).count()
            + older.values().stream()
                .flatMap(Deque::stream)
                .filter(block -> block.id != LEFT_OUT)
                .count();
    return new Summary(
        writer.operations(),
        writer.objects(),
        writer.peakLiveBytes(),
        left,
        unknownFrees,
        unknownResizes,
        failures,
        overlaps,
        tooLarge,
        notUnderstood);
  }

  private void read(String next) throws IOException {
    line = next;
    at = line.startsWith("@") ? line.lastIndexOf(']') + 1 : 0;
    String op = word();
    if (op.equals("=") || line.isBlank()) {
      return;
    }
    try {
      long address = number();
      long bytes = op.equals("-") || op.equals("<") ? 0 : number();
      apply(op, address, bytes);
    } catch (NumberFormatException e) {
      notUnderstood++; // counted, and told at the end: a program may write into the same file
    }
  }

  private void apply(String op, long address, long bytes) throws IOException {
    if (resizing && !op.equals(">")) {
      endResize();
    }
    switch (op) {
      case "+" -> allocate(address, bytes);
      case "-" -> free(address);
      case "<" -> beginResize(address);
      case ">" -> resize(address, bytes);
      case "!" -> failures++;
      default -> notUnderstood++;
    }
  }

  /** The next word of the line; empty if there is none. */
  private String word() {
    while (at < line.length() && line.charAt(at) == ' ') {
      at++;
    }
    int end = line.indexOf(' ', at);
    String word = line.substring(at, end < 0 ? line.length() : end);
    at += word.length();
    return word;
  }

  private long number() {
    String word = word();
    if (word.equals("(nil)") || word.equals("0")) {
      return 0;
    }
    if (!word.startsWith("0x")) {
      throw new NumberFormatException(word);
    }
    return Long.parseUnsignedLong(word, 2, word.length(), 16);
  }

  private void allocate(long address, long bytes) throws IOException {
    if (address == 0) {
      failures++;
    } else {
      put(address, newBlock(bytes));
    }
  }

  private Block newBlock(long bytes) throws IOException {
    if (isTooLarge(bytes)) {
      tooLarge++;
      return new Block(LEFT_OUT, 0);
    }
    return new Block(writer.malloc(bytes), bytes);
  }

  private static boolean isTooLarge(long bytes) {
    return Long.compareUnsigned(bytes, MAX_BYTES) > 0;
  }

  private void put(long address, Block block) {
    Block before = live.put(address, block);
    if (before != null) {
      overlaps++;
      older.computeIfAbsent(address, any -> new ArrayDeque<>()).addLast(before);
    }
  }

  /** Takes the oldest block at an address; null if there is none. */
  private Block take(long address) {
    Deque<Block> before = older.get(address);
    if (before == null) {
      return live.remove(address);
    }
    Block block = before.removeFirst();
    if (before.isEmpty()) {
      older.remove(address);
    }
    return block;
  }

  private void free(long address) throws IOException {
    if (address == 0) {
      return;
    }
    Block block = take(address);
    if (block == null) {
      unknownFrees++;
    } else {
      free(block);
    }
  }

  private void free(Block block) throws IOException {
    if (block.id != LEFT_OUT) {
      writer.free(block.id, block.bytes);
    }
  }

  private void beginResize(long address) {
    resizing = true;
    resizedAddress = address;
    resized = take(address);
  }

  /** The second line of a resize did not come: then the block is as it was. */
  private void endResize() {
    if (resizing) {
      notUnderstood++;
      if (resized != null) {
        put(resizedAddress, resized);
      }
      resizing = false;
    }
  }

  private void resize(long address, long bytes) throws IOException {
    if (!resizing) {
      notUnderstood++;
      return;
    }
    resizing = false;
    if (resized == null) {
      unknownResizes++;
      put(address, newBlock(bytes));
    } else if (resized.id == LEFT_OUT || bytes == 0 || isTooLarge(bytes)) {
      // A resize to nothing is a free, and maybe an allocation of nothing.
      free(resized);
      put(address, newBlock(bytes));
    } else {
      writer.realloc(resized.id, resized.bytes, bytes);
      put(address, new Block(resized.id, bytes));
    }
  }
}
