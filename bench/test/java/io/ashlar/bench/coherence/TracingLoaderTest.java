// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That rewritten code does what it did, and tells of its accesses. */
class TracingLoaderTest {

  private static final Costs COSTS = Costs.ofNanos(1, 50);
  private static final Window WINDOW = new Window(100, 1_000, 1_000_000);

  private final TracingLoader loader = new TracingLoader();

  private MethodHandle method(Class<?> type, String name, Class<?> result, Class<?>... parameters)
      throws ReflectiveOperationException {
    return MethodHandles.publicLookup()
        .findVirtual(type, name, MethodType.methodType(result, parameters));
  }

  /** Taken by a compare-and-set and freed by a write; its line moves where two cores want it. */
  @Test
  void aLockIsTwoAccesses() throws Exception {
    Class<?> type = loader.loadClass("io.ashlar.memory.SpinLock");
    assertThat(type.getClassLoader()).isSameAs(loader);
    Object lock = type.getConstructor().newInstance();
    MethodHandle take = method(type, "lock", void.class).bindTo(lock);
    MethodHandle release = method(type, "unlock", void.class).bindTo(lock);
    for (int count = 1; count <= 2; count++) {
      Cores cores = new Cores(count, COSTS, WINDOW, 1);
      Traffic traffic =
          cores.run(
              core -> {
                cores.begin();
                while (true) {
                  Trace.enter();
                  invoke(take);
                  invoke(release);
                  Trace.leave();
                }
              });
      if (count == 1) {
        assertThat(traffic.accesses()).isEqualTo(2 * traffic.calls());
        assertThat(traffic.transfers() + traffic.upgrades()).isZero();
      } else {
        assertThat(traffic.transfers()).isPositive();
      }
    }
  }

  private static void invoke(MethodHandle method) {
    try {
      method.invoke();
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Fields, elements of arrays and loops of a collection, against one that is not rewritten. */
  @Test
  void rewrittenCodeDoesWhatItDid() throws Exception {
    Class<?> type = loader.loadClass("org.agrona.collections.LongArrayList");
    assertThat(type.getClassLoader()).isSameAs(loader);
    List<Object> results = new ArrayList<>();
    Deque<Long> model = new ArrayDeque<>();
    Object list = type.getConstructor().newInstance();
    MethodHandle add = method(type, "addLong", boolean.class, long.class).bindTo(list);
    MethodHandle remove = method(type, "removeAt", long.class, int.class);
    Cores cores = new Cores(1, COSTS, WINDOW, 1);
    Traffic traffic =
        cores.run(
            core -> {
              cores.begin();
              for (long i = 0; ; i++) {
                Trace.enter();
                if (i % 3 < 2) {
                  add(add, i);
                  model.addLast(i);
                } else {
                  results.add(remove(remove, list, model.size() - 1));
                  results.add(model.removeLast());
                }
                Trace.leave();
              }
            });
    assertThat(traffic.accesses()).isGreaterThan(3 * traffic.calls());
    assertThat(results).hasSizeGreaterThan(700);
    for (int i = 0; i < results.size(); i += 2) {
      assertThat(results.get(i)).isEqualTo(results.get(i + 1));
    }
  }

  private static void add(MethodHandle add, long value) {
    try {
      add.invoke(value);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static long remove(MethodHandle remove, Object list, int index) {
    try {
      return (long) remove.invoke(list, index);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
