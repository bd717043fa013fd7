// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.ashlar.bench.report.About.Note;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;

/**
 * Files of results in JMH's JSON format, with {@link About} in a companion: beside {@code
 * results.json} lies {@code results.about.json}. Files without one, of whatever wrote them, are
 * read as well.
 */
public final class ResultsFile {

  private static final String SUFFIX = ".json";
  private static final Gson GSON = new Gson();

  private ResultsFile() {}

  /**
   * Where the companion of a file lies.
   *
   * @param file of results
   * @return its companion
   */
  public static Path companion(Path file) {
    String name = file.getFileName().toString();
    String stem = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    return file.resolveSibling(stem + ".about" + SUFFIX);
  }

  /**
   * Writes a file and its companion.
   *
   * @param file for the results; its folder is made if it does not exist
   * @param results in order
   * @param about the rest
   * @throws IOException if that fails
   */
  public static void write(Path file, Collection<RunResult> results, About about)
      throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (PrintStream out = new PrintStream(file.toFile(), StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
    }
    Files.writeString(companion(file), GSON.toJson(about) + "\n");
  }

  /**
   * Writes what is JSON already.
   *
   * @param file for the results
   * @param results in order
   * @param about the rest
   * @throws IOException if that fails
   */
  public static void write(Path file, JsonArray results, About about) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(
        file, new com.google.gson.GsonBuilder().setPrettyPrinting().create().toJson(results));
    Files.writeString(companion(file), GSON.toJson(about) + "\n");
  }

  /**
   * Reads a file, and its companion if there is one.
   *
   * @param file of results
   * @return what it says
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is not of this format
   */
  public static Results read(Path file) throws IOException {
    Path companion = companion(file);
    try {
      JsonArray array = JsonParser.parseString(Files.readString(file)).getAsJsonArray();
      About about =
          Files.exists(companion)
              ? GSON.fromJson(Files.readString(companion), About.class)
              : guess(file, array);
      List<Note> notes = about.notes();
      List<Entry> entries = new ArrayList<>();
      int number = 0;
      for (JsonElement element : array) {
        Note note = notes.size() == array.size() ? notes.get(number) : Note.NONE;
        Entry.read(number++, element.getAsJsonObject(), note).ifPresent(entries::add);
      }
      return new Results(file, about, entries);
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new IllegalArgumentException(file + " is not of JMH's JSON format: " + e, e);
    }
  }

  /** What can be said without a companion. */
  private static About guess(Path file, JsonArray array) throws IOException {
    String java = "";
    if (!array.isEmpty()) {
      JsonObject first = array.get(0).getAsJsonObject();
      java = text(first, "vmName") + " " + text(first, "vmVersion");
    }
    return new About(
        "file of " + Files.getLastModifiedTime(file).toString().substring(0, 10),
        "",
        java.isBlank() ? null : new Machine("", 0, 0, "", java, -1),
        Map.of(),
        List.of(),
        List.of(),
        List.of());
  }

  private static String text(JsonObject json, String name) {
    return json.has(name) ? json.get(name).getAsString() : "";
  }
}
