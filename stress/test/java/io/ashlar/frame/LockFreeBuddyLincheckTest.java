// SPDX-License-Identifier: Apache-2.0
package io.ashlar.frame;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lincheck's two modes on small buddy systems. More scenarios: {@code -Dashlar.test.lincheck=100};
 * which they are is the same in every run.
 *
 * <p>Covered: scenarios of two or three threads that allocate and free, at each of many orders of
 * their steps (model checking) and as the machine orders them (stress); that no frame is had twice,
 * none is lost, all merge, and that an allocation gets frames where there is room for all.
 *
 * <p>Not covered: orders of memory accesses that are weaker than one order for all threads, and the
 * accesses to native memory themselves, because the words are {@link ArrayWords}. The hand-overs
 * under JCStress are for these. Nor extensions and visits: {@code InterleavingTest} has them.
 */
class LockFreeBuddyLincheckTest {

  private static final int SCENARIOS = Integer.getInteger("ashlar.test.lincheck", 3);

  /** Far more than it takes: it ends at the first one in which the fault is seen. */
  private static final int ENOUGH = 100;

  private static ModelCheckingOptions modelChecking(int scenarios) {
    return new ModelCheckingOptions()
        .threads(2)
        .actorsBefore(1)
        .actorsPerThread(3)
        .actorsAfter(0)
        .iterations(scenarios)
        .invocationsPerIteration(250);
  }

  private static StressOptions stress(int scenarios) {
    return new StressOptions()
        .threads(SmallTree.MAX_THREADS)
        .actorsBefore(1)
        .actorsPerThread(4)
        .actorsAfter(0)
        .iterations(scenarios)
        .invocationsPerIteration(1_000);
  }

  @ParameterizedTest
  @ValueSource(classes = {SmallTree.Roomy.class, SmallTree.Tight.class})
  void modelChecking(Class<?> tree) {
    modelChecking(SCENARIOS).check(tree);
  }

  @ParameterizedTest
  @ValueSource(classes = {SmallTree.Roomy.class, SmallTree.Tight.class})
  void stress(Class<?> tree) {
    stress(SCENARIOS).check(tree);
  }

  @ParameterizedTest
  @ValueSource(classes = {SmallTree.RoomyLosing.class, SmallTree.TightLosing.class})
  void modelCheckingFindsLostUpdates(Class<?> tree) {
    ModelCheckingOptions options = modelChecking(ENOUGH).minimizeFailedScenario(false);
    assertThatThrownBy(() -> options.check(tree))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageNotContaining("has hung");
  }

  @ParameterizedTest
  @ValueSource(classes = {SmallTree.RoomyLosing.class, SmallTree.TightLosing.class})
  void stressFindsLostUpdates(Class<?> tree) {
    StressOptions options = stress(ENOUGH).minimizeFailedScenario(false);
    assertThatThrownBy(() -> options.check(tree))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageNotContaining("has hung");
  }
}
