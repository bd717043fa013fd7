// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.replay.Traces;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Names what there is to run. */
@Command(name = "list", description = "Names the workloads, the allocators and the traces.")
final class ListCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println("workloads");
    for (WorkloadName workload : WorkloadName.values()) {
      out.println("  " + workload.label());
    }
    out.println("allocators");
    for (Peer peer : Peer.values()) {
      out.println("  " + peer.label() + presence(peer));
    }
    out.println("traces");
    Traces.SHIPPED.forEach(trace -> out.println("  " + trace));
    out.println("  or the path of any trace file");
    out.flush();
    return 0;
  }

  private static String presence(Peer peer) {
    return peer.isPresent()
        ? ""
        : "  (absent; on Debian: apt-get install " + peer.debianPackage() + ")";
  }
}
