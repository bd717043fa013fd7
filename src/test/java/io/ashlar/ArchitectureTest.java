// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.AccessTarget.MethodCallTarget;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the layers and the rules of access that the design states. */
class ArchitectureTest {
  /** Lowest first: a package uses only itself and those before it. */
  private static final List<String> LAYERS =
      List.of(
          "io.ashlar.memory",
          "io.ashlar.region",
          "io.ashlar.frame",
          "io.ashlar.slab",
          "io.ashlar.cache",
          "io.ashlar",
          "io.ashlar.classic");

  private static JavaClasses library;

  @BeforeAll
  static void importLibrary() {
    library =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.ashlar");
  }

  @TestFactory
  List<DynamicTest> packagesUseOnlyThoseBelow() {
    return LAYERS.subList(0, LAYERS.size() - 1).stream()
        .map(layer -> DynamicTest.dynamicTest(layer, () -> usesNothingAbove(layer)))
        .toList();
  }

  private static void usesNothingAbove(String layer) {
    int height = LAYERS.indexOf(layer);
    String[] above = LAYERS.subList(height + 1, LAYERS.size()).toArray(String[]::new);
    noClasses()
        .that(resideInAPackage(layer))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(above)
        .because("a package uses only itself and the layers below it")
        .allowEmptyShould(true)
        .check(library);
  }

  @Test
  void noUnsafeAndNothingInternalToTheJdk() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("sun..", "jdk.internal..")
        .check(library);
  }

  /**
   * All raw access to native words is in one package, where its order can be reviewed. The region
   * reads what the kernel hands back (errno), nothing else.
   */
  @Test
  void onlyMemoryMakesHandlesToNativeMemory() {
    noClasses()
        .that(resideOutsideOfPackages("io.ashlar.memory", "io.ashlar.region"))
        .should()
        .callMethodWhere(describe("makes a VarHandle to a segment", ArchitectureTest::makesHandle))
        .because("raw and atomic access to native words lives in io.ashlar.memory")
        .allowEmptyShould(true)
        .check(library);
  }

  private static boolean makesHandle(JavaMethodCall call) {
    MethodCallTarget target = call.getTarget();
    return (target.getOwner().isAssignableTo(MemoryLayout.class)
            && target.getRawReturnType().isEquivalentTo(VarHandle.class))
        || (target.getOwner().isEquivalentTo(MethodHandles.class)
            && target.getName().equals("memorySegmentViewVarHandle"));
  }
}
