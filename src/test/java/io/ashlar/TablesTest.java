// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.ashlar.classic.BumpAllocator;
import io.ashlar.classic.CoalescingListAllocator;
import io.ashlar.classic.UserHeap;
import io.ashlar.frame.FrameAllocator;
import io.ashlar.frame.LockFreeBuddy;
import io.ashlar.frame.PageMapper;
import io.ashlar.slab.SlabCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tables of allocators in the packages' documentation: what each is good for, fails at and
 * costs. No allocator is without its row.
 */
class TablesTest {

  /** A row: the allocator, and three cells with something in them. */
  private static final Pattern ROW =
      Pattern.compile("<th scope=\"row\">(.+?)</th>(<td>[^<]+</td>){3}</tr>");

  static Stream<Class<?>> allocators() {
    Stream<Class<?>> implementations =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.ashlar")
                .stream()
                .filter(TablesTest::isAllocator)
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .map(JavaClass::reflect);
    return Stream.concat(implementations, Stream.of(PageMapper.class, SlabCache.class));
  }

  private static boolean isAllocator(JavaClass type) {
    return (type.isAssignableTo(Allocator.class) || type.isAssignableTo(FrameAllocator.class))
        && !type.isEquivalentTo(Allocator.class)
        && !type.isEquivalentTo(FrameAllocator.class);
  }

  /** Or nothing would be asked below. */
  @Test
  void allocatorsAreFound() {
    assertThat(allocators())
        .contains(Ashlar.class, BumpAllocator.class, UserHeap.class, LockFreeBuddy.class)
        .hasSizeGreaterThan(15);
  }

  @ParameterizedTest
  @MethodSource("allocators")
  void everyAllocatorHasARow(Class<?> allocator) throws IOException {
    // A typed cache is made by the scalable allocator, and stands beside it.
    Class<?> beside = allocator == SlabCache.class ? Ashlar.class : allocator;
    assertThat(rows(beside.getPackageName()))
        .filteredOn(row -> row.startsWith("{@link " + allocator.getName() + "}"))
        .isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void everyPolicyHasARow(CoalescingListAllocator.Policy policy) throws IOException {
    String link = policy.getDeclaringClass().getCanonicalName() + "#" + policy.name();
    assertThat(rows("io.ashlar.classic")).filteredOn(row -> row.contains(link)).hasSize(1);
  }

  private static List<String> rows(String packageName) throws IOException {
    Path file = Path.of("main/java", packageName.replace('.', '/'), "package-info.java");
    return ROW.matcher(Files.readString(file)).results().map(TablesTest::allocator).toList();
  }

  private static String allocator(MatchResult row) {
    return row.group(1);
  }
}
