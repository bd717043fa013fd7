// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.frame.FrameWorkload;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
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
        .contains("Pair", "RandomReplace", "Larson", "XmallocTest", "TraceReplay")
        .contains("redis", "sqlite")
        .contains(FrameWorkload.LABELS)
        .contains(FrameSubject.labels());
    for (Peer peer : Peer.values()) {
      assertThat(out.toString()).contains("  " + peer.label());
      assertThat(peer.isPresent() || out.toString().contains(peer.debianPackage())).isTrue();
    }
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
}
