// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import io.ashlar.memory.Memory;
import java.nio.ByteOrder;

/**
 * What is known of each frame: one 64-bit <em>tag</em> a frame, in {@link Metadata}. The frame's
 * owner says what a tag means; 0 means that nobody has said anything. Address to tag is a
 * subtraction, a shift and a load.
 *
 * @param packedAddress where the tags are, packed
 * @param frames how many frames there are, numbered from 0
 */
public record FrameTable(int packedAddress, int frames) {

  /** Bytes of a frame. */
  public static final int FRAME_BYTES = 4096;

  /** log₂ of {@link #FRAME_BYTES}. */
  public static final int FRAME_SHIFT = 12;

  /** Where the low half of a word is in it. */
  private static final int LOW_HALF =
      ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : Integer.BYTES;

  /**
   * Makes the table.
   *
   * @param metadata where it lies
   * @param frames how many frames there are
   * @return the table
   */
  public static FrameTable create(Metadata metadata, int frames) {
    return new FrameTable(Memory.packBase(metadata.allocate(byteSize(frames))), frames);
  }

  /**
   * The metadata that a table needs.
   *
   * @param frames how many frames there are
   * @return bytes
   */
  public static long byteSize(int frames) {
    return (long) frames * Long.BYTES;
  }

  /**
   * The number of frames that hold a number of bytes.
   *
   * @param byteSize bytes
   * @return frames, the last perhaps not full
   */
  public static long framesFor(long byteSize) {
    return (byteSize + FRAME_BYTES - 1) >>> FRAME_SHIFT;
  }

  private static long address(int packedAddress, long frame) {
    return Memory.base(packedAddress) + (frame << 3);
  }

  private long address(long frame) {
    return address(packedAddress, frame);
  }

  /**
   * The tag of the frame at an offset in the region, of a table of which only the address is known.
   *
   * @param packedAddress where the tags are, packed
   * @param byteOffset an offset inside the region
   * @return the frame's tag
   */
  public static long tag(int packedAddress, long byteOffset) {
    return Memory.getLong(address(packedAddress, byteOffset >>> FRAME_SHIFT));
  }

  /**
   * The low 32 bits of what {@link #tag(int, long)} returns.
   *
   * @param packedAddress where the tags are, packed
   * @param byteOffset an offset inside the region
   * @return half of the frame's tag
   */
  public static int lowHalf(int packedAddress, long byteOffset) {
    return Memory.getInt(address(packedAddress, byteOffset >>> FRAME_SHIFT) + LOW_HALF);
  }

  /**
   * The tag of the frame at an offset in the region.
   *
   * @param byteOffset an offset inside the region
   * @return the frame's tag
   */
  public long tagAt(long byteOffset) {
    return tag(packedAddress, byteOffset);
  }

  /**
   * The tag of a frame. Plain: it was written before a block of the frame was handed out, and
   * whoever asks has come by the block.
   *
   * @param frame a frame's number
   * @return its tag
   */
  public long tag(long frame) {
    return Memory.getLong(address(frame));
  }

  /**
   * Sets the tags of a run.
   *
   * @param frame the first
   * @param count how many
   * @param tag what all of them get
   */
  public void setTags(long frame, int count, long tag) {
    long from = address(frame);
    for (long at = from; at < from + ((long) count << 3); at += Long.BYTES) {
      Memory.putLong(at, tag);
    }
  }

  /**
   * Replaces a tag if it is the expected one, with volatile order.
   *
   * @param frame a frame's number
   * @param expected the tag it must have
   * @param tag the tag it gets
   * @return whether it was replaced
   */
  public boolean casTag(long frame, long expected, long tag) {
    return Memory.casLong(address(frame), expected, tag);
  }
}
