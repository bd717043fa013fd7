// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import com.google.gson.Gson;
import io.ashlar.bench.report.About.Note;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.openjdk.jmh.results.RunResult;

/**
 * What came out of a cell of the whole matrix. It is kept as JMH sends results from JVM to JVM, by
 * serialization, so that rounds can be put together by JMH itself.
 *
 * @param results what was measured; none if it failed
 * @param notes none, or one for each result
 * @param failure why it failed; empty if it did not
 */
record CellOutcome(List<RunResult> results, List<Note> notes, String failure) {

  CellOutcome {
    results = List.copyOf(results);
    notes = List.copyOf(notes);
  }

  static CellOutcome failed(String reason) {
    return new CellOutcome(List.of(), List.of(), reason);
  }

  boolean hasFailed() {
    return !failure.isEmpty();
  }

  Note note(int result) {
    return notes.isEmpty() ? Note.NONE : notes.get(result);
  }

  /** Writes it all at once: who is interrupted leaves the file as it was, or none. */
  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(part))) {
      out.writeObject(failure);
      out.writeObject(results.toArray(RunResult[]::new));
      out.writeObject(new Gson().toJson(notes.toArray(Note[]::new)));
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Reads it.
   *
   * @return empty if there is none, or none that this version wrote: then the cell is not done
   */
  static Optional<CellOutcome> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
      String failure = (String) in.readObject();
      RunResult[] results = (RunResult[]) in.readObject();
      Note[] notes = new Gson().fromJson((String) in.readObject(), Note[].class);
      return Optional.of(new CellOutcome(List.of(results), List.of(notes), failure));
    } catch (java.io.ObjectStreamException | java.io.EOFException | ClassNotFoundException e) {
      return Optional.empty();
    }
  }
}
