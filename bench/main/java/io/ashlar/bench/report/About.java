// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.subject.Peer;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the report needs and JMH's format has no place for. It lies beside the results, in a file
 * named after theirs, so that they remain what every reader of that format knows.
 *
 * @param date when the run began
 * @param command how it was started
 * @param machine on what; null if unknown
 * @param versions of allocators, by label
 * @param absent a line for each allocator that is not installed
 * @param failures what could not be measured
 * @param notes of the entries, in their order; none, or one for each
 */
public record About(
    String date,
    String command,
    Machine machine,
    Map<String, String> versions,
    List<String> absent,
    List<Failure> failures,
    List<Note> notes) {

  /** Makes unchangeable copies. */
  public About {
    versions = Map.copyOf(versions);
    absent = List.copyOf(absent);
    failures = List.copyOf(failures);
    notes = List.copyOf(notes);
  }

  /**
   * A run that begins here and now.
   *
   * @param command how it was started
   * @return with the machine and the absent allocators, and nothing else yet
   */
  public static About now(String command) {
    return new About(
        ZonedDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm z")),
        command,
        Machine.here(),
        Map.of(),
        Arrays.stream(Peer.values()).filter(peer -> !peer.isPresent()).map(Peer::absence).toList(),
        List.of(),
        List.of());
  }

  /**
   * The same with what came out.
   *
   * @param newVersions of allocators
   * @param newFailures what could not be measured
   * @param newNotes of the entries
   * @return a copy
   */
  public About with(
      Map<String, String> newVersions, List<Failure> newFailures, List<Note> newNotes) {
    return new About(date, command, machine, newVersions, absent, newFailures, newNotes);
  }

  /**
   * What could not be measured.
   *
   * @param workload its name
   * @param allocator its label
   * @param threads how many
   * @param reason why
   */
  public record Failure(String workload, String allocator, int threads, String reason) {}

  /**
   * What belongs to one entry.
   *
   * @param command makes the entry again; empty if it follows from the entry itself
   * @param curve memory over a replay: operation, live bytes, resident bytes; may be empty
   */
  public record Note(String command, List<long[]> curve) {

    /** Nothing to say. */
    public static final Note NONE = new Note("", List.of());

    /** Makes an unchangeable copy. */
    public Note {
      curve = List.copyOf(curve);
    }
  }
}
