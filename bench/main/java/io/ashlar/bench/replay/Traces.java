// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.replay;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where traces come from: the ones shipped here, by name, and any file. */
public final class Traces {

  /** The names of the traces shipped here. */
  public static final List<String> SHIPPED = List.of("redis", "sqlite");

  private static final String SUFFIX = ".trace.gz";

  private Traces() {}

  /**
   * Whether there is such a trace.
   *
   * @param trace a name or a path
   * @return whether it can be loaded
   */
  public static boolean exists(String trace) {
    return Files.isReadable(Path.of(trace)) || SHIPPED.contains(trace);
  }

  /**
   * What a trace is called in tables.
   *
   * @param trace a name or a path
   * @return the file's name without folder and suffix
   */
  public static String name(String trace) {
    String file = Path.of(trace).getFileName().toString();
    return file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
  }

  /**
   * Whether a trace is of more than one thread.
   *
   * @param trace a path, or the name of one shipped here
   * @return whether there is a point in a thread for each recorded one
   * @throws IOException if there is none, or it cannot be read
   */
  public static boolean isThreaded(String trace) throws IOException {
    return load(trace).threads > 1;
  }

  /**
   * Loads a trace.
   *
   * @param trace a path, or the name of one shipped here
   * @return it
   * @throws IOException if there is none, or it cannot be read
   */
  static Trace load(String trace) throws IOException {
    Path file = Path.of(trace);
    if (Files.isReadable(file)) {
      return TraceReader.read(Files.newInputStream(file));
    }
    InputStream resource = Traces.class.getResourceAsStream("/traces/" + trace + SUFFIX);
    if (resource == null) {
      throw new IOException("no trace " + trace + ": neither a file nor one of " + SHIPPED);
    }
    return TraceReader.read(resource);
  }
}
