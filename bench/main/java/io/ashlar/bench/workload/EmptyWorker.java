// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

/** Times no calls: what is found then is the clock's own time, and what disturbs the threads. */
final class EmptyWorker extends Worker {

  private final TimedCalls calls;

  EmptyWorker(TimedCalls calls) {
    this.calls = calls;
  }

  @Override
  void burst(Stop stop) {
    calls.begin();
    while (!stop.getAsBoolean()) {
      steps();
      count(STRIDE, 0);
    }
    calls.end();
  }

  private void steps() {
    for (int i = 0; i < STRIDE; i++) {
      calls.nothing();
    }
  }

  @Override
  void finish() {}
}
