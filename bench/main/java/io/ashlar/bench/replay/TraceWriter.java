// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a trace of one thread, of which nothing is known before but its operations, one after the
 * other. The header has their sums and comes first, so they are kept in a file of their own until
 * the end.
 */
final class TraceWriter implements Closeable {

  private static final int HEADER_BYTES = 44;
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path file;
  private final Path records;
  private final OutputStream out;
  private long operations;
  private long objects;
  private long liveBytes;
  private long peakLiveBytes;
  private long totalBytes;

  /**
   * Begins a trace.
   *
   * @param file for the trace
   * @throws IOException if nothing can be written beside it
   */
  TraceWriter(Path file) throws IOException {
    this.file = file;
    records = Files.createTempFile(file.toAbsolutePath().getParent(), "trace-", ".records");
    out = new BufferedOutputStream(Files.newOutputStream(records), BUFFER_BYTES);
  }

  /**
   * Adds an allocation.
   *
   * @return the new object's number
   */
  long malloc(long bytes) throws IOException {
    long id = objects++;
    record(Trace.MALLOC, id);
    number(bytes);
    count(0, bytes);
    return id;
  }

  /** Adds a resize. */
  void realloc(long id, long oldBytes, long bytes) throws IOException {
    record(Trace.REALLOC, id);
    number(bytes);
    count(oldBytes, bytes);
  }

  /** Adds a free. */
  void free(long id, long oldBytes) throws IOException {
    record(Trace.FREE, id);
    count(oldBytes, 0);
  }

  private void record(byte op, long id) throws IOException {
    operations++;
    out.write(op);
    number(0); // the thread
    number(id);
  }

  private void number(long value) throws IOException {
    long left = value;
    for (; left > 127; left >>>= 7) {
      out.write((int) ((left & 127) | 128));
    }
    out.write((int) left);
  }

  private void count(long oldBytes, long bytes) {
    liveBytes += bytes - oldBytes;
    peakLiveBytes = Math.max(peakLiveBytes, liveBytes);
    totalBytes += Math.max(0, bytes - oldBytes);
  }

  long operations() {
    return operations;
  }

  long objects() {
    return objects;
  }

  long peakLiveBytes() {
    return peakLiveBytes;
  }

  /** Writes the trace; no operation can be added after it. */
  void finish() throws IOException {
    out.close();
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(TraceReader.MAGIC).putInt(1).putLong(operations).putLong(objects);
    header.putLong(peakLiveBytes).putLong(totalBytes);
    try (OutputStream zip = new GZIPOutputStream(Files.newOutputStream(file), BUFFER_BYTES)) {
      zip.write(header.array());
      Files.copy(records, zip);
    }
  }

  /** Leaves nothing but the trace, if it was finished. */
  @Override
  public void close() throws IOException {
    out.close();
    Files.delete(records);
  }
}
