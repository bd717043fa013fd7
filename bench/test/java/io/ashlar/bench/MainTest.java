// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.frame.FrameWorkload;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;

class MainTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine main = Main.commandLine();
    main.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return main.execute(arguments);
  }

  @Test
  void listNamesEverything() {
    assertThat(run("list")).isZero();
    assertThat(out.toString())
        .contains("Pair", "RandomReplace", "Larson", "XmallocTest", "FirstTouch", "TraceReplay")
        .contains("redis", "sqlite")
        .contains(FrameWorkload.LABELS)
        .contains(FrameSubject.labels());
    for (Peer peer : Peer.values()) {
      assertThat(out.toString()).contains("  " + peer.label());
      assertThat(peer.isPresent() || out.toString().contains(peer.debianPackage())).isTrue();
    }
  }

  @Test
  void listTellsWhatFitsWhat() {
    assertThat(run("list")).isZero();
    assertThat(out.toString().lines())
        .contains(
            "  ashlar",
            "  glibc  (not FirstTouch)",
            "  bump  (Pair and FirstTouch and ArenaScope alone)")
        .contains("  slab-cache  (ObjectReuse alone)", "  page-mapper  (FirstTouch alone)");
  }

  /** Each line of the list of workloads is a benchmark that JMH can be asked for. */
  @Test
  void everyWorkloadOfJmhIsListed() {
    assertThat(run("list")).isZero();
    List<String> listed = out.toString().lines().map(String::strip).toList();
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    assertThat(BenchmarkList.defaultList().getAll(silent, List.of()))
        .hasSizeGreaterThan(5)
        .extracting(benchmark -> simpleName(benchmark.getUserClassQName()))
        .allSatisfy(name -> assertThat(listed).contains(name));
  }

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  @Test
  void theGalleryRunsOnlyIfAskedFor() {
    assertThat(WorkloadName.compared()).contains(Peer.ASHLAR, Peer.SPINLOCK, Peer.GLIBC);
    assertThat(WorkloadName.compared()).noneMatch(Peer::isOfGallery);
    assertThat(Peer.of("bump")).matches(Peer::isOfGallery);
    assertThat(run("replay", "redis", "--allocators", "bump")).isNotZero();
    assertThat(err.toString()).contains("bump does not fit");
  }

  @Test
  void faultsAreShownForTheDesignsBuiltHere() {
    assertThat(run("faults", "--allocators", "bump,stack,header", "--batch", "1")).isZero();
    assertThat(out.toString().lines())
        .filteredOn(line -> line.matches("(bump|stack|header) +[0-9-].*"))
        .hasSize(3);
    assertThat(out.toString()).contains("lazy: 0 bytes resident", "eager: 4,194,304 bytes");
    assertThat(run("faults", "--allocators", "glibc")).isNotZero();
    assertThat(err.toString()).contains("glibc is not built here");
    assertThat(run("faults", "--batch", "0")).isNotZero();
    assertThat(err.toString()).contains("--batch 0");
  }

  @Test
  void whatDoesNotExistIsNamed() {
    assertThat(run("replay", "nowhere")).isNotZero();
    assertThat(err.toString()).contains("no trace nowhere");
    assertThat(run("replay", "redis", "--allocators", "nothing")).isNotZero();
    assertThat(err.toString()).contains("no allocator nothing", "mimalloc");
    assertThat(run("replay", "redis", "--allocators", "arena")).isNotZero();
    assertThat(err.toString()).contains("arena does not fit");
    assertThat(run("replay", "redis", "--threads", "many")).isNotZero();
    assertThat(err.toString()).contains("single or recorded");
  }

  @Test
  void countsWhatIsBuiltHere() {
    assertThat(run("counts", "--allocators", "glibc")).isNotZero();
    assertThat(err.toString()).contains("glibc is not built here");
    assertThat(run("counts", "--threads", "3")).isNotZero();
    assertThat(err.toString()).contains("1 or an even number");
    assertThat(run("counts", "--workloads", "FirstTouch")).isNotZero();
    assertThat(err.toString()).contains("FirstTouch cannot be counted");
  }

  /** In JVMs of their own: the baseline takes its lock twice in a pair, ashlar shares nothing. */
  @Test
  void countsPairs() {
    assertThat(
            run("counts", "--workloads", "Pair", "--allocators", "ashlar,spinlock", "--threads=2"))
        .isZero();
    String[] tables = out.toString().split("Pair, spinlock", -1);
    assertThat(tables).hasSize(2);
    assertThat(tables[0]).containsPattern("shared writes +0\\R");
    assertThat(tables[1]).containsPattern("lock acquisitions +2\\.00000\\R");
  }
}
