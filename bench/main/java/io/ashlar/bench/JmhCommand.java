// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.report.About;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Defaults;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * JMH itself, once for each allocator asked for: {@code jemalloc} and {@code tcmalloc} need JVMs
 * with another environment. The results are put together as if it had been one run.
 */
@Command(
    name = "jmh",
    description = {
      "JMH with its own arguments; -p allocator=a,b chooses allocators, all that are present but "
          + "the gallery if not given. --rounds N repeats everything N times, the allocators taking turns."
    })
final class JmhCommand implements Callable<Integer> {

  private static final String ROUNDS = "--rounds";

  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    Arguments split = Arguments.split(arguments);
    CommandLineOptions options = new CommandLineOptions(split.forJmh.toArray(String[]::new));
    if (onlyAsks(options)) {
      org.openjdk.jmh.Main.main(split.forJmh.toArray(String[]::new));
      return 0;
    }
    // Who starts two at once on a machine knows it; a refusal would help nobody.
    System.setProperty("jmh.ignoreLock", "true");
    About about = About.now("bench/run jmh " + String.join(" ", arguments));
    JmhRuns runs = new JmhRuns();
    List<Peer> peers = peers(options);
    List<FrameSubject> frameSubjects = frameSubjects(options);
    boolean found = false;
    for (int round = 0; round < split.rounds; round++) {
      for (Peer peer : peers) {
        found |= runs(peer, () -> runs.run(options, peer));
      }
      for (FrameSubject subject : frameSubjects) {
        found |= runs(subject, () -> runs.run(options, subject));
      }
    }
    if (!found) {
      throw new IllegalArgumentException("no benchmark matches; bench/run list names them");
    }
    write(options, about, runs.merged());
    return 0;
  }

  /** What JMH does with one allocator. */
  @FunctionalInterface
  private interface Run {
    void run() throws RunnerException;
  }

  private static boolean runs(Object subject, Run run) throws RunnerException {
    try {
      run.run();
      return true;
    } catch (NoBenchmarksException e) {
      System.out.println(subject + " does not fit these workloads");
      return false;
    }
  }

  private static boolean onlyAsks(CommandLineOptions options) {
    return options.shouldHelp()
        || options.shouldList()
        || options.shouldListWithParams()
        || options.shouldListProfilers()
        || options.shouldListResultFormats();
  }

  private static List<Peer> peers(CommandLineOptions options) {
    Collection<String> labels = options.getParameter("allocator").orElse(null);
    if (labels == null) {
      return WorkloadName.compared().toList();
    }
    List<Peer> peers =
        labels.stream().filter(label -> !FrameSubject.isOne(label)).map(Peer::of).toList();
    for (Peer peer : peers) {
      if (!peer.isPresent()) {
        throw new IllegalArgumentException(peer.absence());
      }
    }
    return peers;
  }

  private static List<FrameSubject> frameSubjects(CommandLineOptions options) {
    Collection<String> labels = options.getParameter("allocator").orElse(FrameSubject.labels());
    return labels.stream().filter(FrameSubject::isOne).map(FrameSubject::of).toList();
  }

  private static void write(CommandLineOptions options, About about, Collection<RunResult> results)
      throws Exception {
    System.out.println();
    ResultFormatFactory.getInstance(ResultFormatType.TEXT, System.out).writeOut(results);
    if (options.getResult().hasValue() || options.getResultFormat().hasValue()) {
      ResultFormatType format = options.getResultFormat().orElse(Defaults.RESULT_FORMAT);
      String byDefault =
          Defaults.RESULT_FILE_PREFIX + "." + format.toString().toLowerCase(java.util.Locale.ROOT);
      String file = options.getResult().orElse(byDefault);
      if (format == ResultFormatType.JSON) {
        ResultsFile.write(Path.of(file), results, about);
        return;
      }
      try (PrintStream out = new PrintStream(file, java.nio.charset.StandardCharsets.UTF_8)) {
        ResultFormatFactory.getInstance(format, out).writeOut(results);
      }
    }
  }

  /**
   * The command's arguments, ours and JMH's.
   *
   * @param rounds how often to repeat everything
   * @param forJmh the rest, unchanged
   */
  record Arguments(int rounds, List<String> forJmh) {

    static Arguments split(List<String> arguments) {
      List<String> rest = new ArrayList<>(arguments);
      int rounds = 1;
      int at = rest.indexOf(ROUNDS);
      if (at >= 0) {
        if (at + 1 == rest.size() || !rest.get(at + 1).matches("[1-9]\\d{0,4}")) {
          throw new IllegalArgumentException(ROUNDS + " needs a number, 1 or more");
        }
        rounds = Integer.parseInt(rest.get(at + 1));
        rest.subList(at, at + 2).clear();
      }
      return new Arguments(rounds, List.copyOf(rest));
    }
  }
}
