// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.frame.FrameWorkload;
import io.ashlar.bench.replay.Traces;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Names what there is to run. */
@Command(name = "list", description = "Names the workloads, the allocators and the traces.")
final class ListCommand implements Callable<Integer> {

  private static final String NO_REUSE =
      "  (not FrameFragmentation: a frame that is freed is not allocated again)";

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println("workloads");
    for (WorkloadName workload : WorkloadName.values()) {
      out.println("  " + workload.label());
    }
    out.println("allocators");
    print(out, peer -> !peer.isOfGallery());
    out.println("gallery (asked for by name; one thread as they are, more under a spin lock)");
    print(out, Peer::isOfGallery);
    out.println("workloads on frame allocators");
    FrameWorkload.LABELS.forEach(label -> out.println("  " + label));
    out.println("frame allocators");
    for (FrameSubject subject : FrameSubject.values()) {
      out.println("  " + subject + (subject.reuses() ? "" : NO_REUSE));
    }
    out.println("traces");
    Traces.SHIPPED.forEach(trace -> out.println("  " + trace));
    out.println("  or the path of any trace file");
    out.flush();
    return 0;
  }

  private static void print(PrintWriter out, Predicate<Peer> which) {
    Arrays.stream(Peer.values())
        .filter(which)
        .forEach(peer -> out.println("  " + peer.label() + presence(peer) + restriction(peer)));
  }

  private static String restriction(Peer peer) {
    List<String> unfit = labels(workload -> !workload.fits(peer));
    List<String> fit = labels(workload -> workload.fits(peer));
    if (unfit.isEmpty()) {
      return "";
    }
    return unfit.size() < fit.size()
        ? "  (not " + String.join(", ", unfit) + ")"
        : "  (" + String.join(" and ", fit) + " alone)";
  }

  private static List<String> labels(Predicate<WorkloadName> which) {
    return Arrays.stream(WorkloadName.values()).filter(which).map(WorkloadName::label).toList();
  }

  private static String presence(Peer peer) {
    return peer.isPresent()
        ? ""
        : "  (absent; on Debian: apt-get install " + peer.debianPackage() + ")";
  }
}
