// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Reads traces of the format ALTRACE1. */
final class TraceReader {

  /** The bytes {@code ALTRACE1}, little-endian. */
  static final long MAGIC = 0x3145434152544C41L;

  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  private TraceReader(InputStream in) {
    this.in = in;
  }

  /**
   * Reads a trace.
   *
   * @param compressed the file's bytes
   * @return the trace
   * @throws IOException if it cannot be read, or is not a whole trace
   */
  static Trace read(InputStream compressed) throws IOException {
    try (InputStream in = new GZIPInputStream(compressed, BUFFER_BYTES)) {
      return new TraceReader(in).read();
    } catch (IllegalArgumentException e) {
      throw new IOException(e);
    }
  }

  private Trace read() throws IOException {
    if (littleEndian(Long.BYTES) != MAGIC) {
      throw new IOException("not a trace: it does not begin with ALTRACE1");
    }
    int threads = Math.toIntExact(littleEndian(Integer.BYTES));
    int operations = Math.toIntExact(littleEndian(Long.BYTES));
    int objects = Math.toIntExact(littleEndian(Long.BYTES));
    final long peakLiveBytes = littleEndian(Long.BYTES);
    final long totalBytes = littleEndian(Long.BYTES);
    if (threads > Character.MAX_VALUE) {
      throw new IOException("not a trace: too many threads");
    }
    Trace.Builder builder = new Trace.Builder(threads, objects, operations);
    for (int i = 0; i < operations; i++) {
      byte op = (byte) next();
      int thread = (int) varint();
      int object = (int) varint();
      long alignment = op == Trace.ALIGNED ? varint() : 1;
      long size = op == Trace.FREE ? 0 : varint();
      builder.add(op, thread, object, alignment, size);
    }
    if (builder.peakLiveBytes() != peakLiveBytes || builder.totalBytes() != totalBytes) {
      throw new IOException("not a trace: its operations do not add up to what its header says");
    }
    if (position != limit || fill()) {
      throw new IOException("not a trace: bytes after the last operation");
    }
    return builder.build();
  }

  private long littleEndian(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) next() << (8 * i);
    }
    return value;
  }

  private long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = next();
      value |= (long) (next & 127) << shift;
      if (next < 128) {
        return value;
      }
    }
    throw new IOException("not a trace: a number of more than 64 bits");
  }

  private int next() throws IOException {
    if (position == limit && !fill()) {
      throw new EOFException("not a trace: it ends early");
    }
    return buffer[position++] & 255;
  }

  private boolean fill() throws IOException {
    limit = in.read(buffer);
    position = 0;
    if (limit < 0) {
      limit = 0;
    }
    return limit > 0;
  }
}
