// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.faults.Faults;
import io.ashlar.bench.subject.Designs;
import io.ashlar.bench.subject.Peer;
import io.ashlar.classic.HeaderAllocator;
import io.ashlar.classic.HeaderOptions;
import io.ashlar.region.Region.Commitment;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what each design fails at. */
@Command(
    name = "faults",
    description =
        "Shows what each design fails at: fragmentation, waste, cost against live blocks.",
    mixinStandardHelpOptions = true)
final class FaultsCommand implements Callable<Integer> {

  private static final long COMMITTED = 4L << 20;

  private static final String[] LEGEND = {
    "holes    largest free range / all that is free, three of four random blocks freed at random",
    "emptied  the same, all blocks freed",
    "kept     bytes kept for blocks of that size alone / requested, 10,000 blocks of 64 bytes freed",
    "usable   usable bytes / requested, each size from 16 to 1,023 bytes once",
    "8 bytes  memory / requested, filled with blocks of 8 bytes",
    "ns       to replace a random block among so many live ones (bump, stack: the newest block)"
  };

  @Option(
      names = "--allocators",
      split = ",",
      description = "Designs to look at, for one thread; all that are built here if not given.")
  private List<String> allocators = List.of();

  @Option(
      names = "--batch",
      defaultValue = "1000",
      description = "Replacements in each of the batches timed; default ${DEFAULT-VALUE}.")
  private int batch = 1000;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (batch < 1) {
      throw new IllegalArgumentException("--batch " + batch);
    }
    List<Peer> peers = peers();
    PrintWriter out = spec.commandLine().getOut();
    Arrays.stream(LEGEND).forEach(out::println);
    out.println();
    out.printf(
        "%-20s %7s %8s %6s %7s %8s %9s %9s %9s%n",
        "", "holes", "emptied", "kept", "usable", "8 bytes", "ns, 100", "1,000", "10,000");
    out.flush();
    peers.forEach(peer -> Faults.warmUp(peer, batch));
    for (Peer peer : peers) {
      print(Faults.of(peer, batch), out);
    }
    if (peers.contains(Peer.HEADER)) {
      printCommitment(out);
    }
    return 0;
  }

  private List<Peer> peers() {
    if (allocators.isEmpty()) {
      return Arrays.stream(Peer.values()).filter(Designs::has).toList();
    }
    List<Peer> peers = allocators.stream().map(Peer::of).toList();
    for (Peer peer : peers) {
      if (!Designs.has(peer)) {
        throw new IllegalArgumentException(peer + " is not built here");
      }
    }
    return peers;
  }

  private static void print(Faults faults, PrintWriter out) {
    out.printf("%-20s", faults.peer());
    out.printf(" %7s %8s", text("%.4f", faults.holes()), text("%.4f", faults.emptied()));
    out.printf(" %6s %7s", text("%.3f", faults.kept()), text("%.3f", faults.usable()));
    out.printf(" %8s", text("%.2f", faults.small()));
    for (double nanos : faults.nanos()) {
      out.printf(" %9s", text("%,.0f", nanos));
    }
    out.println();
    out.flush();
  }

  private static String text(String format, double figure) {
    return Double.isNaN(figure) ? "-" : String.format(Locale.ROOT, format, figure);
  }

  /** What the memory under a design costs before it is used. */
  private static void printCommitment(PrintWriter out) {
    out.println();
    for (Commitment commitment : Commitment.values()) {
      HeaderOptions options = HeaderOptions.defaults().commitment(commitment);
      try (HeaderAllocator allocator = HeaderAllocator.create(COMMITTED, options)) {
        out.printf(
            Locale.ROOT,
            "header, 4 MiB, %s: %,d bytes resident before use%n",
            commitment.name().toLowerCase(Locale.ROOT),
            allocator.stats().residentBytes());
      }
    }
    out.flush();
  }
}
