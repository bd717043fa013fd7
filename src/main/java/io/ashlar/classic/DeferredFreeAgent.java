// SPDX-License-Identifier: Apache-2.0
package io.ashlar.classic;

import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * Carries out deferred frees in the background: an Agrona agent on a daemon thread of its own, one
 * batch a duty cycle. While there is nothing to do it spins, then yields, then parks for up to a
 * millisecond.
 */
final class DeferredFreeAgent implements Agent, AutoCloseable {

  private final IntSupplier batch;
  private final AgentRunner runner;

  /**
   * Makes the agent; {@link #start} begins its work.
   *
   * @param batch carries out a batch, and says how many blocks it was
   * @param errorHandler is told what a batch throws; the work goes on
   */
  DeferredFreeAgent(IntSupplier batch, Consumer<? super Throwable> errorHandler) {
    this.batch = batch;
    runner = new AgentRunner(new BackoffIdleStrategy(), errorHandler::accept, null, this);
  }

  void start() {
    AgentRunner.startOnThread(
        runner, body -> Thread.ofPlatform().daemon().name(roleName()).unstarted(body));
  }

  @Override
  public int doWork() {
    return batch.getAsInt();
  }

  @Override
  public String roleName() {
    return "ashlar-deferred-frees";
  }

  /** Ends the work after the batch that is under way, and waits for that. */
  @Override
  public void close() {
    runner.close();
  }
}
