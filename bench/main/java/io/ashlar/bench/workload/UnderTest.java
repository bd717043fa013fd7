// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.Compiler;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.subject.Subject;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;

/** The allocator under test, one for all threads of a benchmark. */
@State(Scope.Benchmark)
public class UnderTest {

  /** Label of a {@link Peer}. */
  @Param("ashlar")
  public String allocator;

  /** Whether every call is checked; not for what is measured. */
  @Param("false")
  public boolean verify;

  private final AtomicInteger users = new AtomicInteger();
  private Team team;

  /** For JMH. */
  public UnderTest() {}

  /**
   * Opens the allocator.
   *
   * @param params tells how many threads there are
   */
  @Setup
  public void open(BenchmarkParams params) {
    Peer peer = Peer.of(allocator);
    int callers = WorkloadName.callers(params.getBenchmark(), params.getThreads());
    team = new Team(verify ? peer.openVerified(callers) : peer.open(callers), params.getThreads());
  }

  /**
   * Lets the compiler catch up, outside what is measured.
   *
   * @throws InterruptedException if interrupted
   */
  @Setup(Level.Iteration)
  public void awaitCompiler() throws InterruptedException {
    Compiler.awaitQuiet();
  }

  /**
   * The allocator as the calling thread should use it, until {@link #leave}.
   *
   * @return it
   */
  public Subject enter() {
    return join().subject().forThread();
  }

  /** As {@link #enter}, for a thread that wants to know of the others. */
  Team join() {
    users.incrementAndGet();
    return team;
  }

  /**
   * Ends the calling thread's use. The last one closes the allocator: JMH would close it when the
   * first thread is done, while others still give back their blocks.
   */
  public void leave() {
    if (users.decrementAndGet() == 0) {
      team.subject().close();
    }
  }
}
