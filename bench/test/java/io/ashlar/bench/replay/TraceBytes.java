// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Writes the bytes of a trace file, right or wrong. */
final class TraceBytes {

  private final ByteArrayOutputStream records = new ByteArrayOutputStream();
  private long operations;

  TraceBytes op(int op, long... numbers) {
    operations++;
    records.write(op);
    for (long number : numbers) {
      long left = number;
      for (; left > 127; left >>>= 7) {
        records.write((int) ((left & 127) | 128));
      }
      records.write((int) left);
    }
    return this;
  }

  InputStream file(int threads, long objects, long peakLive, long total) {
    return file("ALTRACE1", threads, operations, objects, peakLive, total);
  }

  InputStream file(String magic, int threads, long count, long objects, long peakLive, long total) {
    ByteBuffer header = ByteBuffer.allocate(44).order(ByteOrder.LITTLE_ENDIAN);
    header.put(magic.getBytes(StandardCharsets.US_ASCII)).putInt(threads).putLong(count);
    header.putLong(objects).putLong(peakLive).putLong(total);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(file)) {
      zip.write(header.array());
      records.writeTo(zip);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ByteArrayInputStream(file.toByteArray());
  }
}
