// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import io.ashlar.bench.subject.Subject.Footprint;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * By how much this process's resident set has grown since a moment, as Linux counts it. Reads into
 * one buffer: measuring must not itself make the process grow.
 */
public final class ProcessMemory implements AutoCloseable {

  private static final byte[] RESIDENT = "VmRSS:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PEAK = "VmHWM:".getBytes(StandardCharsets.US_ASCII);
  private static final long STATUS_UNIT = 1024;

  private final RandomAccessFile status;
  private final byte[] buffer = new byte[8192];
  private long baseBytes;

  /**
   * Opens the kernel's figures.
   *
   * @throws UncheckedIOException if there are none, as on systems other than Linux
   */
  public ProcessMemory() {
    try {
      status = new RandomAccessFile("/proc/self/status", "r");
    } catch (IOException e) {
      throw new UncheckedIOException("resident memory is measured on Linux only", e);
    }
  }

  /** Sets the moment that growth counts from, and forgets the peak until now. */
  public void reset() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      throw new UncheckedIOException("the kernel does not reset the peak of the resident set", e);
    }
    baseBytes = read(RESIDENT);
  }

  /**
   * Growth until now.
   *
   * @return what the process has more than at the last {@link #reset}
   */
  public Footprint growth() {
    return new Footprint(read(RESIDENT) - baseBytes, 0);
  }

  /** The most that the growth has been, between measurements too. */
  long peakGrowthBytes() {
    return Math.max(0, read(PEAK) - baseBytes);
  }

  private synchronized long read(byte[] key) {
    try {
      status.seek(0);
      int length = status.read(buffer);
      for (int at = 0; at < length; at++) {
        if (startsWith(key, at)) {
          return number(at + key.length) * STATUS_UNIT;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalStateException("/proc/self/status has changed its form");
  }

  private boolean startsWith(byte[] key, int at) {
    for (int i = 0; i < key.length; i++) {
      if (buffer[at + i] != key[i]) {
        return false;
      }
    }
    return true;
  }

  private long number(int from) {
    int at = from;
    while (buffer[at] == ' ' || buffer[at] == '\t') {
      at++;
    }
    long value = 0;
    for (; buffer[at] >= '0' && buffer[at] <= '9'; at++) {
      value = 10 * value + buffer[at] - '0';
    }
    return value;
  }

  @Override
  public void close() {
    try {
      status.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
